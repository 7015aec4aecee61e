//! Text that wants to do something to the terminal is shown and does nothing; all text stays in its place.

use perf_look_analyzers::safe::is_hostile;
use perf_look_tui::{Depth, Glyphs, Model, Screen, Theme};
use proptest::prelude::*;
use ratatui::buffer::CellWidth as _;

use crate::support::{Person, report};

pub(crate) const HOSTILE: &[&str] = &[
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]52;c;cm0gLXJm\u{7}",
    "\u{1b}[2J\u{1b}[31m",
    "\u{9b}31m",
    "a\rb\nc\td\u{8}",
    "\u{202e}desrever\u{202c}",
    "\u{200b}\u{ad}\u{2028}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}",
    "表👩‍👩‍👧🇩🇪",
    "עברית العربية",
    "ﾞｶﾞ",
];

/// A plan in which everything that can be named has this name.
fn plan(name: &str) -> String {
    let name = serde_json_string(name);
    format!(
        "[{{\"Plan\": {{\"Node Type\": {name}, \"Relation Name\": {name}, \"Alias\": {name}, \"Schema\": {name}, \
         \"Index Name\": {name}, \"Subplan Name\": {name}, \"Filter\": {name}, {name}: {name}, \
         \"Startup Cost\": 1.0, \"Total Cost\": 2.0, \"Plan Rows\": 1, \"Plan Width\": 1}}, \
         \"Query Text\": {name}}}]"
    )
}

fn serde_json_string(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Each row is as wide as the terminal, and no cell holds what a terminal would obey.
fn check(person: &Person, glyphs: Glyphs) {
    let buffer = person.buffer(&Theme::new(Depth::None, glyphs));
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            assert!(!symbol.chars().any(is_hostile), "row {y}: {symbol:?}");
            x += symbol.cell_width().max(1);
        }
        assert_eq!(x, buffer.area.width, "row {y} is not as wide as the terminal");
        if glyphs == Glyphs::Ascii {
            let drawn = |c: char| "─│┌┐└┘█▏▲▼…→▾▸·⋯".contains(c);
            assert!(!(0..buffer.area.width).any(|x| buffer[(x, y)].symbol().chars().any(drawn)));
        }
    }
}

fn look_everywhere(model: &Model) {
    look_at_all(model, &["1", "2", "3", "4", "5", "6", "l", "l", "7", "tab", "?"]);
}

/// The screen after each of the keys.
pub(crate) fn look_at_all(model: &Model, pressed: &[&str]) {
    for size in [(120, 40), (80, 24), (40, 10), (21, 5)] {
        let mut person = Person::new(model.clone(), size);
        for keys in pressed {
            person.press(keys);
            for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                check(&person, glyphs);
            }
        }
    }
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    for name in HOSTILE {
        let model = Model::new(report(&[(name, &plan(name))]));
        look_everywhere(&model);
    }
}

#[test]
fn an_escape_code_in_a_name_can_be_seen() {
    let mut person = Person::new(Model::new(report(&[("x", &plan("\u{1b}[31m"))])), (120, 40));
    person.press("2");
    assert!(person.screen(Glyphs::Unicode).contains("␛[31m"));
    assert!(person.screen(Glyphs::Ascii).contains("\\x1b[31m"));
}

#[test]
fn a_hostile_copy_is_word_for_word_and_says_so() {
    let mut person = Person::new(Model::new(report(&[("x", &plan("\u{1b}[31m"))])), (120, 40));
    person.press("2 y s");
    assert_eq!(person.state.screen, Screen::Plan);
    assert!(format!("{:?}", person.effects).contains("\\u{1b}[31m"));
    assert!(person.screen(Glyphs::Unicode).contains("it holds control characters"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_as_wide_as_the_terminal(pieces in prop::collection::vec(prop::sample::select(HOSTILE), 1..6), letters in "[a-z표表é ]{0,12}") {
        let name = pieces.concat() + &letters;
        let model = Model::new(report(&[(&name, &plan(&name))]));
        look_everywhere(&model);
    }
}
