//! What the screens of a server list: its statements, tables, indexes, and what to know of how it was read.

mod relations;
mod statements;

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::Step;
use perf_look_analyzers::postgres::overview::capture::{Missing, StatementRow};
use perf_look_analyzers::quantity::Quantity;

use crate::action::Screen;
use crate::canvas::{piece, plain};
use crate::lists::{Cell, Column, List};
use crate::model::Model;
use crate::state::State;
use crate::text;
use crate::theme::Role;
use crate::view::prose::Prose;

/// The lists of a screen; none on screens of plans and pages.
pub(crate) fn lists(screen: Screen) -> &'static [List<Model>] {
    match screen {
        Screen::Statements => statements::LISTS,
        Screen::Tables => relations::TABLES,
        Screen::Indexes => relations::INDEXES,
        Screen::Server => NOTES,
        _ => &[],
    }
}

const NOTES: &[List<Model>] = &[List {
    name: "what to know of the server",
    of_one: "In full",
    columns: &[Column::rest("", |model, row| Cell::words(notes(model).get(row).cloned().unwrap_or_default()))],
    usual: None,
    len: |model| notes(model).len(),
    site: |_, _| None,
    detail: |model, row, prose| prose.line(plain(notes(model).get(row).cloned().unwrap_or_default())),
    none: |_| "nothing is known of it".to_owned(),
}];

fn notes(model: &Model) -> Vec<String> {
    let Some(overview) = overview(model) else { return Vec::new() };
    let mut notes = vec![overview.heading()];
    notes.extend(overview.statements().into_iter().flat_map(|statements| overview.of_statements(statements)));
    notes.extend(overview.running.sentence());
    notes.extend(overview.notes());
    notes.extend(overview.unread().into_iter().map(|part| format!("not looked at: {part}")));
    notes
}

fn overview(model: &Model) -> Option<&Overview> {
    model.report().overview.as_deref()
}

/// The place of the selected statement among those of the overview; none elsewhere.
pub(crate) fn selected_statement(state: &State) -> Option<usize> {
    let table =
        state.tables.get(state.screen).filter(|table| state.screen == Screen::Statements && table.list() == 0)?;
    table.rows().get(state.scroll(state.screen).cursor).copied()
}

/// A statement that the server counts.
pub(crate) fn statement(model: &Model, row: usize) -> Option<&StatementRow> {
    overview(model)?.statements()?.worst.get(row)
}

/// The SQL of the selected row: the statement itself, or what mends what the row tells.
pub(crate) fn sql(state: &State, model: &Model) -> Option<String> {
    let table = state.tables.get(state.screen)?;
    let row = *table.rows().get(state.scroll(state.screen).cursor)?;
    match state.screen {
        Screen::Statements => statements::sql(model, table.list(), row),
        Screen::Tables => relations::sql_of_tables(model, table.list(), row),
        Screen::Indexes => relations::sql_of_indexes(model, table.list(), row),
        _ => None,
    }
}

/// Why a part is not there, and what to do about it, a line each.
fn missing(why: &Missing) -> String {
    let mut lines = vec![why.to_string()];
    if !why.steps().is_empty() {
        lines.push(String::new());
        lines.push("What to do:".to_owned());
    }
    lines.extend(why.steps().iter().enumerate().map(|(place, step)| match step {
        Step::Words(words) => format!("  {}. {words}", place + 1),
        Step::Sql(sql) => format!("  {}. {sql};", place + 1),
    }));
    lines.join("\n")
}

fn count(number: Option<f64>) -> Cell {
    number.map_or_else(unknown, |number| Cell::number(number, text::short(number)))
}

fn bytes(number: Option<f64>) -> Cell {
    number.map_or_else(unknown, |bytes| Cell::number(bytes, Quantity::Bytes(bytes).to_string()))
}

fn share(share: Option<f64>) -> Cell {
    share.map_or_else(unknown, |share| Cell::number(share, text::percent(share)))
}

fn unknown() -> Cell {
    Cell::counted(None)
}

fn words(words: Option<impl Into<String>>) -> Cell {
    words.map_or_else(unknown, Cell::words)
}

/// SQL below a heading.
fn code(prose: &mut Prose, heading: &str, sql: &str) {
    prose.heading(heading);
    for line in sql.lines() {
        prose.labelled(piece(Role::Text, "  "), vec![piece(Role::Code, line)]);
    }
}

/// What is to be known of a whole list.
fn about(prose: &mut Prose, sentences: &[impl AsRef<str>]) {
    if sentences.is_empty() {
        return;
    }
    prose.heading("To know");
    for sentence in sentences {
        prose.labelled(piece(Role::Text, "  "), vec![piece(Role::Faint, sentence.as_ref())]);
    }
}
