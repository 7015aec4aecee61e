//! What took most time, and what runs now.

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::capture::{Part, Session, StatementRow, Statements};
use perf_look_analyzers::postgres::overview::{Order, Running};
use perf_look_analyzers::quantity::{Ms, Quantity};

use super::{Below, Head, Row, Section, number, plural_of, since, time, word};
use crate::layout::{blocks_as_bytes, short};
use crate::words::plural;

const WORST: &str = "statements that took most time";

pub(super) fn worst(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[
        number("share"),
        number("total"),
        number("a call"),
        number("calls"),
        number("rows"),
        number("read"),
        number("temp"),
    ];
    let statements = match &overview.capture.statements {
        Part::Read(statements) => statements,
        Part::Missing(why) => return Section::missing(WORST, why),
    };
    let rows = statements.by(Order::Total);
    let section = Section::of(WORST, HEADS, &rows, |row| statement(statements, row));
    sentences(overview, statements).into_iter().fold(section, Section::lead)
}

fn statement(statements: &Statements, row: &StatementRow) -> Row {
    let blocks = |blocks: f64| if blocks > 0.0 { blocks_as_bytes(blocks) } else { "none".to_owned() };
    let cells = vec![
        Quantity::Share(statements.share(row)).to_string(),
        time(row.total_ms),
        Ms(row.mean_ms()).to_string(),
        short(row.calls),
        short(row.rows),
        blocks(row.read),
        blocks(row.temp()),
    ];
    Row { cells, below: vec![Below::Query(row.query.clone())] }
}

fn sentences(overview: &Overview, statements: &Statements) -> Vec<String> {
    let all = statements.all;
    let since = since(statements.reset.as_ref(), statements.age_s).unwrap_or_default();
    if all.calls < 1.0 {
        return vec![format!("pg_stat_statements has counted nothing in this database yet{since}")];
    }
    let took = format!(
        "{} took {} in {}{since}; rows, read and temp are of all calls",
        plural_of(all.statements, "statement"),
        time(all.total_ms),
        plural_of(all.calls, "call")
    );
    let mut sentences = vec![took];
    if let Some(hidden) = all.hidden_ms {
        sentences.push(format!(
            "what other roles run is hidden from role {role}: {} with {} of that time; GRANT pg_read_all_stats TO {role} \
             shows it",
            plural_of(all.hidden, "statement"),
            time(hidden),
            role = overview.capture.server.role
        ));
    }
    if let Some(evictions) = statements.evictions.filter(|evictions| *evictions > 0.0) {
        sentences.push(format!(
            "statements were forgotten {} to make room, so rare ones are missing: raise pg_stat_statements.max",
            plural_of(evictions, "time")
        ));
    }
    if !overview.times_io() {
        sentences.push("reading is not timed, since track_io_timing is off".to_owned());
    }
    sentences
}

pub(super) fn running(overview: &Overview) -> Section {
    const HEADS: &[Head] =
        &[number("pid"), word("state"), number("for"), number("transaction"), word("role"), word("waits for")];
    let running = &overview.running;
    let section = Section::of("what runs now", HEADS, &running.busy, session);
    match counted(running) {
        Some(sentence) => section.lead(sentence),
        None => section,
    }
}

fn session(session: &Session) -> Row {
    let seconds = |seconds: Option<f64>| seconds.map_or("none".to_owned(), |seconds| time(seconds.max(0.0) * 1000.0));
    let blocked: Vec<String> = session.blocked_by.iter().map(i64::to_string).collect();
    let waits = match (&session.wait, blocked.is_empty()) {
        (Some(wait), false) => format!("{wait}, held by {}", blocked.join(", ")),
        (Some(wait), true) => wait.clone(),
        (None, _) => "nothing".to_owned(),
    };
    let state = session.state.clone().unwrap_or_default();
    let is_active = state == "active";
    let cells = vec![
        session.pid.to_string(),
        state,
        seconds(if is_active { session.query_s } else { session.in_state_s }),
        seconds(session.transaction_s),
        session.role.clone().unwrap_or_default(),
        waits,
    ];
    let query = session.query.as_deref().filter(|query| !query.is_empty());
    Row { cells, below: query.map(|query| Below::Query(query.to_owned())).into_iter().collect() }
}

/// None where nobody else is there.
fn counted(running: &Running) -> Option<String> {
    let counts = [
        (running.active, "runs a statement", "run a statement"),
        (
            running.idle_in_transaction,
            "has a transaction open and does nothing",
            "have a transaction open and do nothing",
        ),
        (running.blocked, "waits for a lock that another holds", "wait for locks that others hold"),
        (running.idle, "is idle", "are idle"),
        (running.hidden, "is hidden from this role", "are hidden from this role (GRANT pg_read_all_stats shows them)"),
    ];
    let words = |(count, one, many): &(usize, &str, &str)| {
        (*count > 0).then(|| format!("{} {}", count, if *count == 1 { one } else { many }))
    };
    let parts: Vec<String> = counts.iter().filter_map(words).collect();
    let all = running.busy.len() + running.idle + running.hidden;
    (all > 0).then(|| format!("{} in this database: {}", plural(all, "other session"), parts.join(", ")))
}
