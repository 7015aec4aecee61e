//! Any size, any keys, any plan: no panic, the selection stays on the screen, and Esc leads to the top.

use perf_look_tui::keys::bindings;
use perf_look_tui::lists::Table;
use perf_look_tui::{Action, Depth, Glyphs, Model, Screen, Theme, update};
use proptest::prelude::*;

use crate::support::{Person, fixture, report};

const PLANS: &[&str] = &[
    "plans/cte-scan.json",
    "plans/delete-fk-cascade.json",
    "plans/gather-merge.json",
    "plans/initplan.json",
    "plans/never-executed.json",
    "plans/option-no-analyze.json",
    "plans/tpch-q17.json",
    "plans/unicode-and-quoting.json",
    "plans/update-trigger.json",
];

fn resize(person: &mut Person, size: (u16, u16)) {
    update(&mut person.state, &person.model, Action::Resize(size.0, size.1));
}

#[test]
fn every_screen_is_drawn_at_every_size() {
    let text = perf_look_fixtures::named("postgres/plans/tpch-q17.json");
    let page = perf_look_fixtures::named("web/captures/bad-selectors.json");
    let mut person = Person::new(Model::new(report(&[("a", &text), ("b", &text)])), (0, 0));
    let mut on_page = Person::new(Model::new(report(&[("page", &page)])), (0, 0));
    for keys in ["1", "2", "l", "3", "4", "l", "5", "6", "tab", "?", "esc 2 y"] {
        draw_at_every_size(&mut on_page, keys);
    }
    for keys in ["1", "2", "3", "4", "5", "6", "7", "tab", "?", "esc 2 y", "esc / x", "esc .", "d", "d", "b ) 5", "3 x"]
    {
        draw_at_every_size(&mut person, keys);
    }
}

