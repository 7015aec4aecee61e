//! The statements that a server counts, worst first, and what its sessions do now.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::capture::{Part, Session, StatementRow};
use perf_look_analyzers::postgres::overview::words::time;
use perf_look_analyzers::postgres::stored::Kind;
use perf_look_analyzers::quantity::{Ms, grouped};

use super::{about, code, count, missing, overview, statement, unknown, words};
use crate::canvas::{piece, plain};
use crate::lists::{Cell, Column, List};
use crate::model::{Explained, Model};
use crate::text::{self, percent, plural};
use crate::theme::Role;
use crate::view::prose::Prose;
use crate::view::words::{blocks_as_bytes, heat};

pub(super) const LISTS: &[List<Model>] = &[
    List {
        name: "worst statements",
        of_one: "Statement",
        columns: &[
            Column::number("share", 6, 0, share),
            Column::number("total", 9, 0, |model, row| {
                statement(model, row).map_or_else(unknown, |it| Cell::number(it.total_ms, time(it.total_ms)))
            }),
            Column::number("a call", 9, 1, |model, row| {
                statement(model, row)
                    .map_or_else(unknown, |it| Cell::number(it.mean_ms(), Ms(it.mean_ms()).to_string()))
            }),
            Column::number("calls", 7, 3, |model, row| count(statement(model, row).map(|it| it.calls))),
            Column::number("rows", 7, 6, |model, row| count(statement(model, row).map(|it| it.rows))),
            Column::number("read", 10, 4, |model, row| blocks(statement(model, row).map(|it| it.read))),
            Column::number("temp", 10, 5, |model, row| blocks(statement(model, row).map(StatementRow::temp))),
            Column::words("plan", 8, 2, plan),
            Column::rest("statement", |model, row| words(statement(model, row).map(|it| one_line(&it.query)))),
        ],
        usual: None,
        len: |model| overview(model).and_then(|it| it.statements()).map_or(0, |statements| statements.worst.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = statement(model, row) {
                facts(model, it, prose);
            }
        },
        none: |model| match overview(model).map(|it| &it.capture.statements) {
            Some(Part::Missing(why)) => missing(why),
            _ => "pg_stat_statements has counted nothing in this database yet".to_owned(),
        },
    },
    List {
        name: "what runs now",
        of_one: "Session",
        columns: &[
            Column::number("pid", 8, 0, |model, row| {
                session(model, row).map_or_else(unknown, |it| Cell::number(it.pid as f64, it.pid.to_string()))
            }),
            Column::words("state", 20, 1, |model, row| words(session(model, row).and_then(|it| it.state.clone()))),
            Column::number("for", 9, 0, |model, row| seconds(session(model, row).and_then(Session::since_s))),
            Column::number("transaction", 11, 3, |model, row| {
                seconds(session(model, row).and_then(|it| it.transaction_s))
            }),
            Column::words("role", 12, 4, |model, row| words(session(model, row).and_then(|it| it.role.clone()))),
            Column::words("waits for", 22, 2, |model, row| words(session(model, row).map(Session::waits_for))),
            Column::rest("statement", |model, row| {
                words(session(model, row).and_then(|it| it.query.as_deref()).map(one_line))
            }),
        ],
        usual: None,
        len: |model| overview(model).map_or(0, |it| it.running.busy.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = session(model, row) {
                session_facts(model, it, prose);
            }
        },
        none: |model| {
            let overview = overview(model);
            if let Some(why) = overview.and_then(|it| it.capture.sessions.missing()) {
                return missing(why);
            }
            let sentence = overview.and_then(|it| it.running.sentence());
            sentence.unwrap_or_else(|| "no other session is in this database".to_owned())
        },
    },
];

pub(super) fn sql(model: &Model, list: usize, row: usize) -> Option<String> {
    match list {
        0 => Some(statement(model, row)?.query.clone()),
        _ => session(model, row)?.query.clone(),
    }
}

fn session(model: &Model, row: usize) -> Option<&Session> {
    overview(model)?.running.busy.get(row)
}

