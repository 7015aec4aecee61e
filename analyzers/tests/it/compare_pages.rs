//! Comparisons of pages: code that moved is the same, what changed is first, what varies says so.

use perf_look_analyzers::compare::PageDifference;
use perf_look_analyzers::compare::pages::{Certainty, Fate, Kind, Things};
use perf_look_analyzers::flame::{Differential, Flame, Side};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::{Comparison, Policy, Report, input};
use perf_look_fixtures::named;

fn report(capture: &str) -> Report {
    input::read("page", capture).unwrap().judged(&Policy::default())
}

#[track_caller]
fn compare(before: &str, after: &str) -> Comparison {
    Comparison::of(report(before), report(after))
}

#[track_caller]
fn only(before: &str, after: &str) -> PageDifference {
    compare(before, after).pages.remove(0)
}

fn good() -> String {
    named("web/selector-instances-per-site/quiet.json")
}

fn bad() -> String {
    named("web/selector-instances-per-site/fires.json")
}

/// `+ 150 src/app/bad.jsx makeSelectRow 0123`, a line each.
fn lines(table: &Things) -> Vec<String> {
    let line = |row: &perf_look_analyzers::compare::pages::Row| {
        let shown = |number: Option<f64>| number.map_or("-".to_owned(), |number| number.to_string());
        format!("{} {} {} {}", row.fate().mark(), shown(row.before), shown(row.after), row.identity)
    };
    table.rows.iter().map(line).collect()
}

#[test]
fn a_page_and_itself_do_not_differ() {
    for path in fixtures() {
        let text = named(&path);
        let difference = only(&text, &text);
        assert!(difference.metrics.iter().all(|metric| metric.fate() == Fate::Same), "{path}");
        for table in &difference.tables {
            assert_eq!(table.changed().count(), 0, "{path} {:?}", table.kind);
            let (before, after) = table.totals();
            assert!((before - after).abs() < f64::EPSILON, "{path} {:?}", table.kind);
        }
        assert_eq!((difference.exact_changes(), difference.fixed.len(), difference.new.len()), (0, 0, 0), "{path}");
        assert!(difference.changed.is_empty() && difference.settings.is_empty() && difference.missing.is_empty());
    }
}

fn fixtures() -> Vec<String> {
    let files = perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("web"));
    let is_capture = |file: &std::path::PathBuf| {
        file.extension().is_some_and(|ending| ending == "json")
            && std::fs::read_to_string(file).is_ok_and(|text| text.contains("\"perf-look.capture/1\""))
    };
    let path = |file: std::path::PathBuf| {
        file.strip_prefix(perf_look_fixtures::folder()).unwrap().to_string_lossy().into_owned()
    };
    let paths: Vec<String> = files.into_iter().filter(is_capture).map(path).collect();
    assert!(paths.len() > 50, "there are {} captures", paths.len());
    paths
}

#[test]
fn identities_are_unique_and_rows_stand_by_how_much_they_changed() {
    let all = fixtures();
    for pair in all.windows(2) {
        let difference = only(&named(&pair[0]), &named(&pair[1]));
        for table in &difference.tables {
            let identities: std::collections::BTreeSet<_> = table.rows.iter().map(|row| &row.identity).collect();
            assert_eq!(identities.len(), table.rows.len(), "{pair:?} {:?}", table.kind);
            let changes: Vec<f64> = table.changed().map(|row| row.delta().abs()).collect();
            assert!(changes.is_sorted_by(|left, right| left >= right), "{pair:?} {:?}", table.kind);
            assert!(table.rows.iter().skip(changes.len()).all(|row| row.fate() == Fate::Same));
        }
    }
}

#[test]
fn what_a_bad_factory_makes_is_new() {
    let difference = only(&good(), &bad());
    let selectors = difference.table(Kind::LiveSelectors).unwrap();
    assert_eq!(selectors.certainty, Certainty::Exact);
    let expected = [
        "+ - 150 src/app/bad.jsx makeSelectRow 12b5e085a1f07915",
        "- 1 - src/app/good.jsx 37411c3498fdceb9",
        "= 1 1 src/app/shared.jsx 77c7fc1c7675f48c",
        "= 1 1 src/app/shared.jsx 835c056962b8da2c",
    ];
    assert_eq!(lines(selectors), expected);
    assert_eq!(difference.verdict(), "5 exact counts changed; findings: 2 new");
}

