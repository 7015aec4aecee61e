//! Recorded traces of others, where the folder of them is given.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use perf_look_analyzers::web::trace::{Reader, Trace};

/// A trace of the corpus; none where there is no corpus.
fn trace(name: &str) -> Option<Trace> {
    let corpus = perf_look_fixtures::corpus(name)?;
    let trace = read(&corpus.join(format!("pages/traces/{name}.json.gz")), 100_000);
    assert_eq!(trace.rejects.first, [], "{name}");
    Some(trace)
}

#[track_caller]
fn read(file: &Path, piece: usize) -> Trace {
    let mut text = Vec::new();
    GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut text).unwrap();
    let mut reader = Reader::new();
    text.chunks(piece).for_each(|piece| reader.feed(piece));
    reader.finish().unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn selectors_are_added_up_over_recalculations() {
    let Some(trace) = trace("selector-stats") else { return };
    let sum =
        |of: fn(&perf_look_analyzers::web::trace::SelectorRow) -> u64| trace.selectors.iter().map(of).sum::<u64>();
    assert_eq!(trace.selectors.len(), 344);
    assert_eq!(sum(|row| row.recalcs), 446);
    assert_eq!(sum(|row| row.elapsed_us), 100);
    assert_eq!(sum(|row| row.match_attempts), 2_444);
    assert_eq!(sum(|row| row.match_count), 465);
    assert_eq!(trace.url.as_deref(), Some("https://www.google.com/"));
    let marks = &trace.marks;
    assert_eq!(marks.first_contentful_paint_us, Some(400_015_756_803 - 400_015_556_588));
    assert_eq!(marks.dom_content_loaded_us, Some(400_015_786_241 - 400_015_556_588));
    assert_eq!(marks.load_us, Some(400_015_888_270 - 400_015_556_588));
}

#[test]
fn a_forced_layout_is_one_with_the_recalculation_before_it() {
    let Some(trace) = trace("large-layout-small-recalc") else { return };
    let [site] = &*trace.layouts.forced else { panic!("{:#?}", trace.layouts.forced) };
    assert_eq!(site.site.to_string(), "http://localhost:8787/forced-layout-main-thread/app.js:23:25");
    assert_eq!((site.count, site.style_recalcs, site.layouts), (1, 1, 1));
    assert_eq!(site.us, 4_067 + 126_739);
    let [task] = &*trace.layouts.forced_tasks else { panic!("{:#?}", trace.layouts.forced_tasks) };
    assert_eq!((task.count, task.forced_us), (1, 4_067 + 126_739));
    assert_eq!(trace.layouts.large_recalcs, []);
    assert_eq!((trace.layouts.style_recalcs, trace.layouts.layouts, trace.layouts.dirty_objects), (5, 1, 5));
}

#[test]
fn elements_are_those_of_the_main_frame() {
    let Some(trace) = trace("multi-frame-dom-stats") else { return };
    let dom = trace.dom.unwrap();
    assert_eq!((dom.elements, dom.depth, dom.children), (7, 3, 4));
    assert_eq!(dom.deepest.as_deref(), Some("DIV id='child'"));
    assert_eq!(dom.widest.as_deref(), Some("BODY"));
}

#[test]
fn layout_shifts_add_up_in_their_worst_window() {
    let Some(trace) = trace("cls-single-frame") else { return };
    assert_eq!(trace.marks.layout_shift, Some(0.295_227_284_958_362_37));
}

#[test]
fn an_interaction_is_delay_processing_and_presentation() {
    let Some(trace) = trace("one-second-interaction") else { return };
    let [click] = &*trace.interactions else { panic!("{:#?}", trace.interactions) };
    assert_eq!(click.kind, "click");
    assert_eq!((click.input_delay_us, click.processing_us, click.presentation_us), (1_000, 977_000, 1_974));
    assert_eq!(trace.next_paint(), Some(click));
    assert_eq!((trace.marks.layout_shift, trace.marks.first_contentful_paint_us), (Some(0.0), None));
    let [task] = &*trace.long_tasks else { panic!("{:#?}", trace.long_tasks) };
    assert!(task.duration_us > 900_000, "{task:#?}");
}

#[test]
fn a_task_of_a_worker_keeps_nobody_waiting() {
    let Some(trace) = trace("long-task-from-worker-thread") else { return };
    assert_eq!(trace.long_tasks, []);
    assert!(trace.profile.is_some());
}

#[test]
fn pieces_of_any_size_say_the_same() {
    let Some(corpus) = perf_look_fixtures::corpus("pieces_of_any_size_say_the_same") else { return };
    let file = corpus.join("pages/traces/long-task-from-worker-thread.json.gz");
    let whole = read(&file, usize::MAX);
    for piece in [1, 7, 4096] {
        assert!(read(&file, piece) == whole, "in pieces of {piece}");
    }
}
