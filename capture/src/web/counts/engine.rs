//! What the engine counts itself: layouts, recalculations of style, listeners.

use perf_look_analyzers::web::capture::Times;
use serde_json::{Value, json};

use crate::browser::{BrowserError, Page};

/// Begins to count.
pub(super) async fn start(page: &Page) -> Result<(), BrowserError> {
    page.call("Performance.enable", json!({})).await?;
    Ok(())
}

/// Counts since the document began.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    layouts: u64,
    style_recalcs: u64,
}

/// Counts until now.
pub(super) async fn take(page: &Page) -> Result<Work, BrowserError> {
    let answer = page.call("Performance.getMetrics", json!({})).await?;
    let metrics = answer["metrics"].as_array();
    let metric = |name: &str| {
        let found = metrics.into_iter().flatten().find(|metric| metric["name"] == name);
        found.and_then(|metric| count(&metric["value"])).unwrap_or_default()
    };
    Ok(Work { layouts: metric("LayoutCount"), style_recalcs: metric("RecalcStyleCount") })
}

/// Layouts and recalculations of style while the page loaded and during the steps.
///
/// Another document counts from nothing; what was done for the one before is then not known.
pub(super) fn times(load: Work, end: Work) -> (Times, Times) {
    let times = |load: u64, end: u64| Times { load, steps: if end >= load { end - load } else { end } };
    (times(load.layouts, end.layouts), times(load.style_recalcs, end.style_recalcs))
}

/// Event listeners of all documents, without `ours`. Those of documents that were left go with the garbage.
pub(super) async fn listeners(page: &Page, ours: u64) -> Result<u64, BrowserError> {
    page.call("HeapProfiler.collectGarbage", json!({})).await?;
    let counters = page.call("Memory.getDOMCounters", json!({})).await?;
    Ok(count(&counters["jsEventListeners"]).unwrap_or_default().saturating_sub(ours))
}

/// A count that the protocol writes with or without a fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|number| number as u64))
}
