//! What keys do on a page, as somebody sees it, and that no page does harm.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::{Policy, Report};
use perf_look_tui::action::What;
use perf_look_tui::{Effect, Glyphs, Model, Screen};

use crate::hostile::{HOSTILE, look_at_all};
use crate::support::{Person, fixture, page, report};

/// A page and a statement.
fn both() -> Model {
    let plan = perf_look_fixtures::named("postgres/plans/tpch-q17.json");
    let page = perf_look_fixtures::named("web/captures/bad-selectors.json");
    Model::new(report(&[("plan.json", &plan), ("page.json", &page)]))
}

fn someone(model: Model) -> Person {
    Person::new(model, (120, 40))
}

#[test]
fn a_page_opens_on_its_findings_and_has_no_plan() {
    let mut person = someone(page());
    assert_eq!((person.state.screen, person.state.subject), (Screen::Findings, Of::Page(0)));
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("src/app/bad.jsx:12:5 makeSelectRow") && screen.contains("2 Selectors"), "{screen}");
    assert!(!screen.contains("SQL"), "{screen}");
    person.press("9");
    assert!(person.screen(Glyphs::Unicode).contains("9 does nothing here"));
}

/// A page whose factory makes one selector, and one whose factory makes one a row.
fn two() -> Model {
    let text = |name: &str| perf_look_fixtures::named(&format!("web/selector-instances-per-site/{name}.json"));
    Model::new(report(&[("before.json", &text("quiet")), ("after.json", &text("fires"))]))
}

#[test]
fn a_page_is_compared_with_the_one_before_it() {
    let mut person = someone(two());
    person.press("7");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("5 exact counts changed; findings: 1 new"), "{screen}");
    person.press("n n");
    let rows = person.cursor_rows();
    assert!(rows[0].contains("+150") && rows[0].contains("src/app/bad.jsx:12:5 makeSelectRow"), "{rows:?}");
    person.press("v v");
    assert!(person.screen(Glyphs::Unicode).contains("src/app/shared.jsx:6:51"), "{}", person.screen(Glyphs::Unicode));
    // The first has nothing before it.
    person.press(") 7");
    assert!(person.screen(Glyphs::Unicode).contains("There is nothing to compare this page with"));
}

#[test]
fn a_page_is_compared_with_what_was_pinned() {
    let mut person = someone(two());
    // The worst finding is of the second page.
    person.press("b ) 7");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("-150") && screen.contains("findings: 1 fixed"), "{screen}");
}

#[test]
fn the_flame_graph_of_a_page_is_exported() {
    let mut person = someone(page());
    person.press("e c enter");
    let Some(Effect::Export { subject: Of::Page(0), path, .. }) = person.effects.last() else {
        panic!("{:?}", person.effects)
    };
    assert!(path.ends_with(".cpuprofile"), "{path}");
}

#[test]
fn one_key_leads_from_a_finding_to_its_selectors() {
    let mut person = someone(page());
    person.press("enter");
    assert_eq!(person.state.screen, Screen::Selectors);
    let rows = person.cursor_rows();
    assert!(rows[0].contains("150") && rows[0].contains("bad.jsx:12:5"), "{rows:?}");
    assert!(person.screen(Glyphs::Unicode).contains("live selectors: 150 (limit 100)"));
}

/// A page whose capture has the code of its places.
fn with_code() -> Model {
    Model::new(report(&[("page", &perf_look_fixtures::named("web/captures/code.json"))]))
}

#[test]
fn one_key_leads_from_a_finding_to_its_code_and_another_back() {
    let mut person = someone(with_code());
    person.press("c");
    assert_eq!(person.state.screen, Screen::Source);
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("return createSelector(") && screen.contains("bad.jsx:12:5 makeSelectRow"), "{screen}");
    let rows = person.cursor_rows();
    assert!(rows[0].contains('*') && rows[0].contains("12"), "{rows:?}");
    person.press("esc 2 enter enter");
    assert_eq!(person.state.screen, Screen::Source);
    person.press("esc");
    assert_eq!(person.state.screen, Screen::Selectors);
}

#[test]
fn where_no_code_was_kept_the_screen_says_why() {
    let mut person = someone(page());
    person.press("c");
    assert!(person.screen(Glyphs::Unicode).contains("The code was not kept: an older version"));
    person.press("6 8");
    assert!(person.screen(Glyphs::Unicode).contains("names no place in code"), "{}", person.screen(Glyphs::Unicode));
}

#[test]
fn rows_are_sorted_by_the_column_that_is_asked_for_and_back() {
    let mut person = someone(page());
    person.press("2 S g g");
    assert!(person.cursor_rows()[0].contains("shared.jsx"), "{:?}", person.cursor_rows());
    person.press("S s g g");
    assert!(person.cursor_rows()[0].contains("150"), "{:?}", person.cursor_rows());
    assert!(person.screen(Glyphs::Unicode).contains("sort: live (s)"));
    person.press("s s s s s s s");
    assert!(person.screen(Glyphs::Unicode).contains("s sort"));
}

