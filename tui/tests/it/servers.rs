//! A server on the screen: from its statements to their plans and back, and that no name of it does harm.

use perf_look_tui::action::What;
use perf_look_tui::{Effect, Glyphs, Model, Screen};

use crate::hostile::{HOSTILE, look_at_all};
use crate::support::{Person, report, server, server_with_a_plan};

fn someone(model: Model) -> Person {
    Person::new(model, (120, 40))
}

#[test]
fn a_server_opens_on_its_worst_statement() {
    let person = someone(server());
    assert_eq!(person.state.screen, Screen::Statements);
    assert!(person.cursor_rows()[0].contains("select * from order_line"), "{:?}", person.cursor_rows());
}

#[test]
fn enter_asks_for_the_plan_of_the_selected_statement() {
    let mut person = someone(server());
    person.press("j enter");
    assert_eq!(person.effects, [Effect::Explain(1)]);
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("not looked at yet; Enter explains it"), "{screen}");
}

#[test]
fn a_statement_is_told_by_its_place_however_the_list_is_sorted_and_filtered() {
    let mut person = someone(server());
    let worst = &server().report().overview.as_ref().unwrap().statements().unwrap().worst.clone();
    let wanted = worst.iter().position(|row| row.query.contains("lower(email)")).unwrap();
    person.press("s s & l o w e r ( enter enter");
    assert_eq!(person.effects, [Effect::Explain(wanted)]);
}

#[test]
fn what_has_no_plan_is_not_asked_for() {
    let mut person = someone(server());
    person.press("& t a b l e enter enter");
    assert_eq!(person.effects, []);
    assert!(person.screen(Glyphs::Unicode).contains("it has no plan"), "{}", person.screen(Glyphs::Unicode));
}

#[test]
fn enter_shows_a_plan_that_is_there_and_esc_leads_back_to_its_statement() {
    let mut person = someone(server_with_a_plan());
    person.press("& p r o d u c t enter enter");
    assert_eq!((person.state.screen, person.effects.as_slice()), (Screen::Findings, &[][..]));
    assert!(person.screen(Glyphs::Unicode).contains("correlated-subplan"), "{}", person.screen(Glyphs::Unicode));
    person.press("2 esc");
    assert_eq!(person.state.screen, Screen::Findings);
    person.press("esc");
    assert_eq!(person.state.screen, Screen::Statements);
    assert!(person.cursor_rows()[0].contains("order by product_id"), "{:?}", person.cursor_rows());
    person.press("esc");
    assert!(person.screen(Glyphs::Unicode).contains("this is the top; q quits"));
}

#[test]
fn why_a_statement_has_no_plan_stays_beside_it() {
    let model = server();
    let id = model.report().overview.as_ref().unwrap().statements().unwrap().worst[0].id.clone();
    let person = someone(model.unexplained(id, "relation \"far\" does not exist".to_owned()));
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("failed") && screen.contains("relation \"far\" does not exist"), "{screen}");
}

#[test]
fn esc_leads_to_the_statements_from_every_screen_of_a_server() {
    for keys in ["2 l tab", "3 ? / x", "4 & x enter", "5", "2 / s c a n enter"] {
        let mut person = someone(server());
        person.press(keys).press("esc esc esc esc esc");
        assert_eq!(person.state.screen, Screen::Statements, "after {keys}");
        assert!(person.state.help.is_none() && person.state.prompt.is_none(), "after {keys}");
    }
}

#[test]
fn the_sql_that_mends_something_is_copied() {
    let mut person = someone(server());
    person.press("3 h y s 3 l y s 2 l l y s");
    let copied = person.effects.iter().map(|effect| match effect {
        Effect::Copy { text, what: What::Sql } => text.as_str(),
        other => panic!("{other:?}"),
    });
    let copied: Vec<&str> = copied.collect();
    assert!(copied[0].starts_with("CREATE INDEX CONCURRENTLY ON") && copied[1].starts_with("DROP INDEX"), "{copied:?}");
    // A scan is no fault that one statement would mend.
    assert_eq!(copied.len(), 2);
}

#[test]
fn a_search_walks_through_the_statements() {
    let mut person = someone(server());
    person.press("/ c u s t o m e r enter");
    let first = person.cursor_rows();
    person.press("n");
    assert!(first[0].contains("c.city") && first != person.cursor_rows(), "{first:?}");
    person.press("esc n");
    assert!(person.screen(Glyphs::Unicode).contains("nothing is searched"));
}

#[test]
fn the_server_is_asked_again_by_a_key() {
    let mut person = someone(server());
    person.press("2 r");
    assert_eq!(person.effects, [Effect::Look]);
}

#[test]
fn hostile_names_of_a_server_are_shown_and_do_nothing() {
    let text = perf_look_fixtures::named("overview/shop.json");
    for name in HOSTILE {
        let escaped: String = name.chars().map(escaped).collect();
        let hostile = text.replace("orders", &escaped).replace("order_line", &escaped);
        let model = Model::new(report(&[("x", &hostile)]));
        look_at_all(&model, &["1", "l", "2", "l", "3", "l", "l", "4", "tab", "?"]);
    }
}

/// As JSON has it.
fn escaped(c: char) -> String {
    if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }
}
