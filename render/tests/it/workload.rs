//! Reports of workloads in each format.

use insta::assert_snapshot;
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::report::Reject;
use perf_look_analyzers::workload::{
    Beyond, Bounds, LogSource, Others, PlanShape, Source, Spread, StatementId, Tally, Times, Workload,
    WorkloadStatement,
};
use perf_look_analyzers::{Input, Policy, Report, input};
use perf_look_render::{Format, Style, schema};

use crate::{PLAIN, shown};

fn times(calls: u64, total: f64, max: f64) -> Times {
    let spread = Spread { p50: Ms(total / calls as f64 * 0.8), p95: Ms(max * 0.9) };
    Times { tally: Tally { calls, total: Ms(total) }, max: Ms(max), spread: Some(spread) }
}

fn statement(text: &str, times: Times, plans: Vec<PlanShape>) -> WorkloadStatement {
    let (id, text) = (StatementId::of_text(text), text.to_owned());
    WorkloadStatement { id, text, times, days: Vec::new(), rows: None, io: None, plans, other_plans: Tally::default() }
}

fn plan(fingerprint: &str, times: Times, subject: usize) -> PlanShape {
    PlanShape { fingerprint: fingerprint.to_owned(), times: Some(times), date: None, subject }
}

/// Three statements of a log: one that ran with two plans, one with one, one whose plan was not logged.
fn workload() -> Report {
    let names = ["hash-join-batches", "gather-merge", "tpch-q17"];
    let mut input = Input::default();
    for (name, is) in names.iter().zip(["statement 1 plan 1", "statement 1 plan 2", "statement 2"]) {
        let text = perf_look_fixtures::named(&format!("postgres/plans/{name}.json"));
        let mut subject = input::read(is, &text).unwrap().subjects.remove(0);
        is.clone_into(&mut subject.name);
        input.subjects.push(subject);
    }
    let flipped = vec![plan("b2", times(20, 16_000.0, 1_450.0), 1), plan("a1", times(12_000, 4_000.0, 20.0), 0)];
    let statements = vec![
        statement("select * from orders where status = ?", times(12_020, 20_000.0, 1_450.0), flipped),
        statement("select sum(l_extendedprice) from lineitem, part where p_brand = ?", times(3, 9_000.0, 3_100.0), {
            vec![plan("c3", times(3, 9_000.0, 3_100.0), 2)]
        }),
        statement("update cart set n = n + ? where id = ?\n", times(100, 500.0, 9.0), Vec::new()),
    ];
    let whole = Tally { calls: 12_323, total: Ms(30_000.0) };
    let log = LogSource {
        files: vec!["postgresql-Mon.log".to_owned(), "postgresql-Tue.log".to_owned()],
        bytes: 5 << 20,
        span: Some(("2026-11-21 05:03:44.381 UTC".to_owned(), "2026-11-22 05:20:11.002 UTC".to_owned())),
        with_plan: 12_023,
        without_plan: 300,
        rejected: 1,
        ..LogSource::default()
    };
    let others = Some(Others { statements: 7, tally: Tally { calls: 200, total: Ms(500.0) } });
    input.workload = Some(Workload { source: Source::Log(log), whole, statements, others });
    input.judged(&Policy::default())
}

#[test]
fn text_begins_with_the_statements_and_shows_both_plans_of_a_flip() {
    assert_snapshot!(shown(&workload(), Format::Text, &Style { width: 110, ..PLAIN }));
}

/// The same, of a log that had more than is kept, and functions that ran statements.
fn beyond() -> Report {
    let mut report = workload();
    let workload = report.workload.as_mut().unwrap();
    let Source::Log(log) = &mut workload.source else { panic!("a log") };
    let statements = Some(Others { statements: 1_204, tally: Tally { calls: 1_310, total: Ms(1_500.0) } });
    let plans = Tally { calls: 31, total: Ms(412.0) };
    log.beyond = Some(Beyond { statements, is_exact: false, plans, bounds: Bounds::default() });
    (log.nested, log.inside) = (12, Ms(80.0));
    workload.statements[0].other_plans = plans;
    report.rejects =
        (1..=12).map(|line| Reject { source: "a.log".into(), line: Some(line), why: "cut off".into() }).collect();
    report
}

#[test]
fn what_was_only_counted_is_said_with_its_calls_and_time() {
    let text = shown(&beyond(), Format::Text, &Style { width: 110, ..PLAIN });
    let (begin, _) = text.split_once("plan flip").unwrap();
    let (_, end) = text.split_once("could not read:").unwrap();
    assert_snapshot!("workload_beyond", format!("{begin}…\ncould not read:{end}"));
}

#[test]
fn a_narrow_terminal_and_a_reader_of_screens_get_the_same_numbers() {
    assert_snapshot!("workload_narrow", shown(&workload(), Format::Text, &Style { width: 60, ..PLAIN }));
    assert_snapshot!("workload_plain", shown(&workload(), Format::Plain, &Style { unicode: false, ..PLAIN }));
}

#[test]
fn markdown_has_the_table() {
    let text = shown(&workload(), Format::Markdown, &PLAIN);
    assert_snapshot!("workload_markdown", text.split("<details>").next().unwrap());
}

#[test]
fn the_page_has_the_table_and_links_to_the_plans_of_a_flip() {
    let html = shown(&workload(), Format::Html, &PLAIN);
    assert!(html.contains("<h2 id=\"workload-title\">Workload</h2>"));
    assert!(html.contains("<td><code>select * from orders where status = ?</code></td>"));
    assert!(html.contains("<a href=\"#s2/plan\">statement 1 plan 2</a>"));
}

#[test]
fn json_is_as_its_schema_says_and_the_schema_says_all_of_it() {
    let schema: serde_json::Value = serde_json::from_str(schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let of =
        |report: &Report| -> serde_json::Value { serde_json::from_str(&shown(report, Format::Json, &PLAIN)).unwrap() };
    let (json, beyond) = (of(&workload()), of(&beyond()));
    let errors = validator.iter_errors(&json).chain(validator.iter_errors(&beyond));
    let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_snapshot!("workload_json_beyond", serde_json::to_string_pretty(&beyond["workload"]["source"]).unwrap());
    let known = &schema["$defs"]["workload"]["properties"];
    for name in json["workload"].as_object().unwrap().keys() {
        assert!(!known[name].is_null(), "{name}");
    }
    for name in json["workload"]["statements"][0].as_object().unwrap().keys() {
        assert!(!known["statements"]["items"]["properties"][name].is_null(), "{name}");
    }
    assert_snapshot!("workload_json", serde_json::to_string_pretty(&json["workload"]).unwrap());
}

#[test]
fn findings_are_ranked_by_their_share_of_the_workload() {
    let report = workload();
    let shares: Vec<f64> = report.findings.iter().map(|finding| finding.workload_share.unwrap()).collect();
    assert!(shares.is_sorted_by(|left, right| left >= right), "{shares:?}");
    // The plan of the flip that is slow took 16 of 30 seconds; its finding cannot be more.
    assert!(shares.iter().all(|share| *share <= 16.0 / 30.0), "{shares:?}");
}
