//! Counts of pages whose numbers are known: `fixtures/pages/expected.json` says them.

use std::time::Duration;

use perf_look_analyzers::web::capture::{
    ComponentRenders, Counts, Created, Document, PageCapture, Pass, QuerySite, SelectorWarning, SheetOrigin,
    StyleSheet, TimerSite, Times, WarningKind, WebRequest,
};
use perf_look_analyzers::web::place::Site;
use perf_look_capture::browser::Steps;
use perf_look_capture::web::{PassName, Visit, look};
use perf_look_fixtures::pages;

use crate::browser::LONG;

/// A look at one of the pages.
fn visit_of(server: &pages::Server, path: &str, steps: &str) -> Visit {
    let steps = (!steps.is_empty()).then(|| Steps::read("steps", steps).unwrap());
    Visit { steps, deadline: LONG * 2, ..Visit::of(&server.url(path)) }
}

/// The exact counts of a page.
async fn count(path: &str, steps: &str) -> Counts {
    count_of(&pages::serve(), path, steps).await
}

async fn count_of(server: &pages::Server, path: &str, steps: &str) -> Counts {
    let visit = Visit { passes: [PassName::Counts].into(), ..visit_of(server, path, steps) };
    match look(&visit, &mut |_| {}).await.unwrap().counts {
        Pass::Measured { rows, doubt: None, .. } => rows,
        other => panic!("{path}: {other:?}"),
    }
}

/// `bad.jsx:10 makeSelectRow`: the same wherever the pages are served.
fn place(site: &Site) -> String {
    let file = site.file().rsplit('/').next().unwrap_or_default();
    let function = site.function().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{file}:{}{function}", site.position().line)
}

fn times(times: Times) -> String {
    format!("{}+{}", times.load, times.steps)
}

const SHARED: [&str; 2] = ["1+0 at shared.jsx:6, shared.jsx:6", "1+0 at shared.jsx:7, shared.jsx:7"];

