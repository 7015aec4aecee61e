//! A review: what is seen of targets, what keys decide, and what is asked of the world at its end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use perf_look_analyzers::Policy;
use perf_look_analyzers::gate::inputs::Relation;
use perf_look_analyzers::gate::observation::Kind;
use perf_look_analyzers::gate::outcome::Source;
use perf_look_analyzers::gate::waivers::{Date, Terms};
use perf_look_analyzers::gate::{Baseline, Decision, Inputs, Level, Limits, Observation, Outcome, State, decide};
use perf_look_analyzers::postgres::parse;
use perf_look_tui::keys::bindings;
use perf_look_tui::review::{Choice, Target};
use perf_look_tui::{Action, Effect, Glyphs, Model, Review};
use proptest::prelude::*;

use crate::hostile::{HOSTILE, look_at_all};
use crate::support::Person;

const INDEX: &str = "Sort  (cost=4.90..4.91 rows=6 width=8) (actual rows=6.00 loops=1)
  Sort Key: placed
  Buffers: shared hit=6
  ->  Index Scan using orders_customer on public.orders  (cost=0.29..4.80 rows=6 width=8) (actual rows=6.00 loops=1)
        Index Cond: (customer_id = 42)
        Buffers: shared hit=6";

const SCAN: &str = "Sort  (cost=398.10..398.11 rows=6 width=8) (actual rows=6.00 loops=1)
  Sort Key: placed
  Buffers: shared hit=148
  ->  Seq Scan on public.orders  (cost=0.00..398.00 rows=6 width=8) (actual rows=6.00 loops=1)
        Filter: (customer_id = 42)
        Rows Removed by Filter: 19994
        Buffers: shared hit=148";

fn source(line: usize) -> Source {
    let text = "select * from orders where customer_id = 42 order by placed".to_owned();
    Source { file: "queries/orders.sql".to_owned(), line, text }
}

fn observed(target: &str, plan: &str, indexes: &[&str]) -> Observation {
    let plan = parse::parse(plan).unwrap().plans.remove(0);
    let observed = Observation::of_plan(target.to_owned(), source(12), plan, &Policy::default());
    let indexes = indexes.iter().map(|name| ((*name).to_owned(), format!("CREATE INDEX {name}"))).collect();
    let table = Relation { indexes, rows: 20_000, pages: 148, ..Relation::default() };
    let inputs = Inputs { relations: [("public.orders".to_owned(), table)].into(), ..Inputs::default() };
    Observation { inputs, ..observed }
}

fn lost_index(target: &str) -> Target {
    let before = Baseline::of(&observed(target, INDEX, &["orders_customer", "orders_pkey"]), "the first").unwrap();
    let now = observed(target, SCAN, &["orders_pkey"]);
    let outcome = decide(&now, Some(&before), None, &Limits::default());
    Target { outcome, accepted: Some(before), measured: Baseline::of(&now, "not accepted").ok() }
}

fn new(target: &str) -> Target {
    let now = observed(target, INDEX, &["orders_customer"]);
    let outcome = decide(&now, None, None, &Limits::default());
    Target { outcome, accepted: None, measured: Baseline::of(&now, "not accepted").ok() }
}

/// A page whose rows each make a selector, and of which one count does not repeat.
fn page(target: &str) -> Target {
    let decision = Decision {
        id: "X1",
        level: Level::Fail,
        counter: "live_selectors".to_owned(),
        headline: "live selectors of one factory: 1 before, 150 now".to_owned(),
        reference: Some(1.0),
        value: Some(150.0),
        limit: Some(11.0),
        unit: "",
        place: Some("src/app/Row.jsx:20:14 BadRow".to_owned()),
        waived: None,
        fingerprint: "0123456789abcdef".to_owned(),
    };
    let outcome = Outcome {
        target: target.to_owned(),
        kind: Kind::Page,
        source: Source { file: "perf-look.toml".to_owned(), line: 31, text: "http://localhost:4173/cart".to_owned() },
        state: State::Regressed,
        decisions: vec![decision],
        causes: Vec::new(),
        notes: vec!["not judged, since it does not repeat: elements was 1,206 and 1,209".to_owned()],
        comparison: None,
    };
    Target { outcome, accepted: None, measured: None }
}

fn unmeasured(target: &str) -> Target {
    let why = "canceling statement due to statement timeout after 30 s".to_owned();
    let outcome = Outcome::unmeasured(target.to_owned(), Kind::Query, source(77), why);
    Target { outcome, accepted: None, measured: None }
}

