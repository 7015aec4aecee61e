//! Comparisons in each format, as a reader gets them.

use insta::assert_snapshot;
use perf_look_analyzers::flame::{Differential, Measure, Widths};
use perf_look_analyzers::{Comparison, Policy, Report, input};
use perf_look_render::{ComparisonFormat, Style, comparison_schema, flamegraph, render_comparison};

const BEFORE: &str = "\
Nested Loop  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..92.000 rows=10 loops=1)
  ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..1.000 rows=10 loops=1)
        Filter: (region = 'north'::text)
        Rows Removed by Filter: 90
  ->  Seq Scan on orders o  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..9.000 rows=1 loops=10)
        Filter: ((total > 10) AND (customer_id = c.id))
        Rows Removed by Filter: 99999
Planning Time: 0.200 ms
Execution Time: 92.100 ms
";

const AFTER: &str = "\
Sort  (cost=0.29..8.31 rows=1 width=8) (actual time=2.100..2.300 rows=10 loops=1)
  Sort Key: o.total
  ->  Nested Loop  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..2.000 rows=10 loops=1)
        ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..1.000 rows=10 loops=1)
              Filter: (region = 'north'::text)
              Rows Removed by Filter: 190
        ->  Index Scan using orders_customer on orders o  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..0.050 rows=1 loops=10)
              Index Cond: (customer_id = c.id)
              Filter: (total > 10)
Planning Time: 0.300 ms
Execution Time: 2.400 ms
";

fn report(name: &str, text: &str) -> Report {
    Report::of(input::read(name, text).unwrap().subjects, &Policy::default())
}

fn comparison() -> Comparison {
    Comparison::of(report("before.txt", BEFORE), report("after.txt", AFTER))
}

fn rendered(comparison: &Comparison, format: ComparisonFormat, style: Style) -> String {
    let mut out = Vec::new();
    render_comparison(comparison, format, &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_shows_the_steps_side_by_side() {
    assert_snapshot!(rendered(
        &comparison(),
        ComparisonFormat::Text,
        Style { color: false, width: 100, unicode: true }
    ));
}

#[test]
fn narrow_text_without_unicode_is_ascii() {
    let text = rendered(&comparison(), ComparisonFormat::Text, Style { color: false, width: 60, unicode: false });
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 60), "{text}");
    assert_snapshot!(text);
}

#[test]
fn markdown_shows_what_changed() {
    assert_snapshot!(rendered(
        &comparison(),
        ComparisonFormat::Markdown,
        Style { color: false, width: 80, unicode: true }
    ));
}

#[test]
fn a_trigger_that_took_the_time_is_what_changed_most() {
    let plan = |trigger: &str, execution: &str| {
        format!(
            "Delete on t  (cost=0.00..1.00 rows=0 width=0) (actual time=0.200..0.200 rows=0 loops=1)\n\
             \x20 ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=6) (actual time=0.010..0.100 rows=20 loops=1)\n\
             Planning Time: 0.100 ms\nTrigger fk|x on t: time={trigger} calls=20\nExecution Time: {execution} ms\n"
        )
    };
    let comparison = Comparison::of(report("a", &plan("600.000", "600.300")), report("b", &plan("2.000", "2.300")));
    let style = Style { color: false, width: 80, unicode: true };
    let text = rendered(&comparison, ComparisonFormat::Text, style);
    assert!(text.contains("most of it: Trigger fk|x on t, -598 ms"), "{text}");
    let markdown = rendered(&comparison, ComparisonFormat::Markdown, style);
    assert!(markdown.contains("- Trigger fk\\|x on t: 600 ms before, 2.00 ms after, -598 ms"), "{markdown}");
    assert_snapshot!(text);
}

