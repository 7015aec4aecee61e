//! What keys do, as somebody sees it.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::Measure;
use perf_look_tui::action::{Existing, Format, What};
use perf_look_tui::keys::{bindings, printed};
use perf_look_tui::{Effect, Glyphs, Screen};

use crate::support::{Person, fixture};

fn q17() -> Person {
    Person::new(fixture("plans/tpch-q17.json"), (120, 40))
}

#[test]
fn it_opens_on_the_findings_with_the_worst_one_selected() {
    let person = q17();
    assert_eq!(person.state.screen, Screen::Findings);
    let rows = person.cursor_rows();
    assert!(rows[0].contains("ERROR") && rows[0].contains("correlated-subplan"), "{rows:?}");
    assert!(person.screen(Glyphs::Unicode).contains("CREATE INDEX ON lineitem (l_partkey);"));
}

#[test]
fn one_key_leads_from_a_finding_to_its_node() {
    let mut person = q17();
    person.press("enter");
    assert_eq!(person.state.screen, Screen::Plan);
    assert!(person.cursor_rows()[0].contains("SubPlan 1: Aggregate"));
}

#[test]
fn the_slow_node_and_its_advice_are_within_three_keys() {
    let mut person = q17();
    person.press("H");
    assert!(person.cursor_rows()[0].contains("Seq Scan on lineitem lineitem_1"), "{:?}", person.cursor_rows());
    person.press("n");
    assert!(person.screen(Glyphs::Unicode).contains("CREATE INDEX ON lineitem (l_partkey);"));
}

#[test]
fn n_walks_the_findings_round_and_takes_the_node_along() {
    let mut person = Person::new(fixture("many-index-searches/fires.json"), (120, 40));
    person.press("2 n");
    assert!(person.cursor_rows()[0].contains("Seq Scan on days"), "{:?}", person.cursor_rows());
    person.press("n");
    assert!(person.cursor_rows()[0].contains("Index Scan using readings_sensor_day_idx"));
}

#[test]
fn a_folded_node_hides_what_is_below_and_search_opens_it_again() {
    let mut person = q17();
    person.press("2 g g j z M");
    assert_eq!(person.state.rows.nodes(), 2);
    person.press("/ # 7 enter");
    assert!(person.cursor_rows()[0].contains("lineitem_1"), "{:?}", person.cursor_rows());
}

#[test]
fn a_search_counts_and_n_goes_to_its_next_match() {
    let mut person = q17();
    person.press("2 g g j / s e q");
    assert!(person.screen(Glyphs::Unicode).contains("3 matches"));
    person.press("enter");
    assert!(person.cursor_rows()[0].contains("Seq Scan on lineitem"));
    person.press("n");
    assert!(person.cursor_rows()[0].contains("Seq Scan on part"));
    person.press("N N");
    assert!(person.cursor_rows()[0].contains("lineitem_1"));
}

#[test]
fn a_search_without_a_match_says_so() {
    let mut person = q17();
    person.press("2 / n o w h e r e enter");
    assert!(person.screen(Glyphs::Unicode).contains("nothing on this screen matches \"nowhere\""));
}

#[test]
fn a_filter_keeps_matches_and_the_nodes_above_them() {
    let mut person = q17();
    person.press("2 & p a r t enter");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("filter: part") && screen.contains("Seq Scan on part") && screen.contains("Hash Join"));
    person.press("esc");
    assert_eq!(person.state.rows.nodes(), 7);
}

#[test]
fn letters_typed_into_a_search_are_no_commands() {
    let mut person = q17();
    person.press("/ q");
    assert_eq!(person.effects, []);
    person.press("esc q");
    assert_eq!(person.effects, [Effect::Quit]);
}

#[test]
fn the_selection_can_be_walked_back() {
    let mut person = q17();
    person.press("2 g g j j j < <");
    let here = person.cursor_rows();
    assert!(here[0].contains("2 └ ▾ Hash Join") || here[0].contains("1 ▾ Aggregate"), "{here:?}");
}