fn model(targets: Vec<Target>) -> Model {
    Model::of_review(Review {
        headline: "2 of 9 targets regressed, 1 could not be measured, 1 without a baseline".to_owned(),
        targets,
        terms: Terms::on(Date::from_ordinal_date(2026, 325).unwrap()),
        until: "2027-02-19".to_owned(),
    })
}

fn rich() -> Model {
    model(vec![
        lost_index("statements/queries/orders.sql#of_customer@few"),
        page("shop/cart#open"),
        unmeasured("shop/stock.sql#all"),
        new("shop/orders.sql#newest"),
    ])
}

/// Types a line, and takes it.
fn say(person: &mut Person, words: &str) {
    for letter in words.chars() {
        let key = if letter == ' ' { "space".to_owned() } else { letter.to_string() };
        person.press(&key);
    }
    person.press("enter");
}

fn person() -> Person {
    Person::new(rich(), (120, 40))
}

#[track_caller]
fn assert_shows(person: &Person, words: &str) {
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains(words), "{words:?} is not on\n{screen}");
}

fn choices(person: &Person) -> Vec<Option<&str>> {
    person.state.review.as_ref().unwrap().choices.iter().map(|one| one.as_ref().map(Choice::word)).collect()
}

/// The screen after some keys, in three sizes; `_` stands for a line that is typed.
fn shown(keys: &str, glyphs: Glyphs) -> String {
    let mut text = String::new();
    for size in [(160, 50), (80, 24), (40, 10)] {
        let mut person = Person::new(rich(), size);
        for key in keys.split_whitespace() {
            if key == "_" {
                say(&mut person, "the list is longer now");
            } else {
                person.press(key);
            }
        }
        let _ = writeln!(text, "{} x {}, after {keys:?}", size.0, size.1);
        text.push_str(&person.screen(glyphs));
        text.push('\n');
    }
    text
}

macro_rules! screens {
    ($($name:ident: $keys:literal, $glyphs:ident;)+) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(shown($keys, Glyphs::$glyphs));
        })+
    };
}

screens! {
    review_in_unicode: "", Unicode;
    review_in_basic: "j", Basic;
    review_in_ascii: "j j", Ascii;
    review_read_in_unicode: "tab", Unicode;
    review_asks_in_unicode: "a", Unicode;
    review_with_a_wrong_answer_in_unicode: "w s o o n enter", Unicode;
    review_decided_in_unicode: "a _ w _ a n n enter enter s s", Unicode;
    review_searched_in_ascii: "/ c a r t enter", Ascii;
    review_that_is_left_in_unicode: "a _ w _ a n n enter enter r q", Unicode;
    review_that_is_left_in_ascii: "a _ r q", Ascii;
    review_help_in_unicode: "?", Unicode;
}

#[test]
fn a_target_is_accepted_with_a_reason_and_nothing_is_asked_of_the_world_before_the_end() {
    let mut person = person();
    person.press("a");
    say(&mut person, "");
    assert_shows(&person, "a reason is needed");
    say(&mut person, "longer now");
    assert_eq!(choices(&person), [Some("accept"), None, None, None]);
    person.press("q");
    assert_shows(&person, "Write this? y/n");
    assert!(person.effects.is_empty(), "{:?}", person.effects);
    person.press("y");
    let accept = Choice::Accept { reason: "longer now".to_owned() };
    let name = "statements/queries/orders.sql#of_customer@few".to_owned();
    assert_eq!(person.effects, [Effect::Settle(vec![(name, accept)])]);
    let effects = perf_look_tui::update(&mut person.state, &person.model, Action::Settled);
    assert_eq!(effects, [Effect::Quit]);
}

#[test]
fn a_waiver_asks_why_who_and_until_when_and_says_what_is_wrong() {
    let mut person = person();
    person.press("w");
    say(&mut person, "soon");
    assert_shows(&person, "the reason has 4 characters");
    person.press("ctrl-u");
    say(&mut person, "mended next week");
    say(&mut person, "");
    assert_shows(&person, "somebody has to take it on");
    say(&mut person, "ann");
    assert_shows(&person, "until when? 2027-02-19");
    for (day, wrong) in [("2027-13-01", "is no day"), ("2029-01-01", "is too far ahead"), ("2026-11-01", "is past")] {
        person.press("ctrl-u");
        say(&mut person, day);
        assert_shows(&person, wrong);
    }
    person.press("ctrl-u");
    say(&mut person, "2027-01-31");
    let waive = Choice::Waive {
        reason: "mended next week".to_owned(),
        owner: "ann".to_owned(),
        expires: "2027-01-31".to_owned(),
    };
    assert_eq!(person.state.review.as_ref().unwrap().choices[0], Some(waive));
}

