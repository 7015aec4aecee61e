//! Reports of recorded plans in each format, as a reader gets them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collected;
mod comparison;
mod flamegraph;
mod gate;
mod html;
mod page_comparison;
mod pages;
mod profiles;
mod workload;

use insta::assert_snapshot;
use perf_look_analyzers::redact::{Redact, redact};
use perf_look_analyzers::report::Reject;
use perf_look_analyzers::{Policy, Report, input, safe};
use perf_look_render::{Format, Style, render, schema};
use unicode_width::UnicodeWidthStr;

const PLAIN: Style = Style { color: false, width: 80, unicode: true };

/// The report of recorded plans, by the names of their files.
#[track_caller]
fn report(names: &[&str]) -> Report {
    let read = |name: &&str| {
        let text = perf_look_fixtures::named(&format!("postgres/plans/{name}.json"));
        input::read(name, &text).unwrap().subjects
    };
    Report::of(names.iter().flat_map(read).collect(), &Policy::default())
}

#[track_caller]
fn shown(report: &Report, format: Format, style: &Style) -> String {
    let mut out = Vec::new();
    render(report, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn every_plan() -> Vec<String> {
    let files = perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres/plans"));
    files.iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn text_shows_where_the_time_went() {
    assert_snapshot!(shown(&report(&["tpch-q17"]), Format::Text, &PLAIN));
}

#[test]
fn text_of_several_plans_says_what_each_is() {
    let mut report = report(&["gather-merge", "cte-scan", "delete-fk-cascade", "never-executed", "option-no-analyze"]);
    report.rejects.push(Reject { source: "notes.txt".to_owned(), line: Some(3), why: "no plan".to_owned() });
    assert_snapshot!(shown(&report, Format::Text, &PLAIN));
}

#[test]
fn a_wide_terminal_shows_inclusive_times_too() {
    assert_snapshot!(shown(&report(&["hash-join-batches"]), Format::Text, &Style { width: 120, ..PLAIN }));
}

#[test]
fn ascii_is_enough() {
    let text = shown(&report(&["gather-merge", "tpch-q17"]), Format::Text, &Style { unicode: false, ..PLAIN });
    assert!(text.is_ascii(), "{text}");
    assert_snapshot!(text);
}

#[test]
fn colours_are_never_the_only_sign() {
    let style = Style { color: true, ..PLAIN };
    let colored = shown(&report(&["tpch-q17"]), Format::Text, &style);
    assert_ne!(colored, shown(&report(&["tpch-q17"]), Format::Text, &PLAIN));
    let mut bare = String::new();
    for (place, piece) in colored.split("\x1b[").enumerate() {
        bare.push_str(if place == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    assert_eq!(bare, shown(&report(&["tpch-q17"]), Format::Text, &PLAIN));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let names = every_plan();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = report(&names);
    for width in [40, 80, 100, 160] {
        for line in shown(&report, Format::Text, &Style { width, ..PLAIN }).lines() {
            let is_sql = line.starts_with("     ") && line.ends_with(';');
            assert!(is_sql || line.width() <= width, "{} columns of {width}: {line}", line.width());
        }
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in every_plan() {
        let json: serde_json::Value = serde_json::from_str(&shown(&report(&[&name]), Format::Json, &PLAIN)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn every_field_of_json_stands_in_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(schema()).unwrap();
    let known = &schema["$defs"]["plan"]["properties"];
    let json: serde_json::Value =
        serde_json::from_str(&shown(&report(&["gather-merge"]), Format::Json, &PLAIN)).unwrap();
    let subject = json["subjects"][0].as_object().unwrap();
    for name in subject.keys() {
        assert!(!known[name].is_null(), "{name}");
    }
    for name in subject["nodes"][3].as_object().unwrap().keys() {
        assert!(!known["nodes"]["items"]["properties"][name].is_null(), "{name}");
    }
}

#[test]
fn self_times_and_frames_of_json_add_up_to_execution_time() {
    for name in every_plan() {
        let json: serde_json::Value = serde_json::from_str(&shown(&report(&[&name]), Format::Json, &PLAIN)).unwrap();
        let subject = &json["subjects"][0];
        let Some(execution) = subject["execution_ms"].as_f64() else { continue };
        let nodes: f64 = subject["nodes"].as_array().unwrap().iter().filter_map(|node| node["self_ms"].as_f64()).sum();
        let frames = subject["frames"].as_array().unwrap().iter().filter(|frame| frame["name"] != "Planning");
        let sum = nodes + frames.filter_map(|frame| frame["self_ms"].as_f64()).sum::<f64>();
        assert!((sum - execution).abs() <= 0.01 + execution / 1000.0, "{name}: {sum} of {execution}");
    }
}

#[test]
fn markdown_is_a_comment_on_a_change() {
    assert_snapshot!(shown(&report(&["tpch-q17"]), Format::Markdown, &PLAIN));
}

#[test]
fn github_shows_a_finding_where_it_is() {
    assert_snapshot!(shown(&report(&["tpch-q17"]), Format::Github, &PLAIN));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in FORMATS {
        let once = || shown(&report(&["tpch-q17", "cte-scan"]), format, &PLAIN);
        assert_eq!(once(), once());
    }
}

/// All of them.
const FORMATS: [Format; 10] = [
    Format::Text,
    Format::Plain,
    Format::Json,
    Format::Jsonl,
    Format::Markdown,
    Format::Github,
    Format::Gitlab,
    Format::Sarif,
    Format::Junit,
    Format::Html,
];

/// Escape codes, marks that reorder text, a NUL, and markup, wherever a plan can hold text.
const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{202e}\u{0}<script>`|@all\r\n::error::x";

/// A report of a plan that is made of [`HOSTILE`].
fn hostile_report() -> Report {
    let name = serde_json::to_string(HOSTILE).unwrap();
    let long = "x".repeat(1_000_000);
    let node = format!(
        r#""Node Type": "Seq Scan", "Relation Name": {name}, "Schema": {name}, "Alias": "{long}", "Startup Cost": 0,
        "Total Cost": 10, "Plan Rows": 1, "Plan Width": 4, "Actual Startup Time": 0.1, "Actual Total Time": 900.0,
        "Actual Rows": 1, "Actual Loops": 1, "Filter": {name}, "Rows Removed by Filter": 5000000, {name}: {name},
        "Shared Hit Blocks": 50000"#
    );
    let text = format!(r#"[{{ "Plan": {{ {node} }}, "Query Text": {name}, "Execution Time": 900.5 }}]"#);
    let mut report = Report::of(input::read(HOSTILE, &text).unwrap().subjects, &Policy::default());
    report.rejects.push(Reject { source: HOSTILE.to_owned(), line: None, why: HOSTILE.to_owned() });
    assert!(!report.findings.is_empty());
    report
}

#[test]
fn hostile_names_do_nothing_in_any_format() {
    let report = hostile_report();
    for format in FORMATS {
        let shown = shown(&report, format, &PLAIN);
        let obeyed: Vec<char> = shown.chars().filter(|c| safe::is_hostile(*c)).collect();
        assert!(obeyed.is_empty(), "{format:?}: {obeyed:?}");
        assert!(!matches!(format, Format::Markdown) || !shown.split("```").next().unwrap().contains("<script>"));
        assert!(!matches!(format, Format::Github) || shown.lines().all(|line| !line.starts_with("::error::x")));
    }
}

/// The texts in quotes that a fixture has.
fn literals(text: &str) -> Vec<String> {
    let quoted = text.split('\'').skip(1).step_by(2).filter(|literal| literal.len() >= 4);
    quoted.filter(|literal| !literal.contains(['\\', '"', '?'])).map(str::to_owned).collect()
}

/// What a format shows of a report; SARIF carries the pages of rules too, whose examples have names and literals of ours.
fn without_pages(report: &Report, format: Format) -> String {
    let shown = shown(report, format, &PLAIN);
    if format != Format::Sarif {
        return shown;
    }
    let mut log: serde_json::Value = serde_json::from_str(&shown).unwrap();
    log["runs"][0].as_object_mut().unwrap().remove("tool");
    log.to_string()
}

#[test]
fn no_literal_is_left_in_any_format_once_it_is_redacted() {
    let mut seen = 0;
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        for what in [Redact::Literals, Redact::Names] {
            let Ok(input) = input::read(&name, &text) else { continue };
            let input = redact(input, what);
            let report = Report::of(input.subjects, &Policy::default());
            for format in FORMATS {
                let shown = without_pages(&report, format).replace("&#39;", "'");
                for literal in literals(&text) {
                    seen += 1;
                    assert!(!shown.contains(&format!("'{literal}'")), "{name} as {format:?} shows {literal}");
                }
            }
        }
    }
    assert!(seen > 300, "{seen} literals were looked for");
}

#[test]
fn no_name_of_a_relation_is_left_in_any_format_once_names_are_redacted() {
    for name in every_plan() {
        let text = perf_look_fixtures::named(&format!("postgres/plans/{name}.json"));
        let open = input::read(&name, &text).unwrap();
        let names: Vec<String> = open.subjects[0]
            .plan
            .nodes()
            .iter()
            .flat_map(|node| [&node.relation, &node.index])
            .flatten()
            .filter(|name| name.len() > 3 && !name.starts_with('*'))
            .map(ToString::to_string)
            .collect();
        let report = Report::of(redact(open, Redact::Names).subjects, &Policy::default());
        for format in FORMATS.into_iter().filter(|format| *format != Format::Html) {
            let shown = without_pages(&report, format);
            let words: Vec<&str> = shown.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            for name in &names {
                assert!(!words.contains(&name.as_str()), "{format:?} shows {name}: {shown}");
            }
        }
    }
}

#[test]
fn what_was_not_measured_is_null_and_never_zero() {
    let node = |name: &str| {
        let json: serde_json::Value = serde_json::from_str(&shown(&report(&[name]), Format::Json, &PLAIN)).unwrap();
        json["subjects"][0]["nodes"][0].clone()
    };
    let planned = node("option-no-analyze");
    for field in ["loops", "rows", "total_ms", "self_ms", "shared_hit", "self_shared_hit", "wal_records"] {
        assert!(planned.get(field).is_some_and(serde_json::Value::is_null), "{field}");
    }
    let measured = node("gather-merge");
    assert_eq!(measured["shared_read"], 0);
    assert!(measured["wal_records"].is_null());
}