/// Who made how many selectors, and where their combiner stands.
#[track_caller]
fn assert_created(counts: &Counts, own: &[&str]) {
    let line = |it: &Created| {
        let combiner = it.combiner.as_ref().map(place).unwrap_or_default();
        format!("{} at {}, {combiner}", times(it.count), place(&it.site))
    };
    let mut found: Vec<String> = counts.created.iter().map(line).collect();
    found.sort_unstable();
    let mut expected = [own, &SHARED].concat();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn selectors_are_counted_where_the_user_makes_them() {
    let counts = count("app/bad-reselect5.html?rows=1000", "click #rename\nclick #add").await;
    assert_created(&counts, &["1000+1 at bad.jsx:10 makeSelectRow, bad.jsx:12 makeSelectRow"]);
    let row = counts.created.iter().find(|it| it.count.load == 1000).unwrap();
    assert!(row.stack.iter().any(|site| place(site).starts_with("bad.jsx:17")), "the caller of useMemo: {row:?}");
}

#[tokio::test]
async fn selectors_that_are_made_anew_with_each_rendering_are_counted_each_time() {
    let counts = count("app/badrender-reselect5.html?rows=100", "click #rename").await;
    assert_created(&counts, &["100+100 at badrender.jsx:11, badrender.jsx:11 BadRow"]);
}

#[tokio::test]
async fn selectors_of_other_libraries_and_builds_are_counted_alike() {
    let row = ["100+0 at bad.jsx:10 makeSelectRow, bad.jsx:12 makeSelectRow"];
    for page in ["bad-reselect3", "bad-reselect4-dev", "bad-toolkit"] {
        assert_created(&count(&format!("app/{page}.html?rows=100"), "").await, &row);
    }
}

#[tokio::test]
async fn selectors_that_two_places_make_of_the_same_text_are_told_apart() {
    let expected = [
        "100+0 at twins.jsx:12 makeSelectNames, twins.jsx:12 makeSelectNames",
        "10+0 at twins.jsx:16 makeSelectTenths, twins.jsx:16 makeSelectTenths",
    ];
    assert_created(&count("app/twins-reselect4.html?rows=100", "").await, &expected);
}

#[tokio::test]
async fn queries_are_counted_by_method_and_line() {
    let counts = count("queries/index.html", "click #again").await;
    let line = |it: &QuerySite| {
        let (line, calls, texts) = (it.site.position().line, times(it.calls), it.texts);
        let of = format!("{line} {} {:?}", it.method, it.example);
        format!("{of}: {calls}, {} again, {} empty, {texts} texts", it.repeated, it.empty)
    };
    let found: Vec<String> = counts.queries.iter().map(line).collect();
    let expected = [
        r#"4 getElementById "list": 1+0, 0 again, 0 empty, 1 texts"#,
        r#"11 getElementById "row-0": 200+0, 190 again, 0 empty, 10 texts"#,
        r#"12 querySelector "li.row": 50+0, 49 again, 0 empty, 1 texts"#,
        r#"13 querySelectorAll "li": 30+0, 29 again, 0 empty, 1 texts"#,
        r#"14 querySelector ".missing": 40+0, 39 again, 40 empty, 1 texts"#,
        r#"15 getElementById "missing": 25+0, 24 again, 25 empty, 1 texts"#,
        r#"16 getElementsByClassName "odd": 20+0, 19 again, 0 empty, 1 texts"#,
        r#"17 getElementsByTagName "li": 15+0, 14 again, 0 empty, 1 texts"#,
        r#"18 getElementsByName "field": 5+0, 4 again, 0 empty, 1 texts"#,
        r#"19 evaluate "//li": 3+0, 2 again, 0 empty, 1 texts"#,
        r#"23 matches ".odd": 100+0, 0 again, 0 empty, 1 texts"#,
        r#"24 closest "ul": 100+0, 0 again, 0 empty, 1 texts"#,
        r#"30 querySelector "p": 6+0, 5 again, 0 empty, 1 texts"#,
        r#"32 querySelectorAll "p": 7+0, 6 again, 7 empty, 1 texts"#,
        r#"33 getElementById "missing": 8+0, 7 again, 8 empty, 1 texts"#,
        "37 querySelector \"#list > li:last-child\": 0+120, 119 again, 0 empty, 1 texts",
        r#"43 getElementById "again": 1+0, 0 again, 0 empty, 1 texts"#,
    ];
    assert_eq!(found, expected);
    let document = counts.document;
    assert_eq!((document.elements, document.depth, document.children, document.duplicate_ids), (111, 4, 100, 0));
}

#[tokio::test]
async fn sets_of_jquery_are_counted_where_the_user_makes_them() {
    let jquery = count("jquery/index.html", "click #measure").await.jquery.unwrap();
    let lines = |rows: &[(Site, Times)]| -> Vec<String> {
        rows.iter().map(|(site, count)| format!("{} {}", place(site), times(*count))).collect()
    };
    assert!(jquery.version.starts_with(['3', '4']), "{}", jquery.version);
    let objects = ["main.js:3 1+0", "main.js:6 100+0", "main.js:11 100+0", "main.js:15 20+0", "main.js:19 60+0"];
    assert_eq!(lines(&jquery.objects), objects);
    assert_eq!(lines(&jquery.finds), ["main.js:11 50+0", "main.js:15 20+0", "main.js:19 30+0"]);
    let switches: Vec<_> = jquery.switches.iter().map(|(site, count)| (place(site), *count)).collect();
    assert_eq!(switches, [("main.js:24".to_owned(), 19)]);
}

#[tokio::test]
async fn timers_are_counted_by_kind() {
    let timers = count("timers/index.html", "click #storm").await.timers;
    let line = |it: &TimerSite| {
        let [set, zero, recurring] = [it.set, it.zero, it.recurring].map(times);
        format!("{} {set}, {zero} without delay, {recurring} recurring", place(&it.site))
    };
    let found: Vec<String> = timers.iter().map(line).collect();
    let expected = [
        "main.js:10 150+0, 150+0 without delay, 0+0 recurring",
        "main.js:12 3+0, 0+0 without delay, 3+0 recurring",
        "main.js:15 0+120, 0+120 without delay, 0+0 recurring",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn renderings_are_counted_by_component_and_those_for_nothing_among_them() {
    let react = count("app/bad-reselect5-dev.html?rows=100", "click #rename").await.react.unwrap();
    let line = |it: &ComponentRenders| {
        let [renders, wasted, by_reference] = [it.renders, it.wasted, it.by_reference].map(times);
        format!("{}: {renders}, {wasted} wasted, {by_reference} by reference", it.name)
    };
    let found: Vec<String> = react.iter().map(line).collect();
    // The selector of each row gives a new object when one of the rows is renamed, with what the old one had in it.
    let expected = [
        "Line: 100+100, 0+0 wasted, 0+99 by reference",
        "List: 1+0, 0+0 wasted, 0+0 by reference",
        "Page: 1+0, 0+0 wasted, 0+0 by reference",
        "Provider: 1+0, 0+0 wasted, 0+0 by reference",
        "Row2: 100+100, 0+0 wasted, 0+99 by reference",
        "Summary: 1+0, 0+0 wasted, 0+0 by reference",
    ];
    assert_eq!(found, expected);
    let line = react.iter().find(|it| it.name == "Line").and_then(|it| it.site.as_ref());
    assert_eq!(line.map(place).as_deref(), Some("shared.jsx:13"));
}

#[tokio::test]
async fn a_page_that_breaks_the_language_or_sets_traps_is_counted_all_the_same() {
    let broken = count("hostile/broken-natives.html", "").await;
    assert_eq!(broken.document.elements, 7);
    assert_eq!(count("hostile/getters.html", "").await.created, []);
}

#[tokio::test]
async fn a_page_that_waits_for_the_clock_is_counted_in_real_time_which_is_said() {
    let server = pages::serve();
    let visit = visit_of(&server, "longtask/clock.html", "");
    let visit = Visit { deadline: Duration::from_secs(10), passes: [PassName::Counts].into(), ..visit };
    let capture = look(&visit, &mut |_| {}).await.unwrap();
    let Pass::Measured { doubt: Some(doubt), rows, .. } = capture.counts else { panic!("{:?}", capture.counts) };
    assert!(doubt.starts_with("counted in real time, since "), "{doubt}");
    assert!(rows.document.elements > 3, "{:?}", rows.document);
}

#[tokio::test]
async fn sheets_that_scripts_make_are_there_with_the_rules_that_they_hold_at_the_end() {
    let sheets = count("cssinjs/index.html", "click #grow").await.sheets;
    let found: Vec<_> = sheets.iter().map(|it| (it.origin, it.adopted_by, it.text.matches('{').count())).collect();
    assert_eq!(found, [(SheetOrigin::Injected, 12, 2), (SheetOrigin::Injected, 1, 40)]);
}

#[tokio::test]
async fn sheets_of_shadow_trees_are_counted_by_how_many_have_them() {
    let sheets = count("shadow/index.html", "").await.sheets;
    let used = |it: &StyleSheet| it.used.as_ref().unwrap().len();
    let found: Vec<_> = sheets.iter().map(|it| (it.origin, it.adopted_by, used(it))).collect();
    let expected = [(SheetOrigin::Constructed, 20, 2), (SheetOrigin::Constructed, 1, 1), (SheetOrigin::Inline, 5, 1)];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_loaded_is_counted_with_what_of_it_is_used() {
    let counts = count("heavy-css/index.html?elements=200", "click #toggle").await;
    let request = |it: &WebRequest| {
        let file = it.url.rsplit('/').next().unwrap_or_default();
        let is_larger = it.transfer_bytes > Some(it.content_bytes);
        format!("{file} {} {:?} {} {is_larger} {}", it.kind, it.status, it.content_bytes, it.blocks_rendering)
    };
    let found: Vec<String> = counts.requests.iter().map(request).collect();
    let size = |file: &str| perf_look_fixtures::named(&format!("pages/plain/heavy-css/{file}")).len();
    let (css, html, js) = (counts.sheets[0].text.len(), size("index.html"), size("main.js"));
    let expected = [
        format!("heavy.css Stylesheet Some(200) {css} true true"),
        format!("index.html?elements=200 Document Some(200) {html} true false"),
        format!("main.js Script Some(200) {js} true true"),
    ];
    assert_eq!(found, expected);
    let sheet = &counts.sheets[0];
    assert_eq!(sheet.origin, SheetOrigin::Linked);
    assert!(sheet.map.as_ref().unwrap().contains("heavy.scss"));
    assert!(sheet.used.as_ref().unwrap().len() > 100);
}

#[tokio::test]
async fn functions_are_counted_by_call_and_scripts_by_what_never_ran() {
    let counts = count("thrash/index.html?rows=100", "click #stretch").await;
    let calls: Vec<String> = counts.calls.iter().map(|it| format!("{} {}", place(&it.site), times(it.calls))).collect();
    assert_eq!(calls.first().map(String::as_str), Some("main.js:17 stretch 100+100"), "{calls:#?}");
    let work = counts.work.unwrap();
    let all = counts.calls.iter().fold((0, 0), |(load, steps), it| (load + it.calls.load, steps + it.calls.steps));
    assert_eq!((work.calls.load, work.calls.steps), all, "all functions of the page are listed");
    // Of its hundred turns the first is no more than what is around the loop.
    let loops: Vec<String> = counts.loops.iter().map(|it| format!("{} {}", place(&it.site), times(it.turns))).collect();
    assert_eq!(loops, ["main.js:25 stretchAll 99+99"]);
    assert_eq!(times(work.turns), "99+99");
    let script = &counts.scripts[0];
    assert!(0 < script.unused_bytes && script.unused_bytes < script.bytes / 2, "{script:?}");
    let (file, bytes, unused) = &script.sources[0];
    assert_eq!(file, "src/thrash/main.js");
    assert!(*bytes <= script.bytes && *unused == script.unused_bytes, "{script:?}");
    let Times { load, steps } = counts.document.layouts;
    assert!((100..=102).contains(&load) && (100..=102).contains(&steps), "{load}+{steps}");
}

#[tokio::test]
async fn listeners_are_those_at_the_end() {
    let counts = count("listeners/index.html?rows=150", "click #leak").await;
    let places: Vec<_> = counts.listeners.iter().map(|(site, count)| (site.position().line, *count)).collect();
    assert_eq!(places, [(8, 150), (16, 5), (13, 3), (12, 1), (15, 1)], "{:#?}", counts.listeners);
    assert_eq!(count("listeners/index.html?rows=200", "click #leak").await.document.listeners, 210);
}

#[tokio::test]
async fn what_reselect_warns_of_is_counted_where_the_selector_is_used() {
    let warnings = count("app/unstable-reselect5-dev.html?rows=10", "click #rename").await.warnings;
    let line = |it: &SelectorWarning| (it.kind, place(it.site.as_ref().unwrap()), it.count);
    let used = |kind| (kind, "unstable.jsx:15 List".to_owned(), 1);
    let found: Vec<_> = warnings.iter().map(line).collect();
    assert_eq!(found, [used(WarningKind::UnstableInput), used(WarningKind::IdentityCombiner)]);
}

#[tokio::test]
async fn what_was_counted_before_a_step_leaves_the_document_is_kept() {
    let server = pages::serve();
    let steps = format!("click #again\nnavigate {}", server.url("steps/index.html"));
    let left = count_of(&server, "queries/index.html", &steps).await;
    let calls = |it: &QuerySite| (it.site.position().line, it.calls);
    let found: Vec<_> = left.queries.iter().map(calls).collect();
    assert!(found.contains(&(37, Times { load: 0, steps: 120 })), "{found:?}");
    assert!(found.contains(&(11, Times { load: 200, steps: 0 })), "{found:?}");
}

#[tokio::test]
async fn frames_of_other_sites_and_workers_are_said_to_be_missing() {
    let server = pages::serve();
    let visit = Visit { passes: [PassName::Counts].into(), ..visit_of(&server, "frames/index.html", "") };
    let notes = look(&visit, &mut |_| {}).await.unwrap().notes;
    let said = notes.iter().find(|note| note.starts_with("counts and selector-stats: not measured in "));
    assert!(said.is_some_and(|note| note.contains("worker")), "{notes:?}");
}

/// What is exact of what the passes with exact numbers give, of one server so that addresses are the same.
async fn exact(server: &pages::Server, path: &str, steps: &str) -> [String; 3] {
    let passes = [PassName::Counts, PassName::SelectorStats, PassName::Census].into();
    let capture = look(&Visit { passes, ..visit_of(server, path, steps) }, &mut |_| {}).await.unwrap();
    let PageCapture { counts, selector_stats, census, .. } = capture;
    assert!(counts.is_exact() && selector_stats.is_exact() && census.is_exact(), "{path}");
    let (mut counts, mut stats, mut census) = (rows(&counts), rows(&selector_stats), rows(&census));
    assert!(stats.rows.iter().any(|row| row.match_count > 0) && stats.elements > 0);
    // How often styles and layouts are worked off depends on the pieces in which the parser gets the document.
    let unknown = Times::default();
    counts.document = Document { layouts: unknown, style_recalcs: unknown, ..counts.document };
    stats.style_recalcs = 0;
    for row in &mut stats.rows {
        (row.recalcs, row.elapsed_us) = (0, 0);
    }
    for point in &mut census.memory {
        (point.heap_bytes, point.detached) = (0, None);
    }
    [format!("{counts:#?}"), format!("{stats:#?}"), format!("{census:#?}")]
}

fn rows<T: Clone>(pass: &Pass<T>) -> T {
    pass.rows().unwrap().clone()
}

#[track_caller]
fn assert_same(what: &str, first: &str, other: &str) {
    let differ = first.lines().zip(other.lines()).position(|(a, b)| a != b);
    let near = |text: &str, at: usize| text.lines().skip(at.saturating_sub(12)).take(16).collect::<Vec<_>>().join("\n");
    assert!(first == other, "{what}: {:?}", differ.map(|at| [near(first, at), near(other, at)]));
}

#[tokio::test]
async fn all_that_is_exact_is_the_same_ten_times() {
    let server = pages::serve();
    let steps = "evaluate document.head.append(Object.assign(document.createElement('style'), \
                 { textContent: 'ul > .open, li.done ~ .open, [id]:hover { color: red }' }))\nclick #rename\nclick #add";
    let visit = || exact(&server, "app/badrender-reselect5.html?rows=20", steps);
    let first = visit().await;
    for repeat in (1..10).step_by(3) {
        let (one, two, three) = tokio::join!(visit(), visit(), visit());
        for other in [one, two, three] {
            for (first, other) in first.iter().zip(&other) {
                assert_same(&format!("from repeat {repeat} on"), first, other);
            }
        }
    }
}

#[tokio::test]
async fn what_a_heavy_sheet_costs_is_the_same_again() {
    let server = pages::serve();
    let path = "heavy-css/index.html?elements=200";
    let (first, other) = (exact(&server, path, "click #toggle").await, exact(&server, path, "click #toggle").await);
    for (first, other) in first.iter().zip(&other) {
        assert_same(path, first, other);
    }
}
