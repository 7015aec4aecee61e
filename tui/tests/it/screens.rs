//! Every screen as it looks, in three sizes and three glyph sets, and which role each piece has.

use std::fmt::Write as _;

use perf_look_analyzers::quantity::grouped;
use perf_look_tui::theme::Role;
use perf_look_tui::{Glyphs, Model, Theme};
use ratatui::style::{Color, Style};

use crate::support::{Person, fixture, not_counted, page, report, server, server_with_a_plan};

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 10)];

/// Eight statements on a small shop, as the demo shows them.
fn shop() -> Model {
    let text = include_str!("../../../cli/src/demo/recorded.json");
    Model::new(report(&[("recorded.json", text)]))
}

/// Two statements.
fn two(first: &str, second: &str) -> Model {
    let text = |path: &str| perf_look_fixtures::named(&format!("postgres/{path}"));
    Model::new(report(&[("first.json", &text(first)), ("second.json", &text(second))]))
}

/// A nested loop before and after an index was made.
fn reindexed() -> Model {
    let text = |name: &str| perf_look_fixtures::named(&format!("postgres/nested-loop-rescans-inner/{name}"));
    let before = report(&[("before.json", &text("fires.json"))]);
    Model::new(report(&[("after.json", &text("quiet-index.json"))])).compared_with(before)
}

/// A page of a script that forces layouts.
fn forced() -> Model {
    Model::new(report(&[("page", &perf_look_fixtures::named("web/layout-forced/fires.json"))]))
}

/// A page whose capture has the code of its places.
fn with_code() -> Model {
    Model::new(report(&[("page", &perf_look_fixtures::named("web/captures/code.json"))]))
}

/// A page with rules that are there twice.
fn sheets() -> Model {
    Model::new(report(&[("page", &perf_look_fixtures::named("web/captures/sheets.json"))]))
}

/// A page with selectors that were held against many elements.
fn styles() -> Model {
    Model::new(report(&[("page", &perf_look_fixtures::named("web/captures/styles.json"))]))
}

/// A page and a statement in one report.
fn page_and_plan() -> Model {
    let plan = perf_look_fixtures::named("postgres/plans/tpch-q17.json");
    let page = perf_look_fixtures::named("web/captures/bad-selectors.json");
    Model::new(report(&[("plan.json", &plan), ("page.json", &page)]))
}

/// The screen after some keys, in all sizes.
fn shown(model: &Model, keys: &str, glyphs: Glyphs) -> String {
    let mut text = String::new();
    for size in SIZES {
        let mut person = Person::new(model.clone(), size);
        person.press(keys);
        let _ = writeln!(text, "{} x {}, after {keys:?}", grouped(size.0.into()), size.1);
        text.push_str(&person.screen(glyphs));
        text.push('\n');
    }
    text
}

macro_rules! screens {
    ($($name:ident: $model:expr, $keys:literal, $glyphs:ident;)+) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(shown(&$model, $keys, Glyphs::$glyphs));
        })+
    };
}

