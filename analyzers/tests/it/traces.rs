//! Traces as they are read, of a page of ours and of nothing good.

use std::fmt::Write as _;
use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::web::trace::{
    CountsFrom, Interaction, LongTask, Profile, Reader, SelectorRow, Trace, TraceError, Trigger, blocking_us,
    next_paint,
};
use proptest::prelude::*;

/// The text of a recorded trace.
fn text(name: &str) -> Vec<u8> {
    let file = perf_look_fixtures::folder().join(format!("web/traces/{name}.json.gz"));
    let mut text = Vec::new();
    GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut text).unwrap();
    text
}

fn read(text: &[u8], piece: usize) -> Result<Trace, TraceError> {
    let mut reader = Reader::new();
    text.chunks(piece).for_each(|piece| reader.feed(piece));
    reader.finish()
}

#[track_caller]
fn trace(name: &str) -> Trace {
    let trace = read(&text(name), 50_000).unwrap();
    assert_eq!(trace.rejects.first, []);
    trace
}

/// Places without the server.
fn places<'a>(stack: impl IntoIterator<Item = &'a Site>) -> Vec<String> {
    stack.into_iter().map(|site| site.to_string().replace("http://127.0.0.1:8641/", "")).collect()
}

#[test]
fn a_load_has_its_moments() {
    let trace = trace("slow-page");
    assert_eq!(trace.url.as_deref(), Some("http://127.0.0.1:8641/index.html"));
    assert_eq!((trace.counts_from, trace.end_us), (CountsFrom::Navigation, 1_810_364));
    let marks = &trace.marks;
    assert_eq!(marks.first_byte_us, Some(12_020));
    assert_eq!(marks.first_contentful_paint_us, Some(143_714));
    assert_eq!(marks.dom_content_loaded_us, Some(80_978));
    assert_eq!(marks.load_us, Some(82_598));
    assert_eq!(marks.layout_shift, Some(0.204_676_364_475_983_9));
    let largest = marks.largest_contentful_paint.as_ref().unwrap();
    assert_eq!((largest.at_us, &*largest.kind, largest.node.as_deref()), (143_714, "text", Some("H1")));
}

#[test]
fn a_click_is_as_long_as_its_handler_and_the_frame_after_it() {
    let trace = trace("slow-page");
    let parts = trace.interactions.iter().map(|click| {
        (&*click.kind, click.start_us, [click.input_delay_us, click.processing_us, click.presentation_us])
    });
    assert_eq!(
        parts.collect::<Vec<_>>(),
        [("click", 1_038_877, [2_815, 81_339, 12_062]), ("click", 1_426_247, [924, 80_685, 7_915])]
    );
    assert_eq!(trace.next_paint().map(Interaction::duration_us), Some(96_216));
}

#[test]
fn a_long_task_names_what_ran_in_it() {
    let trace = trace("slow-page");
    let tasks = trace.long_tasks.iter().map(|task| {
        let heaviest = &task.functions[0];
        (task.start_us, task.duration_us, &*heaviest.function.name, heaviest.self_us)
    });
    assert_eq!(
        tasks.collect::<Vec<_>>(),
        [(179_780, 128_418, "spin", 120_004), (1_041_528, 82_077, "spin", 79_663), (1_426_891, 81_704, "spin", 76_367)]
    );
    assert_eq!(trace.blocking_us(None), Some(78_418 + 32_077 + 31_704));
    assert_eq!(trace.blocking_us(Some(1_000_000)), Some(78_418));
}

#[test]
fn forty_rows_that_are_measured_in_a_loop_are_forty_forced_layouts() {
    let trace = trace("slow-page");
    let [site] = &*trace.layouts.forced else { panic!("{:#?}", trace.layouts.forced) };
    assert_eq!(places([&site.site]), ["app.js:12:14 reflow"]);
    // Each click finds the widths as they were: one question, answered by style alone.
    assert_eq!((site.count, site.style_recalcs, site.layouts), (42, 42, 40));
    assert_eq!((site.us, site.most_in_a_task), (5_553, 40));
    assert_eq!(places(&site.stack), ["app.js:12:14 reflow", "app.js:15:16 thrash", "app.js:32:26 later"]);
    let tasks = trace.layouts.forced_tasks.iter().map(|task| (task.count, task.forced_us));
    assert_eq!(tasks.collect::<Vec<_>>(), [(40, 4_815), (1, 440), (1, 298)]);
    assert_eq!((trace.layouts.layouts, trace.layouts.style_recalcs, trace.layouts.elements), (42, 47, 215));
}

