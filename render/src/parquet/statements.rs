//! The table `statements`: a row a statement.

use parquet_derive::ParquetRecordWriter;
use perf_look_analyzers::Report;
use perf_look_analyzers::quantity::Interval;

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

pub(super) fn rows(report: &Report) -> impl Iterator<Item = (Day, Row)> {
    report.subjects.iter().map(|subject| {
        let keys = Keys::of(report, subject);
        let execution = subject.plan.statement.execution_ms;
        let row = Row {
            statement: keys.statement,
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
        (keys.day, row)
    })
}