/// Its lines and indentation would take the room of the words.
fn one_line(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn share_of(model: &Model, it: &StatementRow) -> f64 {
    overview(model).and_then(|overview| overview.statements()).map_or(0.0, |statements| statements.share(it))
}

fn share(model: &Model, row: usize) -> Cell {
    let share = statement(model, row).map(|it| share_of(model, it));
    share.map_or_else(unknown, |share| super::share(Some(share)).in_role(heat(share)))
}

fn blocks(blocks: Option<f64>) -> Cell {
    blocks.map_or_else(unknown, |blocks| Cell::number(blocks, or_none(blocks)))
}

fn or_none(blocks: f64) -> String {
    if blocks > 0.0 { blocks_as_bytes(blocks) } else { "none".to_owned() }
}

fn seconds(seconds: Option<f64>) -> Cell {
    seconds.map_or_else(unknown, |seconds| Cell::number(seconds, time(seconds.max(0.0) * 1000.0)))
}

/// Whether it was explained, and what was found.
fn plan(model: &Model, row: usize) -> Cell {
    let Some(it) = statement(model, row) else { return unknown() };
    match model.explained(&it.id) {
        Explained::NotYet if Kind::of(&it.query) == Kind::Utility => Cell::words("no plan").in_role(Role::Faint),
        Explained::NotYet => unknown(),
        Explained::Failed(_) => Cell::words("failed").in_role(Role::Error),
        Explained::Plan(subject) => match found(model, subject) {
            0 => Cell::words("0 found").in_role(Role::Good),
            found => Cell::words(format!("{found} found")).in_role(Role::Warn),
        },
    }
}

fn found(model: &Model, subject: Of) -> usize {
    model.report().findings.iter().filter(|finding| finding.location.of() == subject).count()
}

fn facts(model: &Model, it: &StatementRow, prose: &mut Prose) {
    let share = share_of(model, it);
    let words = format!(" in {}, a call took {}", plural_of(it.calls, "call"), it.a_call());
    prose.headline(piece(heat(share), format!("{} of the time: {}", percent(share), time(it.total_ms))), plain(words));
    prose.field("plan", explained(model, it));
    if let Explained::Plan(subject) = model.explained(&it.id) {
        let notes = model.subject(subject).into_iter().flat_map(|subject| &subject.notes);
        notes.for_each(|note| prose.field("", note.clone()));
    }
    let a_call = if it.calls > 0.0 { it.rows / it.calls } else { 0.0 };
    prose.field("rows", format!("{}, {} a call", grouped(it.rows), text::short(a_call)));
    prose.field("blocks", blocks_in_words(it));
    prose.field("temp", temp_in_words(it));
    let times_io = overview(model).is_some_and(Overview::times_io);
    if let Some(io) = it.io_ms.filter(|_| times_io) {
        prose.field("waited", format!("{} for blocks to be read and written", time(io)));
    }
    code(prose, "The statement", &it.query);
    let overview = overview(model).and_then(|it| Some((it, it.statements()?)));
    about(prose, &overview.map(|(overview, statements)| overview.of_statements(statements)).unwrap_or_default());
}

fn explained(model: &Model, it: &StatementRow) -> String {
    match model.explained(&it.id) {
        Explained::NotYet if Kind::of(&it.query) == Kind::Utility => "a statement of this kind has none".to_owned(),
        Explained::NotYet => "not looked at yet; Enter explains it".to_owned(),
        Explained::Failed(why) => format!("could not be had: {why}"),
        Explained::Plan(subject) => {
            let found = match found(model, subject) {
                0 => "no rule saw a problem".to_owned(),
                found => plural(found, "finding"),
            };
            format!("{found}; Enter shows it")
        }
    }
}

fn blocks_in_words(it: &StatementRow) -> String {
    let (hit, read, dirtied) = (or_none(it.hit), or_none(it.read), or_none(it.dirtied));
    format!("{hit} found in the cache, {read} read, {dirtied} changed")
}

fn temp_in_words(it: &StatementRow) -> String {
    if it.temp() <= 0.0 {
        return "no temporary files".to_owned();
    }
    format!("{} of temporary files read, {} written", or_none(it.temp_read), or_none(it.temp_written))
}

fn session_facts(model: &Model, it: &Session, prose: &mut Prose) {
    let state = it.state.clone().unwrap_or_else(|| "hidden from this role".to_owned());
    prose.headline(piece(Role::Strong, format!("process {}: ", it.pid)), plain(state));
    let optional = |words: &Option<String>| words.clone().filter(|it| !it.is_empty()).unwrap_or("not known".to_owned());
    prose.field("role", optional(&it.role));
    prose.field("program", optional(&it.application));
    prose.field("waits for", it.waits_for());
    if let Some(query) = it.query.as_deref().filter(|query| !query.is_empty()) {
        let is_running = it.state.as_deref() == Some("active");
        code(prose, if is_running { "The statement that runs" } else { "The last statement" }, query);
    }
    about(prose, &overview(model).and_then(|it| it.running.sentence()).into_iter().collect::<Vec<_>>());
}

/// `1 call`, `2 calls`.
fn plural_of(count: f64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if (count - 1.0).abs() < 0.5 { "" } else { "s" })
}
