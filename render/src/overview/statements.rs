//! What took most time, and what runs now.

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::Order;
use perf_look_analyzers::postgres::overview::capture::{Part, Session, StatementRow, Statements};
use perf_look_analyzers::postgres::overview::words::time;
use perf_look_analyzers::quantity::{Ms, Quantity};

use super::{Below, Head, Row, Section, number, word};
use crate::layout::{blocks_as_bytes, short};

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
    overview.of_statements(statements).into_iter().fold(section, Section::lead)
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

pub(super) fn running(overview: &Overview) -> Section {
    const HEADS: &[Head] =
        &[number("pid"), word("state"), number("for"), number("transaction"), word("role"), word("waits for")];
    let running = &overview.running;
    let section = Section::of("what runs now", HEADS, &running.busy, session);
    match running.sentence() {
        Some(sentence) => section.lead(sentence),
        None => section,
    }
}

fn session(session: &Session) -> Row {
    let seconds = |seconds: Option<f64>| seconds.map_or("none".to_owned(), |seconds| time(seconds.max(0.0) * 1000.0));
    let cells = vec![
        session.pid.to_string(),
        session.state.clone().unwrap_or_default(),
        seconds(session.since_s()),
        seconds(session.transaction_s),
        session.role.clone().unwrap_or_default(),
        session.waits_for(),
    ];
    let query = session.query.as_deref().filter(|query| !query.is_empty());
    Row { cells, below: query.map(|query| Below::Query(query.to_owned())).into_iter().collect() }
}
