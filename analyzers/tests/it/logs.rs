//! Server logs as real servers wrote them, whole and damaged.

use std::fmt::Write as _;

use insta::assert_snapshot;
use perf_look_analyzers::Input;
use perf_look_analyzers::postgres::log::Miner;
use perf_look_analyzers::quantity::Ms;
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

/// The log as Postgres hands it to syslog, in pieces of at most so many bytes that are cut between words, and as rsyslog
/// writes them: entries of several backends run into each other.
fn as_syslog(log: &str, longest: usize, header: fn(u64, u64, u64) -> String) -> String {
    let mut backends: [Vec<String>; 3] = Default::default();
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match entries.last_mut().filter(|_| line.starts_with('\t') || line.contains("CONTEXT:  ")) {
            Some(entry) => entry.extend(["\n", line]),
            None => entries.push(line.to_owned()),
        }
    }
    for (number, entry) in entries.iter().enumerate() {
        let (backend, mut part) = (number % 3, 0);
        for line in entry.split('\n') {
            let mut rest = line;
            while !rest.is_empty() {
                let mut end = (0..=rest.len().min(longest)).rev().find(|end| rest.is_char_boundary(*end)).unwrap();
                if end < rest.len() && !rest[end..].starts_with(char::is_whitespace) {
                    end = rest[..end].rfind(char::is_whitespace).filter(|blank| *blank > 0).unwrap_or(end);
                }
                part += 1;
                let text = rest[..end].replace('\t', "#011");
                let header = header(4_000 + backend as u64, number as u64 + 1, part);
                backends[backend].push(format!("{header}{text}\n"));
                rest = &rest[end..];
            }
        }
    }
    let longest = backends.iter().map(Vec::len).max().unwrap();
    (0..longest).flat_map(|line| backends.iter().filter_map(move |lines| lines.get(line)).cloned()).collect()
}

fn numbered(pid: u64, entry: u64, part: u64) -> String {
    format!("Nov 21 05:03:44 db1 postgres[{pid}]: [{entry}-{part}] ")
}

fn structured(pid: u64, entry: u64, part: u64) -> String {
    format!("<134>1 2026-11-21T05:03:44.381Z db1 postgres {pid} - - [{entry}-{part}] ")
}

fn without_sequence(pid: u64, _: u64, part: u64) -> String {
    format!("2026-11-21T05:03:44.381+00:00 db1 postgres[{pid}]: [{part}] ")
}

#[test]
fn what_went_through_syslog_comes_to_the_same() {
    for major in ["13", "15", "18"] {
        let log = recorded(&format!("{major}/postgresql.log"));
        // Plans alone: times that stand behind their statement are known by their backend, of which there is one here.
        let log: String = plans_of(&log).concat();
        let plain = mined(&log);
        for header in [numbered, structured, without_sequence] {
            for longest in [900, 120] {
                let other = mined(&as_syslog(&log, longest, header));
                assert_eq!(counted(&plain), counted(&other), "{major}, {longest}");
                // Entries run into each other, so that the sum is of another order.
                let difference = workload(&plain).whole.total - workload(&other).whole.total;
                assert!(difference.0.abs() < 0.001, "{difference:?}");
            }
        }
    }
}

/// The entries with a plan, each with its context.
fn plans_of(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.split_inclusive('\n') {
        match entries.last_mut().filter(|_| line.starts_with('\t') || line.contains("CONTEXT:  ")) {
            Some(entry) => entry.push_str(line),
            None => entries.push(line.to_owned()),
        }
    }
    entries.retain(|entry| entry.contains(" ms  plan:"));
    entries
}

#[test]
fn lines_that_syslog_dropped_are_said() {
    let log = plans_of(&recorded("15/postgresql.log")).concat();
    let whole = as_syslog(&log, 900, numbered);
    let lines: Vec<&str> = whole.lines().collect();
    let third = lines.iter().position(|line| line.contains("[2-3] ")).unwrap();
    let first = lines.iter().position(|line| line.contains("[4-1] ")).unwrap();
    let lossy: Vec<&str> =
        lines.iter().enumerate().filter(|(place, _)| ![third, first].contains(place)).map(|(_, line)| *line).collect();
    let input = mined(&lossy.join("\n"));
    let whys: Vec<&str> = input.rejects.iter().map(|reject| reject.why.as_str()).collect();
    assert!(whys.iter().any(|why| why.contains("syslog dropped them")), "{whys:?}");
    assert!(whys.iter().any(|why| why.contains("first line is missing")), "{whys:?}");
    assert_eq!(source(&input).rejected, 2);
    assert_eq!(source(&input).with_plan + 2, source(&mined(&whole)).with_plan);
}

#[test]
fn time_that_functions_took_counts_once_in_the_whole() {
    let call = |ms: &str, sql: &str, context: &str| {
        let context = if context.is_empty() { String::new() } else { format!("T [7] CONTEXT:  {context}\n") };
        format!(
            "T [7] LOG:  duration: {ms} ms  plan:\n\tQuery Text: {sql}\n\tResult  (cost=0.00..0.01 rows=1 width=4)\n{context}"
        )
    };
    let inner = "SQL statement \"select 1\"\n\tPL/pgSQL function inner_one() line 1 at RETURN\n\tPL/pgSQL function outer_one() line 1 at RETURN";
    let log = [
        call("2.000", "select 1", inner),
        call("5.000", "select inner_one()", "PL/pgSQL function outer_one() line 1 at RETURN"),
        call("6.000", "select outer_one()", ""),
        call("4.000", "select 3 from t", ""),
    ]
    .concat();
    let input = mined(&log);
    assert_eq!(workload(&input).whole.total, Ms(10.0));
    // Two calls by one function, of which only the first was a statement of SQL.
    let beside = [
        call("5.000", "select 1", "SQL statement \"select 1\"\n\tPL/pgSQL function f() line 1 at SQL statement"),
        call("2.000", "g()", "PL/pgSQL function f() line 2 at RETURN"),
        call("8.000", "select f()", ""),
    ];
    assert_eq!(workload(&mined(&beside.concat())).whole.total, Ms(8.0));
    assert_eq!((source(&input).nested, source(&input).inside), (2, Ms(7.0)));
    let sum: Ms = workload(&input).statements.iter().map(|statement| statement.times.tally.total).sum();
    assert_eq!(sum, workload(&input).whole.total + source(&input).inside);
}