#[test]
fn buffers_stand_beside_times_where_there_is_room_and_alone_where_there_are_no_times() {
    let timed = |time: &str, hits: u32| {
        format!(
            "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual {time}rows=1 loops=1)\n  Buffers: shared hit={hits}\n"
        )
    };
    let text = |time: &str, width: usize| {
        let comparison = Comparison::of(report("a", &timed(time, 1280)), report("b", &timed(time, 1)));
        rendered(&comparison, ComparisonFormat::Text, Style { color: false, width, unicode: true })
    };
    assert!(text("time=0.010..1.000 ", 100).contains("10 MiB→8 KiB  #1 Seq Scan on t"));
    assert!(!text("time=0.010..1.000 ", 80).contains("MiB"));
    let untimed = text("", 80);
    assert!(untimed.contains("10 MiB→8 KiB  #1 Seq Scan on t") && !untimed.contains("self ms"), "{untimed}");
    let other = timed("", 0).replace("Seq Scan on t", "Index Scan using i on t");
    let comparison = Comparison::of(report("a", &timed("", 1280)), report("b", &other));
    let markdown = rendered(&comparison, ComparisonFormat::Markdown, Style { color: false, width: 80, unicode: true });
    assert!(markdown.contains("| access path | not timed | 1 | 10 MiB → 0 KiB |"), "{markdown}");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(comparison_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (before, after) in [(BEFORE, AFTER), (AFTER, BEFORE), (AFTER, AFTER)] {
        let comparison = Comparison::of(report("before.txt", before), report("after.txt", after));
        let json = rendered(&comparison, ComparisonFormat::Json, Style { color: false, width: 80, unicode: true });
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        // Each step's difference is what its two sides say.
        for step in json["statements"][0]["steps"].as_array().unwrap() {
            let own = |side: &str| step[side]["self_ms"].as_f64().unwrap_or(0.0);
            let delta = step["delta_ms"].as_f64().unwrap();
            assert!((own("after") - own("before") - delta).abs() < 0.0015, "{step}");
        }
    }
}

#[test]
fn names_of_others_cannot_inject_anything() {
    let hostile = BEFORE.replace("orders o", "\"or\u{1b}[31m|<b>\" o");
    let comparison = Comparison::of(report("before", &hostile), report("after", AFTER));
    let text = rendered(&comparison, ComparisonFormat::Text, Style { color: false, width: 80, unicode: true });
    assert!(!text.contains('\u{1b}'), "{text}");
    let markdown = rendered(&comparison, ComparisonFormat::Markdown, Style { color: false, width: 80, unicode: true });
    assert!(!markdown.contains("<b>") && !markdown.contains('\u{1b}'), "{markdown}");
}

fn differential(before: &str, after: &str) -> Differential {
    let comparison = Comparison::of(report("before.txt", before), report("after.txt", after));
    Differential::of(&comparison, &comparison.differences[0], Measure::Wall).unwrap()
}

#[test]
fn a_differential_counts_both_sides_whole() {
    for (before, after) in [(BEFORE, AFTER), (AFTER, BEFORE)] {
        let mut out = Vec::new();
        flamegraph::differential_folded(&differential(before, after), &mut out).unwrap();
        let folded = String::from_utf8(out).unwrap();
        let sum = |column: usize| -> u64 {
            folded.lines().map(|line| line.rsplit(' ').nth(column).unwrap().parse::<u64>().unwrap()).sum()
        };
        let whole = |text: &str| if text == BEFORE { 92_300 } else { 2_700 };
        assert_eq!((sum(1), sum(0)), (whole(before), whole(after)), "{folded}");
    }
}

#[test]
fn frames_that_vanish_stay_to_be_seen() {
    let mut out = Vec::new();
    let gone = differential(AFTER, BEFORE);
    flamegraph::differential_svg("q", &gone, Widths::Larger, &mut out).unwrap();
    let svg = String::from_utf8(out).unwrap();
    let titles: Vec<&str> = svg.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next()).collect();
    assert_snapshot!(titles.join("\n"));
}

#[test]
fn the_sign_of_a_cost_stands_before_its_number() {
    let plan = |cost: &str| format!("Seq Scan on t  (cost=0.00..{cost} rows=1 width=4)\n");
    let comparison = Comparison::of(report("a", &plan("200.00")), report("b", &plan("50.00")));
    let differential = Differential::of(&comparison, &comparison.differences[0], Measure::Cost).unwrap();
    let mut out = Vec::new();
    flamegraph::differential_svg("q", &differential, Widths::Larger, &mut out).unwrap();
    let svg = String::from_utf8(out).unwrap();
    assert!(svg.contains("#1 Seq Scan on t cost -150") && !svg.contains("-cost"), "{svg}");
}

/// A chain of so many nodes, each with as much time of its own.
fn chain(nodes: usize, each: f64) -> String {
    let node = |depth: usize| {
        let arrow = if depth == 0 { String::new() } else { format!("{}->  ", " ".repeat(depth * 6 - 4)) };
        let total = each * (nodes - depth) as f64;
        format!("{arrow}Materialize  (cost=0.00..1.00 rows=1 width=8) (actual time=0.000..{total:.3} rows=1 loops=1)\n")
    };
    format!("{}Execution Time: {:.3} ms\n", (0..nodes).map(node).collect::<String>(), each * nodes as f64)
}

#[test]
fn what_is_too_deep_to_be_drawn_is_counted_to_what_is_not() {
    let differential = differential(&chain(700, 1.0), &chain(700, 2.0));
    let mut out = Vec::new();
    flamegraph::differential_folded(&differential, &mut out).unwrap();
    let folded = String::from_utf8(out).unwrap();
    let sum = |column: usize| -> u64 {
        folded.lines().map(|line| line.rsplit(' ').nth(column).unwrap().parse::<u64>().unwrap()).sum()
    };
    assert_eq!((sum(1), sum(0)), (700_000, 1_400_000));
    let mut svg = Vec::new();
    flamegraph::differential_svg("q", &differential, Widths::Larger, &mut svg).unwrap();
    assert!(String::from_utf8(svg).unwrap().contains("(1,400,000 us, 100%)"));
}

#[test]
fn blocks_do_not_vary_with_the_clock() {
    let run = |number: usize, blocks: usize| {
        let explain = format!(
            "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..{number}.000 rows=1 loops=1)\n\
             \x20 Buffers: shared hit={blocks}\nExecution Time: {number}.000 ms"
        );
        serde_json::json!({ "number": number, "explain": explain })
    };
    let capture = |blocks: usize| {
        serde_json::json!({ "schema": "perf-look.capture/1", "perf_look": "0.1.0",
            "statements": [{ "name": "q", "query": "SELECT 1", "runs": [run(1, blocks), run(2, blocks), run(3, blocks)] }] })
        .to_string()
    };
    let comparison = Comparison::of(report("before", &capture(1000)), report("after", &capture(10)));
    let picture = |measure: Measure| {
        let differential = Differential::of(&comparison, &comparison.differences[0], measure).unwrap();
        let mut out = Vec::new();
        flamegraph::differential_svg("q", &differential, Widths::Larger, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(picture(Measure::Wall).contains("the runs overlap: within noise"));
    let blocks = picture(Measure::Buffers);
    assert!(
        blocks.contains("#1 Seq Scan on t -7.73 MiB") || blocks.contains("#1 Seq Scan on t -990 blocks"),
        "{blocks}"
    );
    assert!(!blocks.contains("noise:") && !blocks.contains("the runs overlap"), "{blocks}");
}