screens! {
    findings_in_unicode: shop(), "", Unicode;
    findings_in_basic: shop(), "", Basic;
    findings_in_ascii: shop(), "", Ascii;
    no_findings_in_unicode: fixture("plans/cte-scan.json"), "", Unicode;
    rules_in_unicode: fixture("plans/option-no-analyze.json"), "p", Unicode;
    plan_in_unicode: fixture("plans/tpch-q17.json"), "enter", Unicode;
    plan_in_basic: fixture("plans/tpch-q17.json"), "enter", Basic;
    plan_in_ascii: fixture("plans/tpch-q17.json"), "enter", Ascii;
    plan_of_workers_in_unicode: fixture("plans/gather-merge.json"), "2 j j", Unicode;
    plan_not_run_in_unicode: fixture("plans/option-no-analyze.json"), "2", Unicode;
    plan_sorted_in_unicode: fixture("plans/tpch-q17.json"), "2 s", Unicode;
    plan_folded_in_unicode: fixture("plans/tpch-q17.json"), "2 z M", Unicode;
    plan_read_in_unicode: fixture("plans/tpch-q17.json"), "2 tab j", Unicode;
    plan_searched_in_unicode: fixture("plans/tpch-q17.json"), "2 / s c a n", Unicode;
    plan_filtered_in_unicode: fixture("plans/tpch-q17.json"), "2 & p a r t enter", Unicode;
    flame_in_unicode: fixture("plans/tpch-q17.json"), "3", Unicode;
    flame_in_basic: fixture("plans/gather-merge.json"), "3", Basic;
    flame_in_ascii: fixture("plans/gather-merge.json"), "3 i x", Ascii;
    flame_zoomed_in_unicode: fixture("plans/cte-scan.json"), "3 k enter", Unicode;
    flame_top_in_unicode: fixture("plans/tpch-q17.json"), "3 T", Unicode;
    plan_by_buffers_in_unicode: fixture("plans/gather-merge.json"), "2 m m s", Unicode;
    plan_against_a_run_in_unicode: reindexed(), "2", Unicode;
    plan_by_class_in_unicode: fixture("plans/gather-merge.json"), "2 c", Unicode;
    sql_in_unicode: shop(), "4", Unicode;
    sql_in_basic: shop(), "4", Basic;
    sql_in_ascii: shop(), "4", Ascii;
    diff_without_a_baseline_in_unicode: fixture("plans/tpch-q17.json"), "5", Unicode;
    diff_in_unicode: reindexed(), "5", Unicode;
    diff_in_basic: reindexed(), "5 v v", Basic;
    diff_in_ascii: reindexed(), "5", Ascii;
    diff_of_the_same_in_unicode: two("plans/cte-scan.json", "plans/cte-scan.json"), "b ) 5", Unicode;
    stats_in_unicode: fixture("plans/tpch-q17.json"), "6", Unicode;
    stats_in_basic: fixture("plans/tpch-q17.json"), "6", Basic;
    stats_in_ascii: fixture("plans/tpch-q17.json"), "6 l", Ascii;
    raw_in_unicode: fixture("plans/update-trigger.json"), "7", Unicode;
    raw_in_basic: fixture("plans/update-trigger.json"), "7", Basic;
    raw_in_ascii: fixture("plans/update-trigger.json"), "7 k", Ascii;
    help_in_unicode: fixture("plans/tpch-q17.json"), "2 ?", Unicode;
    help_in_basic: fixture("plans/tpch-q17.json"), "3 ?", Basic;
    help_in_ascii: fixture("plans/tpch-q17.json"), "? / s o r t enter", Ascii;
    copy_menu_in_unicode: fixture("plans/tpch-q17.json"), "2 y", Unicode;
    export_path_in_unicode: fixture("plans/tpch-q17.json"), "2 e s", Unicode;
    names_of_all_kinds_in_unicode: fixture("plans/unicode-and-quoting.json"), "2", Unicode;
    nothing_at_all_in_unicode: Model::new(report(&[])), "", Unicode;
    page_findings_in_unicode: page(), "", Unicode;
    page_findings_in_ascii: page(), "", Ascii;
    page_selectors_in_unicode: page(), "enter", Unicode;
    page_selectors_in_ascii: page(), "2 s", Ascii;
    page_selectors_made_in_unicode: page(), "2 l", Unicode;
    page_queries_in_unicode: page(), "2 h", Unicode;
    page_matching_in_unicode: styles(), "3", Unicode;
    page_sheets_in_unicode: sheets(), "3 l", Unicode;
    page_css_extremes_in_unicode: sheets(), "3 l l", Unicode;
    page_css_twice_in_unicode: sheets(), "3 h", Unicode;
    page_css_not_measured_in_unicode: page(), "3", Unicode;
    page_tasks_in_unicode: page(), "4", Unicode;
    page_forced_layouts_in_unicode: forced(), "4 l", Unicode;
    page_flame_in_unicode: page(), "5", Unicode;
    page_flame_in_ascii: page(), "5 j j enter i T", Ascii;
    page_metrics_in_unicode: page(), "6 & p a i n t enter", Unicode;
    page_passes_in_unicode: page(), "6 l", Unicode;
    page_requests_in_unicode: page(), "6 l l l", Unicode;
    page_source_in_unicode: with_code(), "c", Unicode;
    page_source_in_ascii: with_code(), "c", Ascii;
    page_source_not_kept_in_unicode: page(), "c", Unicode;
    page_help_in_unicode: page(), "2 ?", Unicode;
    page_and_plan_in_unicode: page_and_plan(), "", Unicode;
    server_statements_in_unicode: server(), "", Unicode;
    server_statements_in_basic: server(), "j s", Basic;
    server_statements_in_ascii: server_with_a_plan(), "", Ascii;
    server_sessions_in_unicode: server(), "l", Unicode;
    server_scans_in_unicode: server(), "2", Unicode;
    server_old_statistics_in_unicode: server(), "2 l", Unicode;
    server_unused_indexes_in_unicode: server(), "3", Unicode;
    server_duplicate_indexes_in_unicode: server(), "3 l", Unicode;
    server_foreign_keys_in_unicode: server(), "3 h", Unicode;
    server_notes_in_unicode: server(), "4", Unicode;
    server_without_findings_in_unicode: server(), "5", Unicode;
    server_not_counted_in_unicode: not_counted(), "", Unicode;
    server_help_in_unicode: server(), "?", Unicode;
}

