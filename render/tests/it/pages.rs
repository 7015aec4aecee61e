//! Pictures and profiles of pages: what is drawn is what was sampled.

use std::collections::BTreeMap;

use perf_look_analyzers::flame::{Class, Flame};
use perf_look_analyzers::web::place::{Original, Position};
use perf_look_analyzers::web::trace::Profile;
use perf_look_render::flamegraph::{self, Unit};

fn slow_page() -> Profile {
    Profile::from_cpuprofile(&perf_look_fixtures::named("web/traces/slow-page.cpuprofile")).unwrap()
}

/// Functions that are named like counts, stacks, markup and escape codes.
pub(crate) fn traps() -> Profile {
    Profile::from_cpuprofile(
        r#"{"nodes": [
          {"id": 1, "callFrame": {"functionName": "(root)", "scriptId": "0", "url": "", "lineNumber": -1, "columnNumber": -1}, "children": [2, 3, 4, 5, 6, 7]},
          {"id": 2, "callFrame": {"functionName": "logs 2024 500", "scriptId": "0", "url": "", "lineNumber": -1, "columnNumber": -1}},
          {"id": 3, "callFrame": {"functionName": "a;b\u001b[31m\u0000", "scriptId": "7", "url": "http://a.example/x\ny;z.js", "lineNumber": 0, "columnNumber": 8}},
          {"id": 4, "callFrame": {"functionName": "</title><script>alert(1)</script>", "scriptId": "7", "url": "javascript:--> \"]]>\"", "lineNumber": 0, "columnNumber": 0}},
          {"id": 5, "callFrame": {"functionName": "twin", "scriptId": "8", "url": "http://a.example/one/app.js", "lineNumber": 4, "columnNumber": 2}},
          {"id": 6, "callFrame": {"functionName": "twin", "scriptId": "9", "url": "http://a.example/two/app.js", "lineNumber": 4, "columnNumber": 2}},
          {"id": 7, "callFrame": {"functionName": "(idle)", "scriptId": "0", "url": "", "lineNumber": -1, "columnNumber": -1}}],
         "startTime": 1000, "endTime": 63000, "samples": [2, 3, 4, 5, 6, 7], "timeDeltas": [0, 10000, 20000, 25000, 1000, 2000]}"#,
    )
    .unwrap()
}

fn folded(flame: &Flame) -> String {
    let mut out = Vec::new();
    flamegraph::folded(flame, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn svg(profile: &Profile) -> String {
    let mut out = Vec::new();
    flamegraph::page_svg("http://a.example/", &Flame::of_profile(profile), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What was sampled, by whether nothing ran.
fn sampled(profile: &Profile) -> BTreeMap<bool, u64> {
    let mut sums = BTreeMap::new();
    for node in &profile.nodes {
        *sums.entry(Class::of_function(&node.function) == Class::Idle).or_default() += node.self_us;
    }
    sums
}

#[test]
fn folded_stacks_add_up_to_what_was_sampled_without_idling() {
    let profile = slow_page();
    let flame = Flame::of_profile(&profile);
    assert_eq!(Unit::of(&flame).name, "us");
    let counts: u64 = folded(&flame).lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    let sums = sampled(&profile);
    assert_eq!(counts, sums[&false]);
    assert_eq!(counts + sums[&true], profile.nodes[0].total_us);
}

#[test]
fn frames_are_no_wider_than_their_callers_and_the_widest_is_first() {
    let flame = Flame::of_profile(&slow_page());
    for (id, frame) in flame.frames().iter().enumerate() {
        let totals: Vec<f64> = flame.children(id).map(|child| flame.frames()[child].total).collect();
        assert!(totals.is_sorted_by(|left, right| left >= right), "{}: {totals:?}", frame.label);
        assert!(totals.iter().sum::<f64>() <= frame.total + 1e-6, "{}", frame.label);
    }
}

#[test]
fn stacks_of_a_page_name_function_file_and_place() {
    insta::assert_snapshot!(folded(&Flame::of_profile(&slow_page())));
}

#[test]
fn functions_named_like_counts_stacks_and_markup_do_no_harm() {
    insta::assert_snapshot!(folded(&Flame::of_profile(&traps())));
    let svg = svg(&traps());
    let mut reader = quick_xml::Reader::from_str(&svg);
    let mut scripts = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(start) if start.name().as_ref() == "script" => scripts += 1,
            _ => {}
        }
    }
    assert_eq!(scripts, 1, "a name became a script");
    assert!(!svg.chars().any(|c| c.is_control() && !"\n\t\r".contains(c)), "a control character");
}

#[test]
fn the_picture_of_a_page_says_that_idling_is_not_drawn() {
    let svg = svg(&slow_page());
    assert!(svg.contains("not drawn"), "{}", &svg[..2000]);
    assert!(!svg.contains("(idle)"));
    assert!(svg.contains("(program)"));
    assert_eq!(svg, self::svg(&slow_page()), "the same profile gives the same bytes");
}

#[test]
fn markdown_shows_pages_as_tables() {
    let report = crate::html::two_pages();
    let shown = crate::shown(&report, perf_look_render::Format::Markdown, &crate::PLAIN);
    let (_, pages) = shown.split_once("<details><summary>http:&#47;&#47;").unwrap();
    insta::assert_snapshot!(pages);
}

#[test]
fn a_frame_is_named_as_in_the_source_where_a_map_says_so() {
    let mut profile = slow_page();
    let spin = profile.nodes.iter_mut().filter(|node| node.function.name == "spin");
    for node in spin {
        let original = Original {
            source: "../node_modules/spinner/src/spin.ts".to_owned(),
            at: Position { line: 7, column: 3 },
            function: Some("turnAround".to_owned()),
        };
        node.function.original = Some(original);
    }
    let flame = Flame::of_profile(&profile);
    let named = flame.frames().iter().find(|frame| frame.label == "turnAround (spin.ts:7:3)").unwrap();
    assert_eq!(named.class, Class::Library);
    assert!(!folded(&flame).contains("spin (app.js"));
}
