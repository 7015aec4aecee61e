//! Each rule on its fixtures: `fires….json` it must find, `quiet….json` it must not, whatever a snapshot says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use perf_look_analyzers::postgres::rules::ALL as RULES;
use perf_look_analyzers::rule::Rule;
use perf_look_analyzers::{Capture, Finding, Policy, Report};

fn report(text: &str, policy: &Policy) -> Report {
    let capture: Capture = serde_json::from_str(text).unwrap();
    let (subjects, rejects) = capture.subjects();
    assert!(rejects.is_empty() && !subjects.is_empty(), "{rejects:?}");
    Report::of(subjects, policy)
}

fn speaks(rule: &Rule, finding: &Finding) -> bool {
    finding.rule == rule.id
}

fn folder(rule: &Rule) -> std::path::PathBuf {
    let name = rule.id.0.split_once('/').unwrap().1;
    perf_look_fixtures::folder().join("postgres").join(name)
}

#[test]
fn each_rule_fires_on_its_fixtures_and_says_what_its_snapshot_says() {
    for &rule in RULES {
        let mut said = String::new();
        for (name, text) in perf_look_fixtures::of_rule(rule.id.0) {
            if !name.starts_with("fires") {
                continue;
            }
            let report = report(&text, &Policy::default());
            assert!(report.findings.iter().any(|finding| speaks(rule, finding)), "{} is silent on {name}", rule.id);
            let _ = writeln!(said, "== {name}");
            for finding in &report.findings {
                let _ = write!(said, "{finding}");
            }
        }
        assert!(!said.is_empty(), "{} has no fixture fires.json", rule.id);
        insta::with_settings!({ snapshot_path => folder(rule), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("fires", said);
        });
    }
}

#[test]
fn each_rule_is_quiet_on_its_quiet_fixtures() {
    for &rule in RULES {
        let mut quiet = 0;
        for (name, text) in perf_look_fixtures::of_rule(rule.id.0) {
            if name.starts_with("quiet") {
                quiet += 1;
                let report = report(&text, &Policy::default());
                let heard = |finding: &&Finding| speaks(rule, finding) || finding.also.contains(&rule.id);
                assert!(report.findings.iter().find(heard).is_none(), "{} fires on {name}", rule.id);
            }
        }
        assert!(quiet > 0, "{} has no fixture quiet….json", rule.id);
    }
}

#[test]
fn every_fixture_of_a_rule_has_an_owner_and_its_sql() {
    let known = ["plans", "formats", "frames", "logs"];
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.id.0.split_once('/').unwrap().1.to_owned()).collect();
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        let folder = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        if known.contains(&folder.as_str()) {
            continue;
        }
        assert!(rules.contains(&folder), "{} belongs to no rule", file.display());
        let name = file.file_stem().unwrap().to_string_lossy();
        assert!(name.starts_with("fires") || name.starts_with("quiet"), "{}", file.display());
        if file.extension().is_some_and(|ending| ending == "json") {
            assert!(file.with_extension("sql").exists(), "{} was not recorded", file.display());
        }
    }
}

#[test]
fn each_page_says_all_that_a_page_should() {
    for &rule in RULES {
        assert!(rule.docs.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        for section in ["What it is", "Why it is slow", "How to confirm", "What to do", "When to ignore it", "Example"]
        {
            assert!(rule.docs.contains(&format!("\n## {section}\n")), "the page of {} lacks \"{section}\"", rule.id);
        }
    }
}

/// Whether a rule finds anything in one of its `fires` fixtures when these of its thresholds are out of reach.
fn fires_without(rule: &'static Rule, out_of_reach: &[&str]) -> Vec<bool> {
    let mut policy = Policy::default();
    for name in out_of_reach {
        assert!(policy.set_limit(rule, name, f64::MAX));
    }
    let fixtures = perf_look_fixtures::of_rule(rule.id.0);
    let fires = fixtures.iter().filter(|(name, _)| name.starts_with("fires"));
    let heard = |finding: &Finding| speaks(rule, finding) || finding.also.contains(&rule.id);
    fires.map(|(_, text)| report(text, &policy).findings.iter().any(heard)).collect()
}

#[test]
fn each_threshold_is_heard() {
    for &rule in RULES {
        let names: Vec<&str> = rule.thresholds.iter().map(|threshold| threshold.name).collect();
        for name in &names {
            // Some thresholds only count where another one is not reached.
            let others = names.iter().filter(|other| *other != name).map(|other| vec![*other]);
            let silenced = std::iter::once(Vec::new()).chain(others).any(|mut others| {
                let before = fires_without(rule, &others);
                others.push(name);
                before != fires_without(rule, &others)
            });
            assert!(silenced, "`{name}` of {} changes nothing", rule.id);
        }
    }
}

#[test]
fn no_plan_of_a_few_milliseconds_is_more_than_worth_knowing() {
    let Some(corpus) = perf_look_fixtures::corpus("no_plan_of_a_few_milliseconds_is_more_than_worth_knowing") else {
        return;
    };
    let mut judged = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        if file.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let input = perf_look_analyzers::input::read(&file.display().to_string(), &text);
        let Ok(input) = input else { continue };
        let report = Report::of(input.subjects, &Policy::default());
        for finding in &report.findings {
            let subject = &report.subjects[finding.location.subject().unwrap()];
            let short = subject.attribution.execution.is_some_and(|whole| whole.0 < 10.0);
            assert!(!short || finding.severity == perf_look_analyzers::Severity::Info, "{}: {finding}", subject.name);
        }
        judged += report.subjects.len();
    }
    assert!(judged > 900, "{judged}");
}

/// The findings on a TPC-H query, scale 0.1.
#[track_caller]
fn tpch(corpus: &std::path::Path, run: &str, query: u32) -> Report {
    let file = corpus.join(format!("plans/perf-look-12-to-18/tpch-0.1/{run}/q{query:02}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Report::of(perf_look_analyzers::input::read("q", &text).unwrap().subjects, &Policy::default())
}

#[test]
fn the_slowest_queries_of_tpch_are_blamed_on_the_scan_below_their_subquery() {
    let Some(corpus) = perf_look_fixtures::corpus("the_slowest_queries_of_tpch") else { return };
    for query in [17, 20] {
        let report = tpch(&corpus, "15-primary-keys-only", query);
        let worst = &report.findings[0];
        assert_eq!(worst.rule.0, "db/correlated-subplan");
        assert!(worst.share.is_some_and(|share| share > 0.9), "{worst}");
        let sql: Vec<&str> = worst.advice.iter().filter_map(|advice| advice.sql.as_deref()).collect();
        assert!(sql[0].starts_with("CREATE INDEX ON lineitem (l_partkey"), "{sql:?}");
    }
}

#[test]
fn tpch_without_indexes_on_foreign_keys_is_judged_worse() {
    let Some(corpus) = perf_look_fixtures::corpus("tpch_without_indexes_on_foreign_keys_is_judged_worse") else {
        return;
    };
    let stake = |run: &str| -> f64 {
        (1..=22)
            .flat_map(|query| tpch(&corpus, run, query).findings)
            .filter_map(|finding| finding.impact)
            .map(|ms| ms.0)
            .sum()
    };
    let (without, with) = (stake("15-primary-keys-only"), stake("18-with-foreign-key-indexes"));
    assert!(without > 20.0 * with, "{without} ms at stake without the indexes, {with} ms with them");
}
