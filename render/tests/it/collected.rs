//! A report in the formats that other tools collect: SARIF, JUnit, GitLab.

use perf_look_analyzers::report::Reject;
use perf_look_analyzers::{Policy, Report, Severity, input};
use perf_look_render::Format;
use serde_json::Value;

use crate::gate::sarif_schema;
use crate::{PLAIN, hostile_report, shown};

/// Findings of a statement in a file, and a piece of input that could not be read.
fn report() -> Report {
    let text = perf_look_fixtures::named("postgres/plans/tpch-q17.json");
    let mut subjects = input::read("q", &text).unwrap().subjects;
    subjects.push(subjects[0].clone());
    for (subject, name) in subjects.iter_mut().zip(["queries/parts of one.sql:12", "queries/parts.sql:12"]) {
        name.clone_into(&mut subject.name);
    }
    let mut report = Report::of(subjects, &Policy::default());
    let why = "no plan begins here".to_owned();
    report.rejects.push(Reject { source: "plans/cut.json".to_owned(), line: Some(3), why });
    report
}

#[test]
fn sarif_has_each_finding_with_its_place_and_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(&sarif_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [report(), hostile_report(), Report::default()] {
        let log: Value = serde_json::from_str(&shown(&report, Format::Sarif, &PLAIN)).unwrap();
        validator.validate(&log).unwrap();
        assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), report.findings.len());
    }
    let log: Value = serde_json::from_str(&shown(&report(), Format::Sarif, &PLAIN)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    let known = results.iter().find(|result| !place(result).is_null()).unwrap();
    assert_eq!(place(known)["artifactLocation"]["uri"], "queries/parts.sql");
    assert_eq!(place(known)["region"]["startLine"], 12);
    let told = &log["runs"][0]["invocations"][0];
    assert_eq!(told["executionSuccessful"], false);
    assert_eq!(told["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
}

#[test]
fn junit_fails_where_a_finding_is_worth_stopping_for() {
    let report = report();
    let read = junit_parser::from_reader(shown(&report, Format::Junit, &PLAIN).as_bytes()).unwrap();
    let suite = &read.suites[0];
    assert_eq!((suite.tests, suite.failures, suite.errors), (3, 2, 1));
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    assert_eq!(shown(&report, Format::Junit, &PLAIN).matches("<failure ").count(), errors);
    junit_parser::from_reader(shown(&hostile_report(), Format::Junit, &PLAIN).as_bytes()).unwrap();
}

#[test]
fn gitlab_has_a_place_for_each_remark() {
    let report = report();
    let entries: Value = serde_json::from_str(&shown(&report, Format::Gitlab, &PLAIN)).unwrap();
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), report.findings.len() + 1);
    for entry in entries {
        assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() > 0, "{entry}");
        assert!(["info", "minor", "major", "critical"].contains(&entry["severity"].as_str().unwrap()), "{entry}");
    }
    let at = |entry: &Value| entry["location"]["path"].as_str().unwrap().to_owned();
    assert!(entries.iter().any(|entry| at(entry) == "queries/parts.sql"));
    assert!(entries.iter().any(|entry| at(entry) == "plans/cut.json"));
}
