//! Server logs as real servers wrote them, whole and damaged.

use std::fmt::Write as _;

use insta::assert_snapshot;
use perf_look_analyzers::Input;
use perf_look_analyzers::postgres::log::Miner;
use perf_look_analyzers::workload::{LogSource, Source, Workload};
use perf_look_fixtures::{folder, named};

/// What is read of logs, each in pieces of so many bytes.
#[track_caller]
fn mined_in(size: usize, logs: &[(&str, &[u8])]) -> Input {
    let mut miner = Miner::new(None);
    for (name, log) in logs {
        miner.begin_file(name);
        log.chunks(size).for_each(|chunk| miner.feed(chunk));
        miner.end_file();
    }
    miner.finish(100)
}

fn mined(log: &str) -> Input {
    mined_in(4096, &[("server.log", log.as_bytes())])
}

fn workload(input: &Input) -> &Workload {
    input.workload.as_ref().unwrap()
}

fn source(input: &Input) -> &LogSource {
    match &workload(input).source {
        Source::Log(log) => log,
        Source::PgStatStatements { .. } => panic!("a log"),
    }
}

/// Statements, calls and plans, without times, which differ from record to record; by text.
fn counted(input: &Input) -> String {
    let mut lines: Vec<String> = workload(input)
        .statements
        .iter()
        .map(|statement| {
            let plans: Vec<String> =
                statement.plans.iter().map(|plan| plan.times.unwrap().tally.calls.to_string()).collect();
            format!("{} calls, plans [{}]: {}", statement.times.tally.calls, plans.join(", "), statement.text)
        })
        .collect();
    lines.sort();
    let log = source(input);
    let mut text = lines.join("\n");
    let _ = write!(
        text,
        "\n{} with a plan, {} without, {} not counted, {} by functions, {} rejected",
        log.with_plan, log.without_plan, log.phases, log.nested, log.rejected
    );
    text
}

fn recorded(path: &str) -> String {
    named(&format!("postgres/logs/{path}"))
}

#[test]
fn a_recorded_log_is_grouped_by_statement_and_plan() {
    assert_snapshot!("log_18", counted(&mined(&recorded("18/postgresql.log"))));
    assert_snapshot!("log_13", counted(&mined(&recorded("13/postgresql.log"))));
}

#[test]
fn all_forms_of_a_log_come_to_the_same() {
    for major in ["13", "15", "18"] {
        let stderr = mined(&recorded(&format!("{major}/postgresql.log")));
        for ending in ["csv", "json"] {
            let path = format!("postgres/logs/{major}/postgresql.{ending}");
            if folder().join(&path).exists() {
                let other = mined(&named(&path));
                assert_eq!(counted(&stderr), counted(&other), "{path}");
                assert_eq!(workload(&stderr).whole, workload(&other).whole, "{path}");
                assert_eq!(stderr.subjects.len(), other.subjects.len());
            }
        }
    }
}

#[test]
fn where_the_bytes_are_cut_does_not_matter() {
    for path in ["18/postgresql.log", "18/postgresql.csv", "18/postgresql.json"] {
        let log = recorded(path);
        let whole = mined_in(log.len(), &[("a", log.as_bytes())]);
        for size in [1, 7, 1000] {
            assert_eq!(whole, mined_in(size, &[("a", log.as_bytes())]), "{path} in pieces of {size}");
        }
    }
}