#[test]
fn without_samples_the_place_is_the_whole_stack() {
    let trace = trace("slow-page-styles");
    assert_eq!(trace.profile, None);
    assert_eq!(places(&trace.layouts.forced[0].stack), ["app.js:12:14 reflow"]);
    assert!(trace.long_tasks.iter().all(|task| task.functions.is_empty()));
}

#[test]
fn shifts_that_were_not_recorded_are_not_none() {
    assert_eq!(trace("slow-page-styles").marks.layout_shift, None);
}

#[test]
fn a_page_is_as_large_as_at_its_end() {
    let trace = trace("slow-page");
    let (dom, counters) = (trace.dom.unwrap(), trace.counters.unwrap());
    assert_eq!((dom.elements, dom.depth, dom.children), (87, 4, 40));
    assert_eq!(dom.widest.as_deref(), Some("DIV id='list' class='list'"));
    assert_eq!((counters.nodes, counters.documents, counters.listeners), (234, 4, 1));
    assert_eq!(counters.heap_bytes, 1_178_348);
}

#[test]
fn timers_are_counted_where_they_were_set() {
    let trace = trace("slow-page");
    let rows = trace.timers.iter().map(|timer| {
        (places(&timer.site).join(""), [timer.installs, timer.zero_timeouts, timer.recurring, timer.fires])
    });
    let expected = [
        ("app.js:35:29", [3, 3, 0, 3]),
        ("app.js:32:1", [1, 0, 0, 1]),
        ("app.js:34:15", [1, 0, 1, 5]),
        ("app.js:36:1", [1, 0, 0, 1]),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected.map(|(site, counts)| (site.to_owned(), counts)));
}

#[test]
fn a_changed_class_invalidates_what_its_selector_reaches() {
    let trace = trace("slow-page-styles");
    let class = &trace.invalidations[0];
    assert_eq!(class.trigger, Trigger::Class("dark".to_owned()));
    assert_eq!(places(&class.site), ["app.js:27:18 onGo"]);
    assert_eq!((class.changes, class.nodes, class.most_nodes, class.subtrees), (2, 80, 40, 0));
    assert_eq!(class.node, "DIV id='list' class='list dark'");
    assert_eq!(class.selectors.iter().map(|row| &*row.selector).collect::<Vec<_>>(), [".list.dark .row"]);
    let inline = &trace.invalidations[1];
    assert_eq!(inline.trigger, Trigger::Other("Inline CSS style declaration was mutated".to_owned()));
    assert_eq!((places(&inline.site), inline.nodes), (vec!["app.js:11:19 reflow".to_owned()], 40));
}

#[test]
fn selectors_are_counted_over_all_recalculations() {
    let trace = trace("slow-page-styles");
    let ours = trace.selectors.iter().filter(|row| row.style_sheet_id != "ua-style-sheet");
    let counts = |row: &SelectorRow| [row.recalcs, row.match_attempts, row.fast_reject_count, row.match_count];
    assert_eq!(
        ours.map(|row| (&*row.selector, counts(row))).collect::<Vec<_>>(),
        [
            ("#go:active", [6, 6, 0, 3]),
            (".list .row", [43, 160, 0, 160]),
            (".list.dark .row", [43, 160, 120, 40]),
            (".never .seen span", [1, 40, 40, 0]),
            (".row > span", [1, 40, 0, 40]),
        ]
    );
}

#[test]
fn a_profile_adds_up_to_its_time() {
    let profile = trace("slow-page").profile.unwrap();
    let own: u64 = profile.nodes.iter().map(|node| node.self_us).sum();
    assert_eq!(own, profile.end_us - profile.samples[0].at_us);
    assert_eq!(profile.nodes[0].function.name, "(root)");
    assert_eq!(profile.nodes[0].total_us, own);
    let all = profile.heaviest(0, u64::MAX);
    assert_eq!(all.iter().map(|cost| cost.self_us).sum::<u64>(), own);
    assert_eq!(all[0].function.name, "(idle)");
    let [query] = &*profile.queries() else { panic!("{:#?}", profile.queries()) };
    assert_eq!((&*query.caller.name, &*query.query, query.self_us), ("thrash", "querySelectorAll", 172));
}

#[test]
fn a_profile_is_the_same_after_it_was_a_file() {
    let profile = trace("slow-page").profile.unwrap();
    let file = serde_json::to_string(&profile.cpuprofile()).unwrap();
    assert_eq!(Profile::from_cpuprofile(&file).unwrap(), profile);
}

