//! The page as a reader without scripts gets it.

use std::io::Read as _;

use insta::assert_snapshot;
use perf_look_analyzers::postgres::rules::ALL as RULES;
use perf_look_analyzers::report::{Level, Reject};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::Pass;
use perf_look_analyzers::{Comparison, Policy, Report, input};
use perf_look_render::{ComparisonFormat, Format, render_comparison};

use crate::{PLAIN, every_plan, report, shown};

#[track_caller]
fn page(report: &Report) -> String {
    shown(report, Format::Html, &PLAIN)
}

/// The page without scripts and style.
fn visible(page: &str) -> String {
    let without = |page: &str, from: &str, to: &str| {
        let mut pieces = page.split(from);
        let first = pieces.next().unwrap().to_owned();
        pieces.fold(first, |kept, piece| kept + piece.split_once(to).unwrap().1)
    };
    without(&without(page, "<style", "</style>"), "<script", "</script>")
}

/// Names of the tags and the texts between, in turn.
fn pieces(page: &str) -> Vec<(&str, &str)> {
    page.split('<').skip(1).map(|piece| piece.split_once('>').unwrap()).collect()
}

/// What a reader sees: a line a block.
fn text(page: &str) -> String {
    const BLOCKS: &[&str] =
        &["h1", "h2", "h3", "h4", "p", "li", "dt", "tr", "title", "summary", "pre", "footer", "section"];
    let page = visible(page);
    let mut text = String::new();
    for (tag, between) in pieces(&page) {
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        if (BLOCKS.contains(&name) && !tag.starts_with("/d")) || tag.contains("role=\"row\"") {
            text.push('\n');
        } else if tag.contains("cell") || tag.contains("columnheader") || name == "td" {
            text.push_str(" | ");
        }
        text.push_str(if tag == "dd" { ": " } else { "" });
        text.push_str(if tag == "/a" { " " } else { "" });
        text.push_str(between);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    let lines = text.replace("&amp;", "&");
    lines.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_says_what_the_text_says() {
    assert_snapshot!(text(&page(&report(&["tpch-q17"]))));
}

#[test]
fn a_page_of_several_plans_says_what_each_is() {
    let mut report = report(&["gather-merge", "never-executed", "option-no-analyze", "delete-fk-cascade"]);
    report.rejects.push(Reject { source: "notes.txt".to_owned(), line: Some(3), why: "no plan".to_owned() });
    assert_snapshot!(text(&page(&report)));
}

#[test]
fn every_element_that_is_opened_is_closed() {
    for name in every_plan() {
        assert_closed(&page(&report(&[&name])));
    }
}

#[track_caller]
fn assert_closed(page: &str) {
    const VOID: &[&str] = &["meta", "!doctype"];
    let page = visible(page);
    let mut open: Vec<&str> = Vec::new();
    for (tag, _) in pieces(&page) {
        let name = tag.split([' ', '/']).next().unwrap();
        match tag.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "in {page}"),
            None if tag.ends_with('/') || VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?} in {page}");
}

#[test]
fn an_address_within_the_page_leads_somewhere_and_no_id_is_there_twice() {
    let names = every_plan();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for names in [&names[..1], &names[..]] {
        assert_addresses_lead_somewhere(&visible(&page(&report(names))));
    }
}

#[track_caller]
fn assert_addresses_lead_somewhere(page: &str) {
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).map(|id| id.split_once('"').unwrap().0).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id is there twice");
    for address in page.split("href=\"#").skip(1) {
        let id = address.split_once('"').unwrap().0;
        assert!(ids.binary_search(&id).is_ok(), "#{id} leads nowhere");
    }
}

