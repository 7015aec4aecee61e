//! Profiles for others' viewers: what is decoded from each file is what the flame graph says.

mod decode;

use std::collections::BTreeMap;
use std::io::Read as _;

use perf_look_analyzers::flame::{Flame, Measure};
use perf_look_analyzers::web::trace::{Profile, Reader, Trace};
use perf_look_analyzers::{Subject, input, safe};
use perf_look_render::profile::{ProfileFormat, cpuprofile, export, export_page};
use serde_json::Value;

use decode::{Pprof, firefox, firefox_stack, is_process, messages, numbers, pprof, speedscope};

const FORMATS: [ProfileFormat; 3] = [ProfileFormat::Speedscope, ProfileFormat::Firefox, ProfileFormat::Pprof];

/// Own widths by the labels from the root to the frame.
type Widths = BTreeMap<Vec<String>, f64>;

/// Own widths by the name of the measure.
type Decoded = Vec<(String, Widths)>;

fn exported(subject: &Subject, asked: Measure, format: ProfileFormat) -> Vec<u8> {
    let mut out = Vec::new();
    export(subject, asked, format, &mut out).unwrap();
    out
}

fn subjects(name: &str, text: &str) -> Vec<Subject> {
    input::read(name, text).map(|input| input.subjects).unwrap_or_default()
}

fn subject(name: &str) -> Subject {
    subjects(name, &perf_look_fixtures::named(&format!("postgres/plans/{name}.json"))).remove(0)
}

/// The asked measure and the others of which the subject has something.
fn measures(subject: &Subject, asked: Measure) -> Vec<Measure> {
    let has_any = |measure: Measure| Flame::of(subject, measure).is_ok_and(|flame| flame.root().total > 0.0);
    let others = Measure::ALL.into_iter().filter(|other| *other != asked && has_any(*other));
    std::iter::once(asked).chain(others).collect()
}

/// What the flame graph says, without frames that have nothing of their own.
fn expected(subject: &Subject, measure: Measure) -> Widths {
    let flame = Flame::of(subject, measure).unwrap();
    let labels = |id| flame.path(id).iter().map(|at| safe::line(&flame.frames()[*at].label).into_owned()).collect();
    let frames = flame.frames().iter().enumerate().filter(|(_, frame)| frame.own > 0.0);
    frames.map(|(id, frame)| (labels(id), frame.own)).collect()
}

/// Nothing is missing, more or different by more than the format rounds.
#[track_caller]
fn assert_same(name: &str, found: &Widths, expected: &Widths, rounding: f64) {
    for stack in found.keys().chain(expected.keys()) {
        let of = |widths: &Widths| widths.get(stack).copied().unwrap_or(0.0);
        let off = (of(found) - of(expected)).abs();
        assert!(off <= rounding + 1e-9 * of(expected), "{name}: {stack:?} is {} of {}", of(found), of(expected));
    }
}

#[track_caller]
fn check(name: &str, subject: &Subject, format: ProfileFormat, rounding: fn(Measure) -> f64) {
    let asked = Measure::of_choice(&subject.plan);
    if asked.check(&subject.plan).is_err() {
        return;
    }
    let decoded = decode(format, &exported(subject, asked, format));
    let measures = measures(subject, asked);
    assert_eq!(decoded.len(), measures.len(), "{name}");
    for measure in measures {
        let named = |label: &str| label.starts_with(measure.title()) || label == measure.name();
        let (label, widths) = decoded.iter().find(|(label, _)| named(label)).unwrap_or_else(|| panic!("{name}"));
        assert_same(&format!("{name}, {label}"), widths, &expected(subject, measure), rounding(measure));
    }
}

fn decode(format: ProfileFormat, bytes: &[u8]) -> Decoded {
    match format {
        ProfileFormat::Speedscope => speedscope(bytes),
        ProfileFormat::Firefox => firefox(bytes, |name| !is_process(name)),
        ProfileFormat::Pprof => pprof(bytes),
    }
}

/// Half of the last digit of speedscope: nanoseconds, bytes, thousandths.
fn nanosecond(measure: Measure) -> f64 {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => 0.5e-6,
        Measure::Wal => 0.5,
        _ => 0.5e-3,
    }
}

/// Half of the last digit of the Firefox Profiler: nanoseconds, millionths.
fn millionth(_: Measure) -> f64 {
    0.5e-6
}

/// Half of the last digit of pprof: microseconds, hundredths of a cost, whole ones of all else.
fn microsecond(measure: Measure) -> f64 {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => 0.5e-3,
        Measure::Cost => 0.5e-2,
        _ => 0.5,
    }
}

#[track_caller]
fn check_all(name: &str, text: &str) -> usize {
    let subjects = subjects(name, text);
    for subject in &subjects {
        check(name, subject, ProfileFormat::Speedscope, nanosecond);
        check(name, subject, ProfileFormat::Firefox, millionth);
        check(name, subject, ProfileFormat::Pprof, microsecond);
    }
    subjects.len()
}