#[test]
fn the_answer_of_the_browsers_profiler_is_a_profile() {
    let profile = Profile::from_cpuprofile(&perf_look_fixtures::named("web/traces/slow-page.cpuprofile")).unwrap();
    let spin = profile.nodes.iter().find(|node| node.function.name == "spin").unwrap();
    assert_eq!(places(&spin.function.site()), ["app.js:21:14 spin"]);
    assert!(spin.self_us > 60_000, "{spin:#?}");
    let at = profile.nodes.iter().position(|node| node == spin).unwrap();
    let stack: Vec<&str> = profile.stack(at).map(|node| &*node.function.name).collect();
    assert!(stack == ["spin", "later"] || stack == ["spin", "onGo"], "{stack:?}");
}

#[test]
fn what_is_no_profile_says_what_one_is() {
    let error = Profile::from_cpuprofile("{\"nodes\": 1}").unwrap_err();
    assert!(error.to_string().starts_with("not a CPU profile: expected"), "{error}");
}

#[test]
fn a_trace_is_the_same_after_it_was_kept() {
    for name in ["slow-page", "slow-page-styles"] {
        let trace = trace(name);
        let kept = serde_json::to_string(&trace).unwrap();
        assert!(serde_json::from_str::<Trace>(&kept).unwrap() == trace, "{name}");
    }
}

#[test]
fn pieces_of_any_size_say_the_same() {
    for name in ["slow-page", "slow-page-styles"] {
        let text = text(name);
        let whole = read(&text, usize::MAX);
        for piece in [1, 7, 4096] {
            assert!(read(&text, piece) == whole, "{name} in pieces of {piece}");
        }
    }
}

/// A page that is navigated to at 1 s, in a list of events, a line each.
fn events(more: &[&str]) -> String {
    let mut text = "[\n".to_owned();
    let page = [
        r#"{"args":{"name":"CrRendererMain"},"cat":"__metadata","name":"thread_name","ph":"M","pid":7,"tid":1,"ts":0}"#,
        r#"{"args":{"data":{"frames":[{"frame":"F","processId":7,"url":"about:blank"}]}},"cat":"x","name":"TracingStartedInBrowser","ph":"I","pid":2,"tid":2,"ts":900000}"#,
        r#"{"args":{"data":{"documentLoaderURL":"http://a/","isLoadingMainFrame":true,"navigationId":"N1"},"frame":"F"},"cat":"blink.user_timing","name":"navigationStart","ph":"R","pid":7,"tid":1,"ts":1000000}"#,
    ];
    for line in page.iter().chain(more) {
        let _ = writeln!(text, "{line},");
    }
    text.truncate(text.len() - 2);
    text.push_str("\n]");
    text
}

/// A task of the page's.
fn task(start_us: u64, duration_us: u64) -> String {
    format!(
        r#"{{"args":{{}},"cat":"x","dur":{duration_us},"name":"RunTask","ph":"X","pid":7,"tid":1,"ts":{start_us}}}"#
    )
}

