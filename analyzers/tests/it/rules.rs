//! Each rule on its fixtures: `fires….json` it must find, `quiet….json` it must not, whatever a snapshot says.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use perf_look_analyzers::rule::{Check, Rule, rules};
use perf_look_analyzers::{Capture, Finding, Policy, Report, Severity};
use perf_look_fixtures::{folder_of_rule, of_rule};

fn report(text: &str, policy: &Policy) -> Report {
    let capture: Capture = serde_json::from_str(text).unwrap();
    let input = capture.input();
    assert!(input.rejects.is_empty(), "{:?}", input.rejects);
    assert!(!input.subjects.is_empty() || !input.pages.is_empty());
    input.judged(policy)
}

fn speaks(rule: &Rule, finding: &Finding) -> bool {
    finding.rule == rule.id
}

/// The findings that a snapshot of a rule holds: all on a plan, where rules speak for each other; on a page, where they
/// do not, its own.
fn said_of<'a>(rule: &Rule, report: &'a Report) -> Vec<&'a Finding> {
    let is_on_pages = matches!(rule.check, Check::Page(..));
    report.findings.iter().filter(|finding| !is_on_pages || speaks(rule, finding)).collect()
}

#[test]
fn each_rule_fires_on_its_fixtures_and_says_what_its_snapshot_says() {
    for rule in rules() {
        let mut said = String::new();
        for (name, text) in of_rule(rule.id.0) {
            if !name.starts_with("fires") {
                continue;
            }
            let report = report(&text, &Policy::default());
            assert!(report.findings.iter().any(|finding| speaks(rule, finding)), "{} is silent on {name}", rule.id);
            let _ = writeln!(said, "== {name}");
            for finding in said_of(rule, &report) {
                let _ = write!(said, "{finding}");
            }
        }
        assert!(!said.is_empty(), "{} has no fixture fires.json", rule.id);
        insta::with_settings!({ snapshot_path => folder_of_rule(rule.id.0), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("fires", said);
        });
    }
}

#[test]
fn each_rule_is_quiet_on_its_quiet_fixtures() {
    for rule in rules() {
        let mut quiet = 0;
        for (name, text) in of_rule(rule.id.0) {
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

/// The rule whose fixtures are in the folder of this file; none for folders of other fixtures.
#[track_caller]
fn owner(file: &Path, half: &str, others: &[&str]) -> Option<&'static Rule> {
    let folder = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let below = file.strip_prefix(perf_look_fixtures::folder().join(half)).unwrap();
    if others.iter().any(|other| below.starts_with(other)) {
        return None;
    }
    let rule = rules().find(|rule| folder_of_rule(rule.id.0) == file.parent().unwrap());
    assert!(rule.is_some(), "{} belongs to no rule: {folder}", file.display());
    let name = file.file_stem().unwrap().to_string_lossy();
    assert!(name.starts_with("fires") || name.starts_with("quiet"), "{}", file.display());
    rule
}

#[test]
fn every_fixture_of_a_rule_on_plans_has_an_owner_and_its_sql() {
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        let owner = owner(&file, "postgres", &["plans", "formats", "frames", "logs", "verified"]);
        if owner.is_some() && file.extension().is_some_and(|ending| ending == "json") {
            assert!(file.with_extension("sql").exists(), "{} was not recorded", file.display());
        }
    }
}

#[test]
fn every_fixture_of_a_rule_on_pages_has_an_owner_and_a_line_that_records_it() {
    let recordings = perf_look_fixtures::named("record-web");
    let recorded: BTreeSet<&str> = recordings.lines().filter_map(|line| line.strip_prefix("record ")).collect();
    let recorded: BTreeSet<&str> = recorded.iter().filter_map(|line| line.split(' ').next()).collect();
    let folder = perf_look_fixtures::folder().join("web");
    for name in &recorded {
        assert!(folder.join(format!("{name}.json")).exists(), "fixtures/record-web lists {name}, which is not there");
    }
    for file in perf_look_fixtures::files_below(&folder) {
        let owner = owner(&file, "web", &["captures", "heap", "pages", "source-map", "traces"]);
        if owner.is_some() && file.extension().is_some_and(|ending| ending == "json") {
            let name = file.strip_prefix(&folder).unwrap().with_extension("");
            let name = name.to_string_lossy();
            assert!(recorded.contains(name.as_ref()), "fixtures/record-web does not record {name}");
        }
    }
}

#[test]
fn each_page_says_all_that_a_page_should() {
    for rule in rules() {
        assert!(rule.docs.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        for section in ["What it is", "Why it is slow", "How to confirm", "What to do", "When to ignore it", "Example"]
        {
            assert!(rule.docs.contains(&format!("\n## {section}\n")), "the page of {} lacks \"{section}\"", rule.id);
        }
    }
}

/// What a rule finds in each of its `fires` fixtures, and how bad, when these of its thresholds are set so.
fn found_with(rule: &'static Rule, limits: &[(&str, f64)]) -> Vec<Vec<(Severity, String)>> {
    let mut policy = Policy::default();
    for (name, limit) in limits {
        assert!(policy.set_limit(rule, name, *limit));
    }
    let fixtures = of_rule(rule.id.0);
    let fires = fixtures.iter().filter(|(name, _)| name.starts_with("fires"));
    let heard = |finding: &Finding| speaks(rule, finding) || finding.also.contains(&rule.id);
    let found = |report: Report| {
        let heard = report.findings.into_iter().filter(heard);
        heard.map(|finding| (finding.severity, finding.fingerprint)).collect()
    };
    fires.map(|(_, text)| found(report(text, &policy))).collect()
}

#[test]
fn each_threshold_is_heard() {
    const OUT_OF_REACH: f64 = f64::MAX;
    for rule in rules() {
        let names: Vec<&str> = rule.thresholds.iter().map(|threshold| threshold.name).collect();
        // A recorded page need not be so bad that it breaks the limit of an error: that of none it always breaks.
        let tried: &[f64] = if matches!(rule.check, Check::Page(..)) { &[OUT_OF_REACH, 0.0] } else { &[OUT_OF_REACH] };
        for name in &names {
            // Some thresholds only count where another one is not reached.
            let others = names.iter().filter(|other| *other != name).map(|other| vec![(*other, OUT_OF_REACH)]);
            let is_heard = std::iter::once(Vec::new()).chain(others).any(|others| {
                let before = found_with(rule, &others);
                tried.iter().any(|limit| before != found_with(rule, &[&others[..], &[(*name, *limit)]].concat()))
            });
            assert!(is_heard, "`{name}` of {} changes nothing", rule.id);
        }
    }
}

#[test]
fn no_plan_of_a_few_milliseconds_is_more_than_worth_knowing() {
    let Some(corpus) = perf_look_fixtures::corpus("no_plan_of_a_few_milliseconds_is_more_than_worth_knowing") else {
        return;
    };
    let mut judged = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans")) {
        // In whatever format; among them are files that hold no plan.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let Ok(input) = perf_look_analyzers::input::read(&file.display().to_string(), &text) else { continue };
        let report = Report::of(input.subjects, &Policy::default());
        for finding in &report.findings {
            let subject = &report.subjects[finding.location.subject().unwrap()];
            let short = subject.attribution.execution.is_some_and(|whole| whole.0 < 10.0);
            assert!(!short || finding.severity == Severity::Info, "{}: {finding}", subject.name);
        }
        judged += report.subjects.iter().filter(|subject| subject.attribution.execution.is_some()).count();
    }
    assert!(judged > 1_500, "{judged}");
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
