//! Files that a user hands in: captures, plans, and neither.

use perf_look_analyzers::capture::{Capture, Run, Statement};
use perf_look_analyzers::input::{self, Input};

fn statement(name: &str, runs: &[&str]) -> Statement {
    let run = |(number, explain): (u32, &&str)| Run { number, explain: (*explain).to_owned() };
    Statement {
        name: name.to_owned(),
        query: "select 1".to_owned(),
        server_version: Some("18.1".to_owned()),
        settings: Vec::new(),
        catalogue: None,
        runs: (1..).zip(runs).map(run).collect(),
        notes: Vec::new(),
        trials: None,
    }
}

fn capture(statements: Vec<Statement>) -> String {
    serde_json::to_string_pretty(&Capture::new(statements)).unwrap()
}

/// A plan that took so long.
fn plan(ms: f64) -> String {
    format!("Result  (actual time=0.001..0.002 rows=1 loops=1)\nExecution Time: {ms} ms\n")
}

fn names(input: &Input) -> Vec<&str> {
    input.subjects.iter().map(|subject| &*subject.name).collect()
}

#[track_caller]
fn error(name: &str, text: &str) -> String {
    match input::read(name, text) {
        Err(error) => error.to_string(),
        Ok(input) => panic!("{:?}", names(&input)),
    }
}

#[test]
fn plans_of_a_file_have_names_of_their_own() {
    let input = input::read("slow.txt", &format!("{}\n{}\n{}", plan(1.0), plan(2.0), plan(3.0))).unwrap();
    assert_eq!(names(&input), ["slow.txt", "slow.txt plan 2", "slow.txt plan 3"]);
}

#[test]
fn what_cannot_be_read_names_the_file_and_the_line() {
    let input = input::read("two.txt", &format!("{}\n[{{\"Plan\": 1}}]\n", plan(1.0))).unwrap();
    assert_eq!(names(&input), ["two.txt"]);
    let [reject] = &*input.rejects else { panic!("{:?}", input.rejects) };
    assert_eq!((&*reject.source, reject.line), ("two.txt", Some(4)));
}

#[test]
fn a_capture_gives_its_statements_with_what_it_knows_of_them() {
    let text =
        capture(vec![statement("a.sql:1", &[&plan(3.0), &plan(1.0), &plan(2.0)]), statement("a.sql:2", &[&plan(5.0)])]);
    let input = input::read("capture.json", &text).unwrap();
    assert_eq!(names(&input), ["a.sql:1", "a.sql:2"]);
    let first = &input.subjects[0];
    assert_eq!(first.plan.statement.execution_ms, Some(2.0));
    assert_eq!(first.runs_ms, [3.0, 1.0, 2.0]);
    assert_eq!((first.query.as_deref(), first.server_version.as_deref()), (Some("select 1"), Some("18.1")));
}

#[test]
fn a_run_that_cannot_be_read_leaves_the_others() {
    let text = capture(vec![
        statement("a.sql", &[&plan(3.0), "nonsense"]),
        statement("b.sql", &["[]"]),
        statement("c.sql", &[]),
    ]);
    let input = input::read("capture.json", &text).unwrap();
    assert_eq!(names(&input), ["a.sql"]);
    let rejects: Vec<String> =
        input.rejects.iter().map(|reject| format!("{}: {}", reject.source, reject.why)).collect();
    insta::assert_snapshot!(rejects.join("\n"), @r#"
    a.sql run 2: line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found "nonsense"
    b.sql: EXPLAIN found nothing to plan: a rule does nothing instead, or it is a utility statement
    c.sql: the capture holds no run of it
    "#);
}

#[test]
fn statements_of_one_name_are_told_apart() {
    let text = capture(vec![statement("a.sql", &[&plan(1.0)]), statement("a.sql", &[&plan(2.0)])]);
    assert_eq!(names(&input::read("capture.json", &text).unwrap()), ["a.sql", "a.sql (2)"]);
}

#[test]
fn a_capture_may_have_its_keys_in_any_order() {
    let text = capture(vec![statement("a.sql", &[&plan(1.0)])]);
    let sorted: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(names(&input::read("capture.json", &sorted.to_string()).unwrap()), ["a.sql"]);
}

#[test]
fn what_is_neither_a_capture_nor_a_plan_is_told_with_the_file() {
    let errors = [
        error("new.json", "{\"schema\": \"perf-look.capture/2\", \"statements\": []}"),
        error("report.json", "{\"schema\": \"perf-look.report/1\", \"subjects\": []}"),
        error("cut.json", "{\"schema\": \"perf-look.capture/1\", \"statements\": ["),
        error("odd.json", "{\"schema\": \"perf-look.capture/1\",\n \"perf_look\": \"1\", \"statements\": 7}"),
        error("-", ""),
        error("notes.txt", "nothing to see here"),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    new.json: the capture is "perf-look.capture/2", and this perf-look reads "perf-look.capture/1"; use the perf-look that wrote it, or record it again
    report.json: this is "perf-look.report/1", not a plan; hand in the capture (--save) or the plan that it was made from
    cut.json: line 1, column 49: not a capture: EOF while parsing a list
    odd.json: line 2, column 34: not a capture: invalid type: integer `7`, expected a sequence
    -: line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found the end of the input
    notes.txt: line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found "nothing to see here"
    "#);
}