#[test]
fn esc_leads_to_the_top_from_everywhere() {
    for keys in ["2 tab ? / x", "7 / s c a n enter tab", "2 & p a r t enter tab ?", "6 l e s", "5", "y", "3"] {
        let mut person = q17();
        person.press(keys).press("esc esc esc esc esc esc");
        assert_eq!(person.state.screen, Screen::Findings, "after {keys}");
        assert!(person.state.help.is_none() && person.state.prompt.is_none(), "after {keys}");
        assert!(person.screen(Glyphs::Unicode).contains("this is the top; q quits"), "after {keys}");
    }
}

#[test]
fn what_is_copied_is_word_for_word() {
    let mut person = q17();
    person.press("y a");
    let sql = "CREATE INDEX ON lineitem (l_partkey);".to_owned();
    assert_eq!(person.effects, [Effect::Copy { text: sql, what: What::Advice }]);
}

#[test]
fn an_export_shows_its_path_before_anything_is_written() {
    let mut person = q17();
    person.press("e s");
    assert_eq!(person.effects, []);
    assert!(person.screen(Glyphs::Unicode).contains("write to: tpch-q17.json.wall.svg"));
    person.press("enter");
    let (path, measure) = ("tpch-q17.json.wall.svg".to_owned(), Measure::Wall);
    assert_eq!(
        person.effects,
        [Effect::Export { subject: Of::Plan(0), format: Format::Svg, measure, path, existing: Existing::Keep }]
    );
}

#[test]
fn a_key_without_a_meaning_says_so() {
    let mut person = q17();
    person.press("2 z q");
    assert!(person.screen(Glyphs::Unicode).contains("zq does nothing here; ? shows the keys"));
}

#[test]
fn statements_are_switched_with_parentheses() {
    let text = include_str!("../../../cli/src/demo/recorded.json");
    let model = perf_look_tui::Model::new(crate::support::report(&[("recorded.json", text)]));
    let mut person = Person::new(model, (120, 40));
    let first = person.state.subject;
    person.press("2 )");
    assert_ne!(person.state.subject, first);
    assert!(person.screen(Glyphs::Unicode).contains("statement 3 of 8"));
    person.press("(");
    assert_eq!(person.state.subject, first);
}

#[test]
fn a_measure_that_the_plan_lacks_says_why() {
    let mut person = Person::new(fixture("plans/delete-fk-cascade.json"), (160, 40));
    person.press("2");
    let mut said = String::new();
    for _ in 0..6 {
        said.push_str(&person.press("m").screen(Glyphs::Unicode));
    }
    assert!(said.contains("I/O was not timed; set track_io_timing = on"), "{said}");
}

#[test]
fn the_flame_goes_to_the_frame_of_the_node_and_back() {
    let mut person = q17();
    person.press("2 g g j j 3");
    assert!(person.screen(Glyphs::Unicode).contains("#2 Hash Join"));
    person.press("j enter");
    let zoomed = person.screen(Glyphs::Unicode);
    assert!(zoomed.contains("zoom: #6"), "{zoomed}");
    person.press("esc 0 2");
    assert!(person.cursor_rows()[0].contains("SubPlan 1"), "{:?}", person.cursor_rows());
}

#[test]
fn the_clause_of_the_worst_finding_is_one_key_away() {
    let text = include_str!("../../../cli/src/demo/recorded.json");
    let model = perf_look_tui::Model::new(crate::support::report(&[("recorded.json", text)]));
    let mut person = Person::new(model, (120, 40));
    person.press("4");
    assert!(person.cursor_rows()[0].contains("[count(*)]"), "{:?}", person.cursor_rows());
    person.press("l");
    let row = person.cursor_rows();
    assert!(row[0].contains("FROM [orders AS o]") && row[0].contains("[o.customer_id ="), "{row:?}");
}

#[test]
fn diff_without_a_baseline_says_how_to_make_one() {
    let mut person = q17();
    person.press("5");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("keeps this statement as the baseline"), "{screen}");
    person.press("b");
    assert!(person.screen(Glyphs::Unicode).contains("Go to another one with )"));
}