fn draw_at_every_size(person: &mut Person, keys: &str) {
    resize(person, (120, 40));
    person.press(keys);
    for columns in 0..=40 {
        for rows in 0..=15 {
            resize(person, (columns, rows));
            person.buffer(&Theme::new(Depth::None, Glyphs::Unicode));
        }
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    let person = Person::new(fixture("plans/tpch-q17.json"), (30, 3));
    assert_eq!(person.screen(Glyphs::Unicode).trim(), "too small, q quits");
}

/// Every key of the table, and some that mean nothing.
fn keys() -> Vec<String> {
    let spelled = bindings().flat_map(|binding| binding.keys).flat_map(|keys| keys.split(' ')).map(str::to_owned);
    let mut keys: Vec<String> = spelled.chain(["@", "ß", "表", "X"].map(str::to_owned)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Where the cursor is, it can be seen.
fn assert_selection_is_visible(person: &Person) {
    let has_list = person.state.help.is_none() && person.state.stroke.is_none();
    if !has_list || person.state.size.1 < 16 || person.state.size.0 < 60 {
        return;
    }
    let (is_empty, is_seen) = match person.state.screen {
        Screen::Findings => (person.state.listed.is_empty(), !person.cursor_rows().is_empty()),
        Screen::Plan | Screen::Raw => (person.state.rows.is_empty(), !person.cursor_rows().is_empty()),
        Screen::Stats => (person.state.groups.is_empty(), !person.cursor_rows().is_empty()),
        Screen::Source => (person.state.source.rows.is_empty(), !person.cursor_rows().is_empty()),
        Screen::Sql => (person.state.statement.rows.is_empty(), !person.cursor_rows().is_empty()),
        Screen::Diff => (person.state.diff.rows.is_empty(), !person.cursor_rows().is_empty()),
        // There the mark is at the left of a frame, above the details.
        Screen::Flame => {
            let screen = person.screen(Glyphs::Unicode);
            let panes = screen.lines().skip_while(|line| !line.starts_with('┌')).skip(1);
            let mut picture = panes.take_while(|line| !line.starts_with('┌'));
            let is_blank = person.state.flame.picture().is_none_or(|picture| picture.rows.is_empty());
            (is_blank, picture.any(|line| line.contains('>')))
        }
        // Lists of pages and of servers.
        screen => {
            let rows = person.state.tables.get(screen).map_or(&[][..], Table::rows);
            (rows.is_empty(), !person.cursor_rows().is_empty())
        }
    };
    assert!(is_empty || is_seen, "{}", person.screen(Glyphs::Unicode));
}

/// A step as EXPLAIN (FORMAT JSON) prints it, with any steps below it: timed, not run, or never executed.
fn step() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec!["Seq Scan", "Hash Join", "Sort", "Append", "Gather", "Nested Loop", "Odd 表"]);
    let name = prop::sample::select(vec!["orders", "表", "a_very_long_name_of_a_table_that_nobody_can_read", "x y"]);
    let leaf = (kind, name, 0_u32..1_000_000, 0_u32..100_000, 0_u32..5_000).prop_map(step_text);
    leaf.prop_recursive(6, 60, 8, |below| {
        (below.clone(), prop::collection::vec(below, 0..8)).prop_map(|(step, below)| {
            let step = step.trim_end_matches('}').to_owned();
            if below.is_empty() { step + "}" } else { format!("{step}, \"Plans\": [{}]}}", below.join(", ")) }
        })
    })
}

fn step_text((kind, name, rows, micros, loops): (&str, &str, u32, u32, u32)) -> String {
    let time = f64::from(micros) / 1000.0;
    format!(
        "{{\"Node Type\": \"{kind}\", \"Parent Relationship\": \"Outer\", \"Relation Name\": \"{name}\", \
         \"Alias\": \"{name}\", \"Startup Cost\": 0.5, \"Total Cost\": {time}, \"Plan Rows\": {rows}, \
         \"Plan Width\": 8, \"Actual Startup Time\": 0.001, \"Actual Total Time\": {time}, \"Actual Rows\": {rows}, \
         \"Actual Loops\": {loops}, \"Shared Hit Blocks\": {rows}, \"Shared Read Blocks\": {loops}}}"
    )
}

/// A fixture or two, two plans that nobody has seen, or a page.
fn plans() -> impl Strategy<Value = Vec<String>> {
    let plan = step().prop_map(|step| {
        format!("[{{\"Plan\": {step}, \"Planning Time\": 1.5, \"Execution Time\": 250.0, \"Query Text\": \"SELECT 1\\nFROM t\"}}]")
    });
    let fixture = prop::sample::select(PLANS).prop_map(|path| perf_look_fixtures::named(&format!("postgres/{path}")));
    let page = Just(perf_look_fixtures::named("web/captures/bad-selectors.json"));
    prop::collection::vec(prop_oneof![plan, fixture, page], 1..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_do_no_harm(
        plans in plans(),
        pressed in prop::collection::vec(prop::sample::select(keys()), 500),
        size in prop::sample::select(vec![(120, 40), (80, 24), (61, 17), (40, 10), (20, 4)]),
    ) {
        let named: Vec<(&str, &str)> = ["a", "b"].into_iter().zip(plans.iter().map(String::as_str)).collect();
        let mut person = Person::new(Model::new(report(&named)), size);
        for (place, key) in pressed.iter().enumerate() {
            person.press(key);
            if place % 10 == 0 {
                assert_selection_is_visible(&person);
            }
        }
        // A deep zoom goes back a frame at a time.
        for _ in 0..40 {
            person.press("esc");
        }
        prop_assert_eq!(person.state.screen, Screen::Findings);
    }
}

#[test]
fn every_fixture_can_be_looked_at() {
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        if file.extension().is_some_and(|ending| ending == "json") {
            look_at(&std::fs::read_to_string(&file).unwrap_or_default());
        }
    }
}

#[test]
fn plans_of_the_corpus_can_be_looked_at() {
    let Some(corpus) = perf_look_fixtures::corpus("plans_of_the_corpus_can_be_looked_at") else { return };
    // There are thousands: a tenth, always the same, is enough to see each kind.
    for file in perf_look_fixtures::files_below(&corpus.join("plans")).iter().step_by(10) {
        if let Ok(text) = std::fs::read_to_string(file) {
            look_at(&text);
        }
    }
}

fn look_at(text: &str) {
    if perf_look_analyzers::input::read("x", text).is_err() {
        return;
    }
    let mut person = Person::new(Model::new(report(&[("x", text)])), (80, 24));
    for keys in ["2 G H", "3", "4", "5", "6 l l", "7 G tab G"] {
        person.press(keys);
        assert_selection_is_visible(&person);
        person.buffer(&Theme::new(Depth::None, Glyphs::Ascii));
    }
}