#[test]
fn what_does_not_repeat_or_was_not_measured_is_not_accepted_and_what_does_not_fail_is_not_waived() {
    let mut person = person();
    person.press("j a");
    assert_shows(&person, "it cannot be accepted: its counters do not repeat");
    person.press("j a");
    assert_shows(&person, "it cannot be accepted: it was not measured");
    person.press("j w");
    assert_shows(&person, "there is nothing to waive: nothing fails");
    assert_eq!(choices(&person), [None; 4]);
}

#[test]
fn each_decision_leads_to_the_next_target_and_u_takes_them_back_one_by_one() {
    let mut person = person();
    person.press("s r s r");
    assert_eq!(choices(&person), [Some("skip"), Some("reject"), Some("skip"), Some("reject")]);
    assert_shows(&person, "all are decided, q shows what will be written");
    person.press("g g r u");
    assert_eq!(choices(&person)[0], Some("skip"));
    person.press("u u u u");
    assert_eq!(choices(&person), [None; 4]);
    person.press("u");
    assert_shows(&person, "nothing was decided yet");
}

#[test]
fn leaving_asks_only_where_something_would_be_written() {
    let mut person = person();
    person.press("s s q");
    assert_eq!(person.effects, [Effect::Quit]);
    let mut person = self::person();
    person.press("r q esc");
    assert_shows(&person, "1 of 4 decided");
    person.press("q ? q");
    assert_shows(&person, "Write this? y/n");
    assert!(person.effects.is_empty(), "{:?}", person.effects);
    person.press("n");
    assert_eq!(person.effects, [Effect::Quit]);
    let mut person = self::person();
    person.press("r ctrl-c ctrl-c");
    assert_eq!(person.effects, [Effect::Quit]);
}

#[test]
fn an_answer_that_is_forgotten_decides_nothing() {
    let mut person = person();
    person.press("a x esc w");
    say(&mut person, "mended next week");
    person.press("esc");
    assert_eq!(choices(&person), [None; 4]);
    person.press("a");
    say(&mut person, "longer now");
    assert_eq!(choices(&person)[0], Some("accept"));
}

#[test]
fn a_search_goes_to_targets_by_name_verdict_and_cause() {
    for (query, name) in [("cart", "shop/cart"), ("no baseline", "newest"), ("is gone", "of_customer"), ("X1", "cart")]
    {
        let mut person = person();
        person.press("G /");
        say(&mut person, query);
        let row = person.cursor_rows().concat();
        assert!(row.contains(name), "{query}: {row}");
    }
    let mut person = person();
    person.press("/");
    say(&mut person, "nowhere");
    assert_shows(&person, "no target matches");
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    for name in HOSTILE {
        let mut targets = vec![lost_index(name), page(name), unmeasured(name), new(name)];
        for target in &mut targets {
            target.outcome.source.text = (*name).to_owned();
            target.outcome.notes.push((*name).to_owned());
            for decision in &mut target.outcome.decisions {
                decision.place = Some((*name).to_owned());
            }
        }
        look_at_all(&model(targets), &["j", "tab", "G", "?", "esc", "esc", "/ x", "esc", "r", "q"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Whatever is pressed on whatever size: no panic, and something is written only behind the question.
    #[test]
    fn any_keys_on_any_size(keys in prop::collection::vec(0..200_usize, 0..60), columns in 1..170_u16, rows in 1..60_u16) {
        let known: Vec<&str> = bindings().flat_map(|binding| binding.keys).flat_map(|keys| keys.split(' ')).collect();
        let mut person = Person::new(rich(), (columns, rows));
        for key in keys {
            let asked = person.screen(Glyphs::Unicode).contains("Write this?") || columns < 60 || rows < 30;
            person.press(known[key % known.len()]);
            let writes = person.effects.iter().any(|effect| matches!(effect, Effect::Settle(_)));
            prop_assert!(asked || !writes);
            person.effects.clear();
            person.screen(Glyphs::Ascii);
        }
    }
}