#[test]
fn a_pinned_statement_is_compared_with_the_one_that_is_selected() {
    let text = |name: &str| perf_look_fixtures::named(&format!("postgres/correlated-subplan/{name}.json"));
    let report = crate::support::report(&[("a", &text("fires")), ("b", &text("quiet-joined"))]);
    let mut person = Person::new(perf_look_tui::Model::new(report), (120, 40));
    person.press("b ) 5");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("179 ms before, 6.53 ms after, -96.3 %; single run, no noise estimate"), "{screen}");
    assert!(screen.contains("fixed      db/correlated-subplan"), "{screen}");
}

#[test]
fn earlier_runs_can_be_compared_with() {
    let run = |ms: &str| {
        let plan = format!(
            "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..{ms} rows=1 loops=1)\nExecution Time: {ms} ms"
        );
        crate::support::report(&[("t.sql", &plan)])
    };
    let model = perf_look_tui::Model::new(run("40.000")).followed_by(run("30.000")).followed_by(run("20.000"));
    let mut person = Person::new(model, (120, 40));
    let shows = |person: &Person, words: &str| {
        let screen = person.screen(Glyphs::Unicode);
        assert!(screen.contains(words), "{words} is not in {screen}");
    };
    person.press("5");
    shows(&person, "30.0 ms before, 20.0 ms after");
    person.press("{");
    shows(&person, "40.0 ms before, 20.0 ms after");
    shows(&person, "5 compares with run 1 of 3");
    person.press("j");
    shows(&person, "run 1 of 3   show: ");
    person.press("{ } j");
    shows(&person, "30.0 ms before, 20.0 ms after");
    shows(&person, "run 2 of 3   show: ");
    shows(&person, "{ earlier run");
    let mut alone = Person::new(perf_look_tui::Model::new(run("40.000")), (120, 40));
    alone.press("{");
    shows(&alone, "there is no earlier run");
}

#[test]
fn another_run_of_the_statement_keeps_the_place() {
    let mut person = q17();
    person.press("2 G k k c");
    let (here, state) = (person.cursor_rows(), person.state.on(&person.model));
    assert!(here[0].contains("lineitem_1"), "{here:?}");
    person.state = state;
    assert_eq!(person.cursor_rows(), here);
    assert_eq!(person.state.screen, Screen::Plan);
}

#[test]
fn only_what_is_on_the_screen_is_put_together() {
    let text = large_plan(2_000);
    let model = perf_look_tui::Model::new(crate::support::report(&[("large.json", &text)]));
    let mut person = Person::new(model, (120, 40));
    for keys in ["", "2", "G", "ctrl-u", "7", "6", "1"] {
        person.press(keys);
        let theme = perf_look_tui::Theme::new(perf_look_tui::Depth::None, Glyphs::Unicode);
        let area = ratatui::layout::Rect::new(0, 0, 120, 40);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        let drawn = perf_look_tui::draw(&person.state, &person.model, &theme, &mut buffer);
        assert!(drawn.rows <= 42, "{} rows after {keys:?}", drawn.rows);
    }
}

/// An Append over many scans.
fn large_plan(nodes: usize) -> String {
    let scan = |number: usize| {
        format!(
            "{{\"Node Type\": \"Seq Scan\", \"Relation Name\": \"part_{number}\", \"Alias\": \"part_{number}\", \
             \"Actual Startup Time\": 0.010, \"Actual Total Time\": 0.100, \"Actual Rows\": 10, \"Actual Loops\": 1}}"
        )
    };
    let scans: Vec<String> = (1..nodes).map(scan).collect();
    let total = nodes as f64 / 10.0;
    format!(
        "[{{\"Plan\": {{\"Node Type\": \"Append\", \"Actual Startup Time\": 0.010, \"Actual Total Time\": {total}, \
         \"Actual Rows\": 10, \"Actual Loops\": 1, \"Plans\": [{}]}}, \"Execution Time\": {total}}}]",
        scans.join(", ")
    )
}