/// The letter of a role.
fn letter(role: Role) -> char {
    let place = Role::ALL.iter().position(|known| *known == role).unwrap_or_default();
    let place = u8::try_from(place).unwrap_or_default();
    char::from(if place < 26 { b'A' + place } else { b'a' + place - 26 })
}

/// The role of each cell: a letter each, a dot for plain text.
fn roles(model: &Model, keys: &str) -> String {
    let mut person = Person::new(model.clone(), (80, 24));
    person.press(keys);
    let marked = |role: Role| match role {
        Role::Text => Style::new(),
        role => Style::new().fg(Color::Indexed(u8::try_from(letter(role)).unwrap_or_default())),
    };
    let buffer = person.buffer(&Theme::with(Glyphs::Unicode, marked));
    let mut text = String::new();
    for role in Role::ALL.iter().filter(|role| **role != Role::Text) {
        let _ = write!(text, "{}={role:?} ", letter(*role));
    }
    text.push('\n');
    for y in 0..buffer.area.height {
        let row = (0..buffer.area.width).map(|x| match buffer[(x, y)].fg {
            Color::Indexed(letter) => char::from(letter),
            _ => '.',
        });
        let row: String = row.collect();
        let _ = writeln!(text, "{}", row.trim_end_matches('.'));
    }
    text
}

#[test]
fn roles_of_findings() {
    insta::assert_snapshot!(roles(&shop(), ""));
}

#[test]
fn roles_of_plan() {
    insta::assert_snapshot!(roles(&fixture("plans/tpch-q17.json"), "2"));
}

#[test]
fn roles_of_flame() {
    insta::assert_snapshot!(roles(&fixture("plans/cte-scan.json"), "3"));
}

#[test]
fn roles_of_sql() {
    insta::assert_snapshot!(roles(&shop(), "4"));
}

#[test]
fn roles_of_diff() {
    insta::assert_snapshot!(roles(&reindexed(), "5"));
}

#[test]
fn roles_of_raw() {
    insta::assert_snapshot!(roles(&fixture("plans/update-trigger.json"), "7"));
}

#[test]
fn roles_of_stats() {
    insta::assert_snapshot!(roles(&fixture("plans/tpch-q17.json"), "6"));
}

#[test]
fn roles_of_help() {
    insta::assert_snapshot!(roles(&fixture("plans/tpch-q17.json"), "?"));
}
