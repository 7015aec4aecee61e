//! The table `statements`: a row a statement.

use parquet_derive::ParquetRecordWriter;
use perf_look_analyzers::Report;
use perf_look_analyzers::quantity::{Interval, Ms};
use perf_look_analyzers::workload::{Source, Spread, Tally, Times, WorkloadStatement};

use super::{Day, Keys};

#[derive(ParquetRecordWriter)]
pub(super) struct Row {
    statement: Option<String>,
    text: Option<String>,
    source: String,
    server_version: Option<String>,
    calls: Option<i64>,
    total_ms: Option<f64>,
    mean_ms: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    max_ms: Option<f64>,
    rows: Option<f64>,
    read_blocks: Option<i64>,
    temp_blocks: Option<i64>,
    plans: i64,
}

/// Those of the workload, where it is one, day by day; else each plan is a statement that ran once.
pub(super) fn rows(report: &Report) -> Vec<(Day, Row)> {
    match &report.workload {
        Some(workload) => {
            workload.statements.iter().flat_map(|statement| of_workload(&workload.source, statement)).collect()
        }
        None => (0..report.subjects.len()).map(|place| of_subject(report, place)).collect(),
    }
}

fn of_workload(counted: &Source, statement: &WorkloadStatement) -> Vec<(Day, Row)> {
    let Times { tally, max, spread } = statement.times;
    match statement.days.as_slice() {
        [] => vec![(None, row(counted, statement, (tally, max, spread)))],
        // How much calls differ is known of all together only.
        [day] => vec![(day.date.clone(), row(counted, statement, (tally, max, spread)))],
        days => {
            days.iter().map(|day| (day.date.clone(), row(counted, statement, (day.tally, day.max, None)))).collect()
        }
    }
}

fn row(counted: &Source, statement: &WorkloadStatement, (tally, max, spread): (Tally, Ms, Option<Spread>)) -> Row {
    // Rows and blocks are those of all days.
    let whole_span = statement.days.len() <= 1;
    let io = statement.io.filter(|_| whole_span);
    Row {
        statement: Some(statement.id.to_string()),
        text: Some(statement.text.clone()),
        source: source(counted),
        server_version: None,
        calls: Some(whole(tally.calls)),
        total_ms: Some(tally.total.0),
        mean_ms: tally.mean().map(|mean| mean.0),
        p50_ms: spread.map(|spread| spread.p50.0),
        p95_ms: spread.map(|spread| spread.p95.0),
        max_ms: Some(max.0),
        rows: statement.rows.filter(|_| whole_span),
        read_blocks: io.map(|io| whole(io.read_blocks)),
        temp_blocks: io.map(|io| whole(io.temp_blocks)),
        plans: whole(statement.plans.len() as u64),
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Log(log) => log.files.join(", "),
        Source::PgStatStatements { .. } => "pg_stat_statements".to_owned(),
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn of_subject(report: &Report, place: usize) -> (Day, Row) {
    let subject = &report.subjects[place];
    let Keys { statement, day, .. } = Keys::of(report, place);
    let execution = subject.plan.statement.execution_ms;
    let row = Row {
        statement,
        text: subject.query.clone(),
        source: subject.name.clone(),
        server_version: subject.server_version.clone(),
        calls: execution.map(|_| 1),
        total_ms: execution,
        mean_ms: execution,
        p50_ms: None,
        p95_ms: None,
        max_ms: execution,
        rows: subject.plan.root().rows().map(Interval::mid),
        read_blocks: None,
        temp_blocks: None,
        plans: 1,
    };
    (day, row)
}
