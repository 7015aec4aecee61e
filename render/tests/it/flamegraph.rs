//! Folded stacks add up to the report's times, and the picture holds nothing that it should not.

use std::collections::BTreeMap;

use perf_look_analyzers::flame::{Coloring, Flame, Measure};
use perf_look_analyzers::{Policy, Report, Subject, input};
use perf_look_render::flamegraph::{self, Unit};

fn subjects(text: &str) -> Vec<Subject> {
    input::read("plan.json", text).map(|input| input.subjects).unwrap_or_default()
}

fn report(path: &str) -> Report {
    Report::of(subjects(&perf_look_fixtures::named(path)), &Policy::default())
}

fn folded(flame: &Flame) -> String {
    let mut out = Vec::new();
    flamegraph::folded(flame, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn svg(report: &Report, measure: Measure, coloring: Coloring) -> String {
    let flame = Flame::of(&report.subjects[0], measure).unwrap();
    let mut out = Vec::new();
    flamegraph::svg(report, 0, &flame, coloring, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The counts by node number, read as any viewer reads them: the last word of the line is the count, `#n` names the node.
fn counts(folded: &str) -> BTreeMap<u32, u64> {
    let mut counts = BTreeMap::new();
    for line in folded.lines() {
        let (stack, count) = line.rsplit_once(' ').unwrap();
        let frame = stack.rsplit(';').next().unwrap();
        let number = frame.strip_prefix('#').and_then(|rest| rest.split(' ').next()?.parse().ok());
        *counts.entry(number.unwrap_or(0)).or_default() += count.parse::<u64>().unwrap();
    }
    counts
}

#[track_caller]
fn check(name: &str, subject: &Subject) -> usize {
    let mut drawn = 0;
    for flame in Measure::ALL.into_iter().filter_map(|measure| Flame::of(subject, measure).ok()) {
        let (unit, counts) = (Unit::of(&flame), counts(&folded(&flame)));
        for frame in flame.frames() {
            let Some(node) = frame.node else { continue };
            let counted = counts.get(&node.number()).copied().unwrap_or(0);
            assert_eq!(counted, unit.count(frame.own), "{name}: {} by {}", frame.label, flame.measure.name());
        }
        let whole: u64 = counts.values().sum();
        let off = whole.abs_diff(unit.count(flame.root().total));
        assert!(off <= flame.frames().len() as u64 / 2 + 1, "{name}: off by {off} {}", unit.name);
        assert!(whole <= 2_000_000 + flame.frames().len() as u64, "{name}: {whole} {}", unit.name);
        drawn += 1;
    }
    drawn
}

#[test]
fn folded_stacks_of_the_fixtures_add_up_node_by_node() {
    let mut drawn = 0;
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        let is_plan = file.extension().is_some_and(|ending| ending == "json");
        for subject in subjects(&std::fs::read_to_string(&file).unwrap()).iter().filter(|_| is_plan) {
            drawn += check(&file.display().to_string(), subject);
        }
    }
    assert!(drawn > 100, "{drawn}");
}

#[test]
fn folded_stacks_of_the_corpus_add_up_node_by_node() {
    let Some(corpus) = perf_look_fixtures::corpus("folded_stacks_of_the_corpus_add_up_node_by_node") else { return };
    let mut drawn = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18/18")) {
        for subject in subjects(&std::fs::read_to_string(&file).unwrap()) {
            drawn += check(&file.display().to_string(), &subject);
        }
    }
    assert!(drawn > 500, "{drawn}");
}

#[test]
fn folded_stacks_are_in_plan_order() {
    let report = report("postgres/plans/update-trigger.json");
    insta::assert_snapshot!(folded(&Flame::of(&report.subjects[0], Measure::Wall).unwrap()));
}

/// A plan whose names are traps: they end like counts, split stacks, and hold escape codes and markup.
const TRAPS: &str = r#"[{"Plan": {"Node Type": "Append", "Actual Startup Time": 0.1, "Actual Total Time": 60.0,
  "Actual Rows": 3, "Actual Loops": 1, "Plans": [
  {"Node Type": "Seq Scan", "Relation Name": "logs 2024 500", "Alias": "logs 2024 500", "Actual Startup Time": 0.1,
   "Actual Total Time": 10.0, "Actual Rows": 1, "Actual Loops": 1},
  {"Node Type": "Seq Scan", "Relation Name": "a;b\u001b[31m\u0000", "Alias": "x\ny", "Actual Startup Time": 0.1,
   "Actual Total Time": 20.0, "Actual Rows": 1, "Actual Loops": 1},
  {"Node Type": "Seq Scan", "Relation Name": "</title><script>alert(1)</script>", "Alias": "--> \"]]>\"",
   "Actual Startup Time": 0.1, "Actual Total Time": 25.0, "Actual Rows": 1, "Actual Loops": 1}
  ]}, "Execution Time": 61.0}]"#;

#[test]
fn names_that_look_like_counts_or_stacks_do_no_harm() {
    let report = Report::of(subjects(TRAPS), &Policy::default());
    let folded = folded(&Flame::of(&report.subjects[0], Measure::Wall).unwrap());
    insta::assert_snapshot!(folded);
    assert_eq!(counts(&folded).get(&2), Some(&10_000));
}

#[test]
fn the_picture_is_xml_with_no_markup_of_others() {
    let report = Report::of(subjects(TRAPS), &Policy::default());
    for coloring in Coloring::ALL {
        let svg = svg(&report, Measure::Wall, coloring);
        let mut reader = quick_xml::Reader::from_str(&svg);
        let mut elements: BTreeMap<String, usize> = BTreeMap::new();
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(start) => {
                    *elements.entry(start.name().as_ref().to_owned()).or_default() += 1;
                }
                _ => {}
            }
        }
        assert_eq!(elements["script"], 1, "a name became a script");
        assert!(!svg.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r'), "a control character");
    }
}

#[test]
fn the_picture_asks_for_nothing_outside_of_itself() {
    let svg = svg(&report("postgres/plans/tpch-q17.json"), Measure::Wall, Coloring::Class);
    for request in
        ["href=", "src=", "url(http", "@import", "fetch(", "XMLHttpRequest", "importScripts", "<image", "<use"]
    {
        assert!(!svg.contains(request), "{request}");
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let report = report("postgres/plans/tpch-q17.json");
    let once = svg(&report, Measure::Wall, Coloring::Findings);
    assert_eq!(once, svg(&report, Measure::Wall, Coloring::Findings));
}

#[test]
fn frames_stand_in_plan_order_with_what_they_say() {
    let report = report("postgres/seq-scan-discards-rows/fires.json");
    let svg = svg(&report, Measure::Wall, Coloring::Class);
    let titles: Vec<&str> = svg.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next()).collect();
    insta::assert_snapshot!(titles.join("\n"));
}
