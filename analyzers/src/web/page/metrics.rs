//! The numbers of a page, by name. What was not measured is not there.

use std::collections::BTreeMap;

use crate::quantity::{Ms, Quantity};
use crate::web::capture::{Counts, MemoryPoint, PageCapture, Timing};
use crate::web::css;
use crate::web::trace::Trace;

use super::{Author, CssSelector, Metric, SelectorSite};

/// Objects of libraries, as the census calls them, and the names of their numbers.
const OTHERS: [(&str, &str); 5] = [
    ("jquery set", "jquery-sets"),
    ("ngrx selector", "ngrx-selectors"),
    ("re-reselect cached selector", "re-reselect-selectors"),
    ("redux store", "redux-stores"),
    ("zustand store", "zustand-stores"),
];

type Metrics = BTreeMap<&'static str, Metric>;

pub(super) fn of(
    capture: &PageCapture,
    sites: &[SelectorSite],
    css: Option<&css::Census>,
    selectors: &[CssSelector],
) -> Metrics {
    let mut metrics = Metrics::new();
    if let Some(census) = capture.census.rows() {
        let is_exact = capture.census.is_exact();
        let live = sites.iter().map(|site| site.instances).sum::<u64>();
        put(&mut metrics, is_exact, "selectors", count(live));
        for (kind, name) in OTHERS {
            if let Some((_, number)) = census.others.iter().find(|(other, _)| other == kind) {
                put(&mut metrics, is_exact, name, count(*number));
            }
        }
        if let Some(memory) = census.memory.last() {
            of_memory(&mut metrics, is_exact, memory);
        }
    }
    if let Some(counts) = capture.counts.rows() {
        of_counts(&mut metrics, capture.counts.is_exact(), counts);
    }
    if capture.selector_stats.rows().is_some() {
        let own = selectors.iter().filter(|selector| selector.author == Author::Page);
        let attempts = own.map(|selector| selector.match_attempts).sum();
        put(&mut metrics, capture.selector_stats.is_exact(), "match-attempts", count(attempts));
    }
    if let Some(css) = css {
        of_css(&mut metrics, capture.counts.is_exact(), css);
    }
    if let Some(timing) = capture.timing.rows() {
        of_timing(&mut metrics, timing);
    }
    metrics
}

fn put(metrics: &mut Metrics, is_exact: bool, name: &'static str, value: Quantity) {
    metrics.insert(name, Metric { value, is_exact });
}

fn count(number: u64) -> Quantity {
    Quantity::Count(number as f64)
}

fn of_memory(metrics: &mut Metrics, is_exact: bool, memory: &MemoryPoint) {
    put(metrics, false, "heap", Quantity::Bytes(memory.heap_bytes as f64));
    put(metrics, is_exact, "dom-nodes", count(memory.nodes));
    if let Some(detached) = memory.detached {
        // The browser tells only of nodes that scripts have touched as far as its memory still shows: one more or less.
        put(metrics, false, "detached-nodes", count(detached));
    }
    if let Some(functions) = memory.functions {
        put(metrics, is_exact, "functions", count(functions));
    }
}

fn of_counts(metrics: &mut Metrics, is_exact: bool, counts: &Counts) {
    let document = &counts.document;
    let mut exact = |name, number| put(metrics, is_exact, name, count(number));
    exact("selectors-created", counts.created.iter().map(|created| created.count.total()).sum());
    exact("dom-queries", counts.queries.iter().map(|site| site.calls.total()).sum());
    exact("dom-elements", document.elements);
    exact("dom-depth", document.depth);
    exact("listeners", document.listeners);
    exact("requests", counts.requests.len() as u64);
    if let Some(work) = counts.work {
        exact("js-calls", work.calls.total());
        exact("js-blocks", work.calls.total() + work.turns.total());
    }
    // The parser hands out the document in pieces that depend on the network: one more or less.
    put(metrics, false, "layouts", count(document.layouts.total()));
    put(metrics, false, "style-recalcs", count(document.style_recalcs.total()));
    let bytes: u64 = counts.requests.iter().map(|request| request.content_bytes).sum();
    put(metrics, is_exact, "content", Quantity::Bytes(bytes as f64));
}

fn of_css(metrics: &mut Metrics, is_exact: bool, css: &css::Census) {
    put(metrics, is_exact, "css-selectors", count(css.live_selectors()));
    put(metrics, is_exact, "css-rules", count(css.rules() as u64));
    put(metrics, is_exact, "css-bytes", Quantity::Bytes(css.bytes() as f64));
}

/// Medians over the runs; of an even number the smaller one in the middle, which was measured.
fn of_timing(metrics: &mut Metrics, timing: &Timing) {
    let mut time = |name, of: &dyn Fn(&Trace) -> Option<u64>| {
        if let Some(us) = median(timing.runs.iter().filter_map(of).collect()) {
            put(metrics, false, name, Quantity::Time(Ms(us as f64 / 1000.0)));
        }
    };
    time("first-byte", &|run| run.marks.first_byte_us);
    time("first-contentful-paint", &|run| run.marks.first_contentful_paint_us);
    time("largest-contentful-paint", &|run| run.marks.largest_contentful_paint.as_ref().map(|paint| paint.at_us));
    time("load", &|run| run.marks.load_us);
    time("total-blocking-time", &|run| run.blocking_us(None));
    time("interaction-to-next-paint", &|run| run.next_paint().map(super::super::trace::Interaction::duration_us));
    let mut shifts: Vec<f64> = timing.runs.iter().filter_map(|run| run.marks.layout_shift).collect();
    shifts.sort_by(f64::total_cmp);
    if let Some(shift) = shifts.get(shifts.len().saturating_sub(1) / 2) {
        put(metrics, false, "cumulative-layout-shift", Quantity::Score(*shift));
    }
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}