#[test]
fn a_filter_keeps_rows_and_esc_brings_the_others_back() {
    let mut person = someone(page());
    person.press("2 & s h a r e d enter");
    let screen = person.screen(Glyphs::Unicode);
    assert!(!screen.contains("makeSelectRow") && screen.contains("filter: shared (Esc)"), "{screen}");
    person.press("& n o n e enter");
    assert!(person.screen(Glyphs::Unicode).contains("Esc takes the filter off"));
    person.press("esc");
    assert!(person.screen(Glyphs::Unicode).contains("makeSelectRow"));
}

#[test]
fn a_search_goes_to_the_row_that_matches() {
    let mut person = someone(page());
    person.press("2 / s h a r e d enter n");
    assert!(person.cursor_rows()[0].contains("shared.jsx:7"), "{:?}", person.cursor_rows());
}

#[test]
fn the_code_of_a_row_is_opened_and_its_place_copied() {
    let mut person = someone(page());
    person.press("2 o y p");
    let [Effect::OpenCode(site), Effect::Copy { text, what: What::Place }] = &person.effects[..] else {
        panic!("{:?}", person.effects);
    };
    assert_eq!((site.file(), site.position().line), ("src/app/bad.jsx", 12));
    assert_eq!(text, "src/app/bad.jsx:12:5 makeSelectRow");
}

#[test]
fn the_advice_of_a_finding_is_copied_in_words() {
    let mut person = someone(page());
    person.press("y a");
    assert!(format!("{:?}", person.effects).contains("make the selector once"), "{:?}", person.effects);
}

#[test]
fn parentheses_walk_from_plans_to_pages_and_the_screens_follow() {
    let mut person = someone(both());
    person.press("2");
    assert_eq!((person.state.subject, person.state.screen), (Of::Plan(0), Screen::Plan));
    person.press(")");
    assert_eq!((person.state.subject, person.state.screen), (Of::Page(0), Screen::Findings));
    person.press("2");
    assert_eq!(person.state.screen, Screen::Selectors);
    person.press(")");
    assert_eq!((person.state.subject, person.state.screen), (Of::Plan(0), Screen::Findings));
    person.press("2");
    assert!(person.cursor_rows()[0].contains("SubPlan 1"), "{:?}", person.cursor_rows());
}

#[test]
fn the_findings_of_plans_and_pages_are_walked_together() {
    let mut person = someone(both());
    let count = person.model.report().findings.len();
    let mut seen = Vec::new();
    for _ in 0..count {
        person.press("]");
        seen.push(person.state.subject);
    }
    assert!(seen.contains(&Of::Plan(0)) && seen.contains(&Of::Page(0)), "{seen:?}");
}

#[test]
fn what_could_not_be_measured_says_why() {
    let text = perf_look_fixtures::named("web/captures/bad-selectors.json");
    let start = text.find("\"census\":").unwrap_or_default();
    let failed = "\"census\":{\"status\":\"failed\",\"ms\":5.0,\"why\":\"the page crashed\"},\"unused\":";
    let text = format!("{}{failed}{}", &text[..start], &text[start + "\"census\":".len()..]);
    let mut person = someone(Model::new(report(&[("page", &text)])));
    person.press("2");
    assert!(person.screen(Glyphs::Unicode).contains("could not measure: the page crashed"));
    person.press("6 l");
    assert!(person.screen(Glyphs::Unicode).contains("could not measure: the page crashed"));
}

#[test]
fn hostile_names_of_pages_are_shown_and_do_nothing() {
    for name in HOSTILE {
        let units: Vec<String> = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let json = units.concat();
        let text = perf_look_fixtures::named("web/captures/bad-selectors.json");
        let text = ["bad.jsx", "makeSelectRow", "127.0.0.1", "t=>", "Chrome"]
            .iter()
            .fold(text, |text, word| text.replace(word, &json));
        assert!(text.contains(&json), "{json}");
        look_at_all(
            &Model::new(report(&[("page", &text)])),
            &["1", "2", "l", "l", "3", "l", "l", "4", "5", "6", "l", "?"],
        );
    }
}

#[test]
fn the_flame_of_a_page_is_searched_by_function_and_zoomed() {
    let mut person = someone(page());
    person.press("5 / P R O B E enter");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("PROBE_UNKNOWN_ACTION"), "{screen}");
    person.press("enter");
    assert!(person.screen(Glyphs::Unicode).contains("zoom: PROBE_UNKNOWN_ACTION"));
    person.press("0");
    assert!(person.screen(Glyphs::Unicode).contains("zoom: main thread"));
}

#[test]
fn of_an_address_the_list_names_the_file() {
    let text = perf_look_fixtures::named("web/captures/bad-selectors.json");
    let text = text.replace("src/app/bad.jsx", "http://127.0.0.1:8080/app/bad.js");
    let person = someone(Model::new(report(&[("page", &text)])));
    assert!(person.cursor_rows()[0].contains(" bad.js:12:5 makeSelectRow "), "{:?}", person.cursor_rows());
}

#[test]
fn a_report_of_nothing_has_the_screens_of_plans() {
    let mut person = someone(Model::new(Report::of_all(Vec::new(), Vec::new(), &Policy::default())));
    person.press("2");
    assert_eq!(person.state.screen, Screen::Plan);
}

#[test]
fn a_plan_keeps_its_screens_beside_a_page() {
    let alone = someone(fixture("plans/tpch-q17.json")).screen(Glyphs::Unicode);
    assert!(alone.contains("4 SQL") && !alone.contains("Selectors"), "{alone}");
}
