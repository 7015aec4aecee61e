//! Comparisons of pages in each format, as a reader gets them.

use insta::assert_snapshot;
use perf_look_analyzers::{Comparison, Policy, Report, input};
use perf_look_fixtures::named;
use perf_look_render::{ComparisonFormat, Style, comparison_schema, render_comparison};

const STYLE: Style = Style { color: false, width: 100, unicode: true };

fn report(capture: &str) -> Report {
    input::read("page", capture).unwrap().judged(&Policy::default())
}

/// A page whose factory makes one selector, and one whose factory makes one a row.
fn selectors() -> Comparison {
    let [before, after] = ["quiet", "fires"].map(|name| named(&format!("web/selector-instances-per-site/{name}.json")));
    Comparison::of(report(&before), report(&after))
}

/// A page that works for long, and one that does not.
fn times() -> Comparison {
    let [before, after] = ["fires", "quiet"].map(|name| named(&format!("web/js-function-cost/{name}.json")));
    Comparison::of(report(&before), report(&after))
}

/// Pages of which one has not been measured as the other.
fn others() -> Comparison {
    Comparison::of(
        report(&named("web/js-unused/fires.json")),
        report(&named("web/selector-instances-per-site/fires.json")),
    )
}

fn rendered(comparison: &Comparison, format: ComparisonFormat, style: Style) -> String {
    let mut out = Vec::new();
    render_comparison(comparison, format, &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_has_what_is_exact_before_what_varies() {
    assert_snapshot!("selectors", rendered(&selectors(), ComparisonFormat::Text, STYLE));
    assert_snapshot!("times", rendered(&times(), ComparisonFormat::Text, STYLE));
    assert_snapshot!("others", rendered(&others(), ComparisonFormat::Text, STYLE));
}

#[test]
fn narrow_text_without_unicode_is_ascii() {
    let text = rendered(&times(), ComparisonFormat::Text, Style { color: false, width: 60, unicode: false });
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 60), "{text}");
}

#[test]
fn markdown_has_a_table_a_kind() {
    assert_snapshot!(rendered(&selectors(), ComparisonFormat::Markdown, STYLE));
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(comparison_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for comparison in [selectors(), times(), others()] {
        let json = rendered(&comparison, ComparisonFormat::Json, STYLE);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(json["pages"].as_array().unwrap().len(), 1);
    }
    let json: serde_json::Value = serde_json::from_str(&rendered(&selectors(), ComparisonFormat::Json, STYLE)).unwrap();
    let live = &json["pages"][0]["counts"][0];
    assert_eq!((live["name"].as_str(), live["exact"].as_bool()), (Some("live-selectors"), Some(true)));
    assert_eq!(live["changed"][0]["after"].as_f64(), Some(150.0));
    assert_eq!(live["changed"][0]["location_after"]["file"].as_str(), Some("src/app/bad.jsx"));
}

#[test]
fn html_says_the_same_without_scripts() {
    let html = rendered(&selectors(), ComparisonFormat::Html, STYLE);
    assert!(!html.contains("<script"), "{html}");
    for part in ["+150", "src/app/bad.jsx:12:5 makeSelectRow", "web/selector-instances-per-site"] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn names_of_others_cannot_inject_anything() {
    let hostile = named("web/selector-instances-per-site/fires.json")
        .replace("makeSelectRow", "x\\u001b[31m|<b>\\u202e")
        .replace("bad.jsx", "<script>alert(1)</script>");
    let before = named("web/selector-instances-per-site/quiet.json");
    let comparison = Comparison::of(report(&before), report(&hostile));
    for format in [ComparisonFormat::Text, ComparisonFormat::Markdown, ComparisonFormat::Html] {
        let shown = rendered(&comparison, format, STYLE);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
        let is_markup = format != ComparisonFormat::Text;
        assert!(!is_markup || (!shown.contains("<script>") && !shown.contains("|<b>")), "{shown}");
    }
}