#[test]
fn profiles_of_the_fixtures_add_up() {
    let files = perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres"));
    let json = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "json"));
    let checked: usize = json.map(|file| check_all(&file.display().to_string(), &text(file))).sum();
    assert!(checked > 50, "{checked} plans");
}

#[test]
fn profiles_of_the_corpus_add_up() {
    let Some(corpus) = perf_look_fixtures::corpus("profiles_of_the_corpus_add_up") else { return };
    let files = perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18"));
    let json = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "json"));
    // Each has the same shapes in several versions.
    let checked: usize = json.step_by(3).map(|file| check_all(&file.display().to_string(), &text(file))).sum();
    assert!(checked > 150, "{checked} plans");
}

fn text(file: &std::path::Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn the_asked_measure_comes_first() {
    let subject = subject("gather-merge");
    for format in FORMATS {
        let decoded = decode(format, &exported(&subject, Measure::Rows, format));
        assert!(decoded[0].0.starts_with("rows"), "{}", decoded[0].0);
    }
    let json: Value = serde_json::from_slice(&exported(&subject, Measure::Rows, ProfileFormat::Speedscope)).unwrap();
    assert_eq!(json["activeProfileIndex"], 0);
    let json: Value = serde_json::from_slice(&exported(&subject, Measure::Rows, ProfileFormat::Firefox)).unwrap();
    assert_eq!(json["meta"]["initialSelectedThreads"], serde_json::json!([0]));
    let pprof = Pprof::read(&exported(&subject, Measure::Rows, ProfileFormat::Pprof));
    assert_eq!(pprof.text(&pprof.fields, 14), "rows");
}

#[test]
fn a_profile_is_the_same_bytes_each_time() {
    for format in FORMATS {
        let once = || exported(&subject("tpch-q17"), Measure::Wall, format);
        assert_eq!(once(), once());
    }
}

#[test]
fn speedscope_shows_units_and_says_that_there_is_no_order_of_time() {
    let json: Value =
        serde_json::from_slice(&exported(&subject("update-trigger"), Measure::Wall, ProfileFormat::Speedscope))
            .unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn frames_say_which_line_of_the_statement_they_come_from() {
    let mut subject = subject("never-executed");
    subject.query = Some("select *\nfrom category c\nleft join orders o on o.id = c.id".to_owned());
    let json = exported(&subject, Measure::Wall, ProfileFormat::Speedscope);
    let json: Value = serde_json::from_slice(&json).unwrap();
    let frames = json["shared"]["frames"].as_array().unwrap();
    let scan = frames.iter().find(|frame| frame["name"] == "#2 Seq Scan on category c").unwrap();
    assert_eq!((&scan["file"], &scan["line"]), (&"SQL of never-executed".into(), &2.into()));
    assert!(frames[0].get("line").is_none());

    let pprof = Pprof::read(&exported(&subject, Measure::Wall, ProfileFormat::Pprof));
    let place = frames.iter().position(|frame| frame == scan).unwrap();
    assert_eq!(numbers(&messages(&messages(&pprof.fields, 4)[place], 4)[0], 2), [2]);
    assert_eq!(pprof.text(&messages(&pprof.fields, 5)[place], 4), "SQL of never-executed");
}

#[test]
fn pprof_names_nodes_relations_and_notes() {
    let pprof = Pprof::read(&exported(&subject("never-executed"), Measure::Wall, ProfileFormat::Pprof));
    insta::assert_snapshot!(pprof.outline());
}

/// A thread as text: where each sample begins, what it weighs, what runs; then its markers.
fn firefox_outline(thread: &Value) -> String {
    let mut lines = vec![format!("{} ({})", thread["name"].as_str().unwrap(), thread["samples"]["weightType"])];
    let mut at = 0.0;
    for (place, delta) in thread["samples"]["timeDeltas"].as_array().unwrap().iter().enumerate() {
        at += delta.as_f64().unwrap();
        let stack = firefox_stack(thread, &thread["samples"]["stack"][place]);
        lines.push(format!("{at:.3}: {} {}", thread["samples"]["weight"][place], stack.join(" > ")));
    }
    let markers = &thread["markers"];
    for (place, start) in markers["startTime"].as_array().unwrap().iter().enumerate() {
        let text = |place: &Value| &thread["stringArray"][usize::try_from(place.as_u64().unwrap()).unwrap()];
        let (name, detail) = (text(&markers["name"][place]), text(&markers["data"][place]["detail"]));
        lines.push(format!("marker {start} to {}: {name} {detail}", markers["endTime"][place]));
    }
    lines.join("\n")
}

#[test]
fn firefox_has_a_track_for_each_process() {
    let bytes = exported(&subject("gather-merge"), Measure::Wall, ProfileFormat::Firefox);
    let profile: Value = serde_json::from_slice(&bytes).unwrap();
    let threads = profile["threads"].as_array().unwrap().iter();
    let shown = threads.filter(|thread| {
        let name = thread["name"].as_str().unwrap();
        name.starts_with("wall") || is_process(name)
    });
    let outlines: Vec<String> = shown.map(firefox_outline).collect();
    insta::assert_snapshot!(format!("{}\n\n{:#}", outlines.join("\n\n"), profile["meta"]));
}

#[test]
fn firefox_marks_what_is_outside_the_plan() {
    let bytes = exported(&subject("update-trigger"), Measure::Wall, ProfileFormat::Firefox);
    let profile: Value = serde_json::from_slice(&bytes).unwrap();
    insta::assert_snapshot!(firefox_outline(&profile["threads"][0]));
}

#[test]
fn numbers_without_measure_end_no_export() {
    let node = |below: &str| {
        format!(
            r#"{{ "Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "t", "Startup Cost": 0,
            "Total Cost": 1e300, "Plan Rows": 1e300, "Plan Width": 4, "Actual Startup Time": 0.1, "Actual Total Time": 1e300,
            "Actual Rows": 1e300, "Actual Loops": 1e300, "Shared Hit Blocks": 1e300, "Plans": [{below}] }}"#
        )
    };
    let text = format!(r#"[{{ "Plan": {}, "Planning Time": 1e308, "Execution Time": 1e308 }}]"#, node(&node("")));
    let subject = subjects("absurd", &text).remove(0);
    for measure in [Measure::Wall, Measure::Rows, Measure::Cost] {
        for format in FORMATS {
            assert!(!exported(&subject, measure, format).is_empty());
        }
    }
}

#[test]
fn hostile_labels_do_nothing() {
    const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{202e}\u{0}<script>;`\r\n";
    let name = serde_json::to_string(HOSTILE).unwrap();
    let node = format!(
        r#""Node Type": "Seq Scan", "Relation Name": {name}, "Schema": {name}, "Alias": {name}, "Startup Cost": 0,
        "Total Cost": 10, "Plan Rows": 1, "Plan Width": 4, "Actual Startup Time": 0.1, "Actual Total Time": 900.0,
        "Actual Rows": 1, "Actual Loops": 1"#
    );
    let trigger = format!(r#"{{ "Trigger Name": {name}, "Relation": {name}, "Time": 0.1, "Calls": 1 }}"#);
    let text = format!(r#"[{{ "Plan": {{ {node} }}, "Triggers": [{trigger}], "Execution Time": 900.5 }}]"#);
    let subject = subjects(HOSTILE, &text).remove(0);
    let json = |format| String::from_utf8(exported(&subject, Measure::Wall, format)).unwrap();
    let pprof = Pprof::read(&exported(&subject, Measure::Wall, ProfileFormat::Pprof)).texts.join("");
    for text in [json(ProfileFormat::Speedscope), json(ProfileFormat::Firefox), pprof] {
        let text = text.trim_end();
        assert!(text.contains("<script>"), "{text:?}");
        assert!(!text.contains(safe::is_hostile) && !text.contains('\n') && !text.contains("\\u"), "{text:?}");
    }
}

/// A recorded page: what was sampled, and what happened meanwhile.
pub(crate) fn slow_page() -> Trace {
    let file = perf_look_fixtures::folder().join("web/traces/slow-page.json.gz");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut text).unwrap();
    let mut reader = Reader::new();
    reader.feed(&text);
    reader.finish().unwrap()
}

fn exported_page(trace: &Trace, format: ProfileFormat) -> Vec<u8> {
    let mut out = Vec::new();
    export_page("http://a.example/", trace, format, &mut out).unwrap();
    out
}

/// What was sampled, by what called what.
fn sampled(profile: &Profile) -> Widths {
    let mut widths = Widths::new();
    for (place, node) in profile.nodes.iter().enumerate().filter(|(_, node)| node.self_us > 0) {
        let mut stack: Vec<String> = profile.stack(place).map(|node| node.function.label()).collect();
        stack.push("main thread".to_owned());
        stack.reverse();
        *widths.entry(stack).or_default() += node.self_us as f64 / 1e3;
    }
    widths
}

#[test]
fn profiles_of_a_page_add_up_to_what_was_sampled() {
    let trace = slow_page();
    let expected = sampled(trace.profile.as_ref().unwrap());
    let whole: f64 = expected.values().sum();
    assert!(expected.len() > 5 && whole > 100.0, "{whole}");
    for format in FORMATS {
        let decoded = decode(format, &exported_page(&trace, format));
        let [(_, widths)] = &decoded[..] else { panic!("{format:?}: {} measures", decoded.len()) };
        assert_same(&format!("{format:?}"), widths, &expected, 1e-6);
        assert!(widths.keys().any(|stack| stack.last().is_some_and(|frame| frame == "(idle)")), "{format:?}");
        assert_eq!(exported_page(&trace, format), exported_page(&trace, format));
    }
}

#[test]
fn samples_of_a_page_stand_where_they_were_taken() {
    let trace = slow_page();
    let profile = trace.profile.as_ref().unwrap();
    let json: Value = serde_json::from_slice(&exported_page(&trace, ProfileFormat::Speedscope)).unwrap();
    let innermost = |stack: &Value| {
        let place = stack.as_array().unwrap().last().unwrap().as_u64().unwrap();
        json["shared"]["frames"][usize::try_from(place).unwrap()]["name"].clone()
    };
    let shown: Vec<Value> = json["profiles"][0]["samples"].as_array().unwrap().iter().map(innermost).collect();
    let taken = profile.samples.iter().enumerate().filter(|(place, sample)| sample.at_us < profile.until_us(*place));
    let taken: Vec<Value> = taken
        .map(|(_, sample)| match profile.nodes[sample.node].parent {
            None => "main thread".into(),
            Some(_) => profile.nodes[sample.node].function.label().into(),
        })
        .collect();
    assert_eq!(shown, taken);

    let json: Value = serde_json::from_slice(&exported_page(&trace, ProfileFormat::Firefox)).unwrap();
    let outline = firefox_outline(&json["threads"][0]);
    let marks = outline.lines().skip_while(|line| !line.starts_with("marker"));
    insta::assert_snapshot!(marks.collect::<Vec<_>>().join("\n"));
}

#[test]
fn frames_of_a_page_say_where_their_code_stands() {
    let json = exported_page(&slow_page(), ProfileFormat::Speedscope);
    let json: Value = serde_json::from_slice(&json).unwrap();
    let frames = json["shared"]["frames"].as_array().unwrap().iter();
    let placed: Vec<String> = frames
        .filter(|frame| frame["file"].is_string())
        .map(|frame| format!("{} at {}:{}:{}", frame["name"], frame["file"], frame["line"], frame["col"]))
        .collect();
    insta::assert_snapshot!(placed.join("\n"));
}

#[test]
fn a_cpuprofile_that_is_written_reads_as_the_same_profile() {
    let trace = slow_page();
    let mut out = Vec::new();
    cpuprofile(&trace, &mut out).unwrap();
    let read = Profile::from_cpuprofile(std::str::from_utf8(&out).unwrap()).unwrap();
    assert_eq!(sampled(&read), sampled(trace.profile.as_ref().unwrap()));
}

#[test]
fn a_page_that_was_not_sampled_is_an_error() {
    let error = export_page("a", &Trace::default(), ProfileFormat::Firefox, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "the page was not sampled");
}

#[test]
fn hostile_functions_do_nothing() {
    let trace = Trace { profile: Some(crate::pages::traps()), ..Trace::default() };
    let json = |format| String::from_utf8(exported_page(&trace, format)).unwrap();
    let pprof = Pprof::read(&exported_page(&trace, ProfileFormat::Pprof)).texts.join("");
    for text in [json(ProfileFormat::Speedscope), json(ProfileFormat::Firefox), pprof] {
        let text = text.trim_end();
        assert!(text.contains("<script>"), "{text:?}");
        assert!(!text.contains(safe::is_hostile) && !text.contains('\n') && !text.contains("\\u"), "{text:?}");
    }
}

#[test]
fn a_deep_plan_does_not_grow_with_the_square_of_its_depth() {
    let node = |depth: usize| {
        let arrow = if depth == 0 { String::new() } else { format!("{}->  ", " ".repeat(depth * 6 - 4)) };
        let total = 3_000 - depth;
        format!(
            "{arrow}Materialize  (cost=0.00..1.00 rows=1 width=8) (actual time=0.000..{total}.000 rows=1 loops=1)\n"
        )
    };
    let text = (0..3_000).map(node).collect::<String>();
    let subject = subjects("deep", &text).remove(0);
    let json = exported(&subject, Measure::Wall, ProfileFormat::Speedscope);
    // A sample names all frames above it: 3,000 deep they would be 100 MB.
    assert!(json.len() < 25_000_000, "{}", json.len());
    let json: Value = serde_json::from_slice(&json).unwrap();
    let profile = &json["profiles"][0];
    let sum: f64 = profile["weights"].as_array().unwrap().iter().map(|weight| weight.as_f64().unwrap()).sum();
    assert!((sum - 3e9).abs() < 1.0, "{sum}");
    let deepest = profile["samples"].as_array().unwrap().iter().map(|stack| stack.as_array().unwrap().len()).max();
    assert_eq!(deepest, Some(501));
}