#[track_caller]
fn of(text: &str) -> Trace {
    read(text.as_bytes(), 11).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_last_navigation_counts() {
    let second = r#"{"args":{"data":{"documentLoaderURL":"http://b/","isLoadingMainFrame":true,"navigationId":"N2"},"frame":"F"},"cat":"x","name":"navigationStart","ph":"R","pid":7,"tid":1,"ts":3000000}"#;
    let paint = |id: &str, at: u64| {
        format!(
            r#"{{"args":{{"data":{{"navigationId":"{id}"}},"frame":"F"}},"cat":"x","name":"firstContentfulPaint","ph":"R","pid":7,"tid":1,"ts":{at}}}"#
        )
    };
    let lines = [task(3_100_000, 60_000), paint("N2", 3_050_000), task(1_100_000, 90_000), paint("N1", 1_050_000)];
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.insert(1, second);
    let trace = of(&events(&lines));
    assert_eq!(trace.url.as_deref(), Some("http://b/"));
    assert_eq!(trace.marks.first_contentful_paint_us, Some(50_000));
    assert_eq!(trace.long_tasks.iter().map(|task| task.start_us).collect::<Vec<_>>(), [100_000]);
}

#[test]
fn what_did_not_happen_is_none() {
    let trace = of(&events(&[&task(1_100_000, 50_000)]));
    assert_eq!(trace.marks, perf_look_analyzers::web::trace::Marks::default());
    assert_eq!((&*trace.long_tasks, &trace.dom, &trace.counters), (&[][..], &None, &None));
    assert_eq!((trace.next_paint(), trace.blocking_us(None)), (None, None));
}

#[test]
fn a_task_in_a_task_is_not_a_second_one() {
    let trace = of(&events(&[&task(1_120_000, 60_000), &task(1_100_000, 90_000)]));
    assert_eq!(trace.long_tasks.iter().map(|task| task.duration_us).collect::<Vec<_>>(), [90_000]);
}

#[test]
fn only_what_is_over_fifty_ms_and_between_blocks() {
    let task = |start_us, duration_us| LongTask { start_us, duration_us, functions: Vec::new() };
    let tasks = [task(0, 100_000), task(200_000, 70_000), task(300_000, 200_000)];
    assert_eq!(blocking_us(&tasks, 0, 1_000_000), 50_000 + 20_000 + 150_000);
    assert_eq!(blocking_us(&tasks, 60_000, 400_000), 20_000 + 50_000);
}

#[test]
fn one_of_fifty_interactions_may_be_left_out() {
    let click = |number: u64| Interaction {
        start_us: number,
        kind: "click".to_owned(),
        input_delay_us: 0,
        processing_us: number,
        presentation_us: 1,
    };
    let longest = |count: u64| {
        let clicks: Vec<_> = (1..=count).map(click).collect();
        next_paint(&clicks).map(|click| click.processing_us)
    };
    assert_eq!(
        [0, 1, 49, 50, 99, 100, 499, 500, 5_000].map(longest),
        [None, Some(1), Some(49), Some(49), Some(98), Some(98), Some(490), Some(491), Some(4_991)]
    );
}

#[test]
fn a_broken_event_is_told_and_those_after_it_are_read() {
    let broken = [
        r#"{"name":"RunTask","ts":{}}"#,
        r#"{"name":"RunTask","ts":"soon"}"#,
        r#"{"name":"Layout","args":{"beginData":7}}"#,
        r#"{"name":"RunTask","ph":"X" "ts":1}"#,
        r#"{"name":"RunTask","ph":"Y"#,
    ];
    let mut lines = broken.to_vec();
    let last = task(1_100_000, 60_000);
    lines.push(&last);
    let text = events(&lines);
    let trace = of(&text);
    assert_eq!(trace.rejects.count, 5, "{:#?}", trace.rejects);
    assert_eq!(trace.long_tasks.len(), 1);
    for (reject, line) in trace.rejects.first.iter().zip(broken) {
        assert_eq!(text.find(line), usize::try_from(reject.at_byte).ok(), "{reject:?}");
    }
    let why: Vec<&str> = trace.rejects.first.iter().map(|reject| &*reject.why).collect();
    assert!(why[1].starts_with("invalid type: string \"soon\", expected a number"), "{why:#?}");
    assert_eq!(why[4], "a line ends inside a string");
}

#[test]
fn rejects_are_counted_beyond_those_that_are_kept() {
    let lines = vec![r#"{"name":"RunTask","ts":[]}"#; 1_000];
    let trace = of(&events(&lines));
    assert_eq!((trace.rejects.count, trace.rejects.first.len()), (1_000, 20));
}

#[test]
fn a_cut_trace_is_what_came_before() {
    let text = events(&[&task(1_100_000, 60_000), &task(1_200_000, 70_000)]);
    for end in 0..text.len() {
        match read(&text.as_bytes()[..end], 1_000) {
            Ok(trace) => {
                let why = trace.rejects.first.last().map(|reject| &*reject.why);
                assert_eq!(why, Some("the trace ends in the middle"), "at {end}");
            }
            Err(TraceError::Empty) => assert_eq!(end, 0),
            Err(TraceError::NoEvents { .. }) => assert!(end < text.find("},\n").unwrap() + 1, "at {end}"),
            Err(error) => panic!("at {end}: {error}"),
        }
    }
    let cut = &text[..text.rfind("\"name\"").unwrap()];
    assert_eq!(of(cut).long_tasks.len(), 1);
    let long = self::text("slow-page");
    assert!((1..30).all(|part| read(&long[..long.len() * part / 30], 60_000).is_ok()));
}

#[test]
fn what_is_beside_the_events_is_passed_over() {
    let list = events(&[&task(1_100_000, 60_000)]);
    let whole = of(&list);
    for text in [
        format!(r#"{{"traceEvents": {list}, "metadata": {{"a": ["]", "traceEvents", {{}}]}}}}"#),
        format!(
            r#"{{"metadata": {{"a": ["[{{", "traceEvents"], "traceEvents": []}}, "b": "\"]", "traceEvents":{list}}}"#
        ),
    ] {
        assert_eq!(of(&text), whole, "{text}");
    }
}

#[test]
fn text_without_events_says_so() {
    let say = |text: &str| read(text.as_bytes(), 3).unwrap_err().to_string();
    assert_eq!(say(""), "the trace is empty: record it again");
    assert_eq!(say("{\"a\": [1]}"), "not a trace of Chromium: 10 bytes without a list of \"traceEvents\"");
    assert_eq!(say("<html>"), "not a trace of Chromium: 6 bytes without a list of \"traceEvents\"");
    assert_eq!(say("[]"), "not a trace of Chromium: no event in 2 bytes");
    assert_eq!(
        say("[1, 2]"),
        "not a trace of Chromium: no event in 6 bytes, but something between events that is no event"
    );
}

#[test]
fn numbers_and_depths_beyond_reason_harm_nobody() {
    let deep = format!(r#"{{"name":"RunTask","args":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let lines = [
        r#"{"name":"RunTask","ph":"X","pid":7,"tid":1,"ts":18446744073709551615,"dur":18446744073709551615}"#,
        r#"{"name":"RunTask","ph":"X","pid":7,"tid":1,"ts":1e300,"dur":-5}"#,
        r#"{"name":"RunTask","ph":"X","pid":99999999999999999999,"tid":1,"ts":1}"#,
        r#"{"name":"LayoutShift","ph":"I","cat":"loading","pid":7,"tid":1,"ts":1e18,"args":{"data":{"score":1e308}}}"#,
        r#"{"name":"LayoutShift","ph":"I","cat":"loading","pid":7,"tid":1,"ts":1e18,"args":{"data":{"score":1e308}}}"#,
        r#"{"name":"Profile","ph":"P","id":1,"pid":7,"tid":1,"ts":1,"args":{"data":{"startTime":1e19}}}"#,
        r#"{"name":"ProfileChunk","ph":"P","id":1,"pid":7,"tid":3,"ts":1,"args":{"data":{"cpuProfile":{"nodes":[{"id":1,"parent":2,"callFrame":{}},{"id":2,"parent":1,"callFrame":{"lineNumber":1e99}},{"id":3,"parent":3,"callFrame":{}},{"id":4,"callFrame":{}}],"samples":[1,2,3,4,5],"trace_ids":{"18446744073709551615":9}},"timeDeltas":[-2147483648,1,2,2147483647,3]}}}"#,
        &deep,
    ];
    let trace = of(&events(&lines));
    let profile = trace.profile.unwrap();
    assert_eq!((profile.nodes.len(), profile.samples.len()), (1, 1));
    assert!(trace.rejects.count >= 2, "{:#?}", trace.rejects);
}

proptest! {
    #[test]
    fn nothing_that_is_fed_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), piece in 1..50_usize) {
        let _ = read(&bytes, piece);
        let _ = read(&[b"{\"traceEvents\":[", &*bytes].concat(), piece);
    }

    #[test]
    fn a_trace_with_other_bytes_in_it_does_not_panic(at in 0..20_000_usize, other in any::<u8>(), cut in 0..20_000_usize) {
        let mut text = START.clone();
        text.truncate(cut);
        if let Some(byte) = text.get_mut(at) {
            *byte = other;
        }
        let pieces = read(&text, 7);
        prop_assert!(pieces == read(&text, 1_000));
    }
}

static START: LazyLock<Vec<u8>> = LazyLock::new(start);

/// Events of each kind that is read, two at most, from both recordings.
fn start() -> Vec<u8> {
    let mut counts = std::collections::BTreeMap::new();
    let mut lines = Vec::new();
    for name in ["slow-page", "slow-page-styles"] {
        let text = String::from_utf8(text(name)).unwrap();
        for line in text.lines().filter(|line| line.starts_with("{\"args\"") && line.len() < 2_000) {
            let name = line.split("\"name\":\"").last().and_then(|rest| rest.split('"').next()).unwrap_or_default();
            let count = counts.entry(name.to_owned()).or_insert(0);
            *count += 1;
            if *count <= 2 {
                lines.push(line.trim_end_matches([',', '\r']).to_owned());
            }
        }
    }
    format!("[{}]", lines.join(",\n")).into_bytes()
}