#[test]
fn a_line_that_moved_is_the_same_place() {
    let moved = bad().replace("\"line\": 12,", "\"line\": 112,");
    assert_ne!(moved, bad());
    let difference = only(&bad(), &moved);
    assert_eq!(difference.table(Kind::LiveSelectors).unwrap().changed().count(), 0);
    assert_eq!((difference.fixed.len(), difference.new.len()), (0, 0));
}

#[test]
fn a_combiner_that_was_edited_is_the_same_where_its_function_makes_no_other() {
    let edited = bad().replace("(t,e)=>({name:", "(t,e)=>({also:1,name:");
    assert_ne!(edited, bad());
    assert_eq!(only(&bad(), &edited).table(Kind::LiveSelectors).unwrap().changed().count(), 0);
}

#[test]
fn another_port_is_the_same_page() {
    let moved = bad().replace("127.0.0.1:8000", "localhost:9");
    let difference = only(&bad(), &moved);
    assert_eq!(difference.exact_changes(), 0);
    assert_eq!((difference.fixed.len(), difference.new.len()), (0, 0));
}

#[test]
fn times_are_shown_as_what_varies() {
    let (before, after) = ("web/js-function-cost/quiet.json", "web/js-function-cost/fires.json");
    let difference = only(&named(before), &named(after));
    let times = difference.table(Kind::SelfTime).unwrap();
    assert!(matches!(times.certainty, Certainty::Varies(_)));
    assert!(times.changed().count() > 0);
    assert_eq!(difference.exact_changes(), 0);
    assert!(difference.metrics.iter().all(|metric| !metric.is_exact));
}

#[test]
fn a_pass_that_one_side_lacks_is_said_and_not_compared() {
    let difference = only(&named("web/js-timers/fires.json"), &bad());
    let missing: Vec<_> = difference.missing.iter().map(|missing| missing.what).collect();
    assert_eq!(missing, ["timing", "census"]);
    assert!(difference.tables.is_empty() && difference.metrics.is_empty(), "{difference:?}");
    // Nobody knows whether what was not looked for is new or gone.
    assert!(difference.new.is_empty() && difference.fixed.is_empty(), "{difference:?}");
    assert!(!difference.only_before.is_empty() && !difference.only_after.is_empty());
    assert_eq!(difference.verdict(), "nothing was measured in both");
}

#[test]
fn how_it_was_measured_is_said_where_it_differs() {
    let other = bad().replace("\"cpu_throttle\": 1.0", "\"cpu_throttle\": 4.0");
    let difference = only(&bad(), &other);
    let settings: Vec<_> = difference.settings.iter().map(|setting| setting.name.as_str()).collect();
    assert_eq!(settings, ["cpu-throttle"]);
    assert!(difference.verdict().contains("not measured in the same way"), "{}", difference.verdict());
}

#[test]
fn pages_are_matched_by_their_names_then_by_their_addresses() {
    let both = |first: &str, second: &str| {
        let mut report = input::read("page", first).unwrap();
        report.add(input::read("page", second).unwrap());
        report.judged(&Policy::default())
    };
    let comparison = Comparison::of(both(&good(), &bad()), both(&bad(), &named("web/js-timers/fires.json")));
    let pairs: Vec<_> = comparison.pages.iter().map(|page| (page.before, page.after)).collect();
    assert_eq!(pairs, [(1, 0)]);
    assert_eq!((&comparison.pages_only_before[..], &comparison.pages_only_after[..]), (&[0][..], &[1][..]));
}

#[test]
fn the_flame_graphs_of_two_pages_are_one_in_which_both_add_up() {
    let (before, after) = ("web/js-function-cost/fires.json", "web/js-function-cost/quiet.json");
    let (before, after) = (report(&named(before)), report(&named(after)));
    let differential = Differential::of_pages(&before.pages[0], &after.pages[0]).unwrap();
    let whole = |page: &Page| Flame::of_profile(page.trace().unwrap().profile.as_ref().unwrap()).root().total;
    let (was, is) = differential.totals();
    assert!((was - whole(&before.pages[0])).abs() < 0.01 && (is - whole(&after.pages[0])).abs() < 0.01);
    let mix = differential.frames().iter().find(|frame| frame.label.starts_with("mix (work.js:")).unwrap();
    assert_eq!(mix.side, Side::Both);
    assert!(mix.delta() < -600.0, "{mix:?}");
}

#[test]
fn the_flame_graph_of_a_page_and_itself_has_no_difference() {
    let page = report(&named("web/js-function-cost/fires.json")).pages.remove(0);
    let differential = Differential::of_pages(&page, &page).unwrap();
    assert!(differential.frames().iter().all(|frame| frame.side == Side::Both && frame.delta().abs() < f64::EPSILON));
}