#[test]
fn the_page_names_nothing_outside_of_it() {
    let page = page(&report(&["tpch-q17", "cte-scan"]));
    for outside in ["http:", "https:", "src=", "url(", "@import", "<link", "<iframe", "style=\"", " onclick"] {
        assert!(!page.contains(outside), "the page has {outside}");
    }
    assert!(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"));
}

#[test]
fn a_page_without_its_data_is_small() {
    let page = page(&report(&["tpch-q17"]));
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn a_rule_that_is_switched_off_is_not_said_to_have_looked() {
    let mut policy = Policy::default();
    policy.set_level(RULES[0].id, Level::Off);
    let shown = text(&page(&Report::of(report(&["tpch-q17"]).subjects, &policy)));
    let line = shown.lines().find(|line| line.starts_with(&format!("{} | ", RULES[0].id))).unwrap();
    assert!(line.contains("switched off in the configuration"), "{line}");
}

/// The page of two plans of one statement.
fn compared(before: &Report, after: &Report) -> String {
    let mut out = Vec::new();
    let comparison = Comparison::of(before.clone(), after.clone());
    render_comparison(&comparison, ComparisonFormat::Html, &PLAIN, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn two_plans_stand_side_by_side() {
    let page = compared(&report(&["hash-join-batches"]), &report(&["gather-merge"]));
    assert_closed(&page);
    assert_snapshot!(text(&page));
    assert!(!page.contains("<script") && page.contains("default-src &#39;none&#39;; style-src"));
}

/// Markup, escape codes and marks that reorder text.
const HOSTILE: &str =
    "</script></style></title>--><img src=x onerror=alert(1)>\" onload=x \u{1b}[31m\u{202e}\u{0}&amp;";

#[test]
fn hostile_text_shows_as_text() {
    let name = serde_json::to_string(HOSTILE).unwrap();
    let long = "x".repeat(5_000);
    let node = |kind: &str, ms: u32, inside: &str| {
        format!(
            r#"{{"Node Type": {kind}, "Relation Name": {name}, "Schema": {name}, "Alias": "{long}", "Subplan Name": {name},
            "Startup Cost": 0, "Total Cost": 10, "Plan Rows": 1, "Plan Width": 4,
            "Actual Startup Time": 0.1, "Actual Total Time": {ms}, "Actual Rows": 1, "Actual Loops": 1, "Filter": {name},
            "Rows Removed by Filter": 5000000, {name}: [{name}, {{ {name}: {name} }}], "Shared Hit Blocks": {ms}000{inside}}}"#
        )
    };
    let below = format!(r#", "Plans": [{}]"#, node(&name, 1, &format!(", \"Index Name\": {name}")));
    let text = format!(
        r#"[{{ "Plan": {}, "Query Text": {name}, "Execution Time": 900.5, "Settings": {{ {name}: {name} }},
        "Triggers": [{{"Trigger Name": {name}, "Relation": {name}, "Time": 1.0, "Calls": 2}}], {name}: {name} }}]"#,
        node(r#""Seq Scan""#, 900, &below)
    );
    let mut report = Report::of(input::read(HOSTILE, &text).unwrap().subjects, &Policy::default());
    report.rejects.push(Reject { source: HOSTILE.to_owned(), line: None, why: HOSTILE.to_owned() });
    report.subjects[0].notes.push(HOSTILE.to_owned());
    report.subjects[0].server_version = Some(HOSTILE.to_owned());
    assert!(!report.findings.is_empty());
    assert_harmless(&page(&report));
}

#[track_caller]
fn assert_harmless(page: &str) {
    assert!(!page.contains("<img"), "an element got in");
    assert!(!visible(page).contains("\" onload"), "an attribute got in");
    assert!(!page.chars().any(perf_look_analyzers::safe::is_hostile), "a control character got in");
    assert_eq!(page.matches("<script").count(), 3, "a script got in");
    assert_eq!(page.matches("</script").count(), 3, "a script was ended");
    assert_eq!(page.matches("</style").count(), 1, "the style was ended");
    let seen =
        page.matches("&lt;/script&gt;&lt;/style&gt;&lt;/title&gt;--&gt;&lt;img src=x onerror=alert(1)&gt;").count();
    assert!(seen > 10, "shown {seen} times");
}

/// Two recorded pages: a list that makes a selector a row, and one that forces layouts.
pub(crate) fn two_pages() -> Report {
    let file = perf_look_fixtures::folder().join("web/captures/two-pages.json.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    input::read("two-pages.json", &text).unwrap().judged(&Policy::default())
}

fn only(mut report: Report, page: usize) -> Report {
    let page = report.pages.remove(page);
    Report::of_all(Vec::new(), vec![page], &Policy::default())
}

#[test]
fn pages_show_their_numbers_and_the_code_that_they_come_from() {
    for (place, name) in ["a_page_that_makes_selectors", "a_page_that_forces_layouts"].into_iter().enumerate() {
        let shown = text(&page(&only(two_pages(), place)));
        let (_, section) = shown.split_once("\nHTTP 200").unwrap();
        let (section, rest) = section.split_once("\nFlame graph").unwrap();
        assert_snapshot!(name, section);
        assert!(rest.contains("not drawn; what took longest is first"), "{rest}");
    }
}

/// What a rule's fixture says below its passes, up to the flame graph.
#[track_caller]
fn parts_of(fixture: &str) -> String {
    let read = input::read(fixture, &perf_look_fixtures::named(&format!("web/{fixture}.json")));
    let page = page(&read.unwrap().judged(&Policy::default()));
    assert_closed(&page);
    assert_addresses_lead_somewhere(&visible(&page));
    let shown = text(&page);
    let (_, section) = shown.split_once("\nNumbers\n").unwrap();
    section.split_once("\nFlame graph\n").unwrap().0.to_owned()
}

#[test]
fn what_was_counted_is_said_with_its_places() {
    assert_snapshot!("counted_invalidation", parts_of("css-invalidation/fires"));
    assert_snapshot!("counted_jquery", parts_of("jquery-objects/fires"));
    assert_snapshot!("counted_react", parts_of("react-renders/fires"));
    assert_snapshot!("counted_requests", parts_of("network-weight/fires"));
}

#[test]
fn what_grows_is_said_repeat_by_repeat_and_what_holds_it() {
    assert_snapshot!(parts_of("selector-leak/fires"));
}

#[test]
fn a_report_of_pages_is_whole_and_names_nothing_to_load() {
    for report in [two_pages(), only(two_pages(), 0), only(two_pages(), 1)] {
        let page = page(&report);
        assert_closed(&page);
        assert_addresses_lead_somewhere(&visible(&page));
        for outside in ["href=\"http", "src=", "url(", "@import", "<link", "<iframe", "style=\"", " onclick"] {
            assert!(!visible(&page).contains(outside), "the page has {outside}");
        }
        assert_eq!(page, self::page(&report), "the same report gives the same bytes");
    }
}

#[test]
fn a_pass_that_failed_says_why_where_its_numbers_would_be() {
    let mut capture = two_pages().pages.remove(0).capture;
    capture.timing = Pass::Failed { ms: 1500.0, why: "the page did not answer".to_owned() };
    let report = Report::of_all(Vec::new(), vec![Page::of(capture)], &Policy::default());
    let shown = text(&page(&report));
    assert!(shown.contains("could not measure: the page did not answer"), "{shown}");
    assert!(shown.contains("Not drawn: nothing was sampled."), "{shown}");
}

#[test]
fn hostile_text_of_a_page_shows_as_text() {
    let hostile = || HOSTILE.to_owned();
    let mut capture = two_pages().pages.remove(0).capture;
    (capture.name, capture.url, capture.browser, capture.stopped) = (hostile(), hostile(), hostile(), Some(hostile()));
    capture.notes.push(hostile());
    capture.settings.steps.push(hostile());
    if let Pass::Measured { rows, .. } = &mut capture.census {
        for group in &mut rows.selectors {
            (group.combiner, group.site.url, group.site.function) = (hostile(), hostile(), Some(hostile()));
            group.site.original = None;
        }
    }
    if let Pass::Measured { rows, .. } = &mut capture.timing {
        for node in rows.runs.iter_mut().filter_map(|run| run.profile.as_mut()).flat_map(|profile| &mut profile.nodes) {
            (node.function.name, node.function.url) = (hostile(), hostile());
        }
    }
    let report = Report::of_all(Vec::new(), vec![Page::of(capture)], &Policy::default());
    assert!(!report.findings.is_empty());
    assert_harmless(&page(&report));
}