#[test]
fn the_help_of_every_screen_has_every_key_of_it() {
    for screen in 1..=7 {
        let mut person = Person::new(fixture("plans/tpch-q17.json"), (80, 300));
        person.press(&format!("{screen} ?"));
        let help = person.screen(Glyphs::Unicode);
        for binding in
            bindings().filter(|binding| binding.on.contains(&perf_look_tui::action::Context::On(person.state.screen)))
        {
            assert!(help.contains(&printed(binding.keys[0])), "{} on screen {screen}", binding.keys[0]);
            let words: String = binding.help.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
            assert!(help.contains(&words), "{words:?} on screen {screen}");
        }
    }
}

#[test]
fn the_keys_in_the_readme_are_those_of_the_table() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap_or_default();
    let table = perf_look_tui::keys::markdown();
    assert!(readme.contains(&table), "put what cargo run -p perf-look-tui --example keys prints into README");
}

#[test]
fn hints_are_never_cut_and_help_is_the_last_to_go() {
    for columns in 20..=160 {
        let person = Person::new(fixture("plans/tpch-q17.json"), (columns, 24));
        let screen = person.screen(Glyphs::Unicode);
        let footer = screen.lines().last().unwrap_or_default().to_owned();
        assert!(footer.contains("? help"), "{columns}: {footer}");
        assert!(!footer.contains('…'), "{columns}: {footer}");
    }
}

#[test]
fn n_walks_the_changes_of_a_difference() {
    let text = |name: &str| perf_look_fixtures::named(&format!("postgres/correlated-subplan/{name}.json"));
    let report = crate::support::report(&[("a", &text("fires")), ("b", &text("quiet-joined"))]);
    let mut person = Person::new(perf_look_tui::Model::new(report), (120, 40));
    person.press("b ) 5 g g");
    let first = person.cursor_rows();
    person.press("n");
    assert_ne!(person.cursor_rows(), first);
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("change 2 of "), "{screen}");
    person.press("N N");
    let screen = person.screen(Glyphs::Unicode);
    assert_eq!(person.state.scroll(Screen::Diff).cursor + 1, person.state.diff.rows.len(), "{screen}");
}

#[test]
fn what_stands_around_the_selected_row_is_shown_too() {
    let plan = large_plan(100);
    let mut person = Person::new(perf_look_tui::Model::new(crate::support::report(&[("large", &plan)])), (80, 24));
    person.press("2 g g");
    for _ in 0..60 {
        person.press("j");
    }
    let (scroll, screen) = (person.state.scroll(Screen::Plan), person.screen(Glyphs::Unicode));
    let rows: Vec<&str> = screen.lines().collect();
    let cursor = rows.iter().position(|row| row.starts_with("│>")).unwrap();
    assert!(rows[cursor + 1].contains(" · ") && rows[cursor + 2].contains(" · "), "{screen}");
    person.press("k k k k k k k k k k k k k k k");
    assert_eq!(person.state.scroll(Screen::Plan).cursor - person.state.scroll(Screen::Plan).top, 2, "{scroll:?}");
    person.press("G");
    assert_eq!(person.cursor_rows().len(), 1);
}

#[test]
fn nothing_to_read_is_not_offered() {
    let mut person = q17();
    person.press("5");
    let screen = person.screen(Glyphs::Unicode);
    assert!(!screen.contains("Tab to read"), "{screen}");
    assert!(!screen.contains("v all/changed") && !screen.contains("n next change"), "{screen}");
    assert!(screen.contains("│ There is nothing to compare"), "{screen}");
}

#[test]
fn sql_that_is_not_known_has_no_lines_to_count() {
    let mut person = Person::new(fixture("plans/delete-fk-cascade.json"), (120, 40));
    person.press("4");
    let screen = person.screen(Glyphs::Unicode);
    assert!(screen.contains("┌ SQL ────") && !screen.contains("─  ┐"), "{screen}");
}
