//! Any size, any keys, any plan: no panic, the selection stays on the screen, and Esc leads to the top.

use perf_look_tui::keys::bindings;
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
    let mut person = Person::new(Model::new(report(&[("a", &text), ("b", &text)])), (0, 0));
    for keys in ["1", "2", "3", "4", "5", "6", "7", "tab", "?", "esc 2 y", "esc / x", "esc .", "d", "d", "b ) 5", "3 x"]
    {
        resize(&mut person, (120, 40));
        person.press(keys);
        for columns in 0..=40 {
            for rows in 0..=15 {
                resize(&mut person, (columns, rows));
                person.buffer(&Theme::new(Depth::None, Glyphs::Unicode));
            }
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
    let trees = [Screen::Findings, Screen::Plan, Screen::Raw, Screen::Stats];
    if !has_list || !trees.contains(&person.state.screen) || person.state.size.1 < 16 {
        return;
    }
    let is_empty = match person.state.screen {
        Screen::Findings => person.state.listed.is_empty(),
        Screen::Stats => person.state.groups.is_empty(),
        _ => person.state.rows.is_empty(),
    };
    assert!(is_empty || !person.cursor_rows().is_empty(), "{}", person.screen(Glyphs::Unicode));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_do_no_harm(
        plan in prop::sample::select(PLANS),
        pressed in prop::collection::vec(prop::sample::select(keys()), 500),
        size in prop::sample::select(vec![(120, 40), (80, 24), (61, 17), (40, 10), (20, 4)]),
    ) {
        let mut person = Person::new(fixture(plan), size);
        for (place, key) in pressed.iter().enumerate() {
            person.press(key);
            if place % 10 == 0 {
                assert_selection_is_visible(&person);
            }
        }
        person.press("esc esc esc esc esc esc esc esc");
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
