//! Timing: a trace of the page as it runs when nothing else is collected, several times.

use std::time::Duration;

use perf_look_analyzers::web::capture::Timing;
use perf_look_analyzers::web::trace::{Reader, Trace};

use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening, Settle};

/// What is recorded. Together these take nothing from the page that could be measured.
const CATEGORIES: &[&str] = &[
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.stack",
    "disabled-by-default-v8.cpu_profiler",
    "blink.user_timing",
    "loading",
    "latencyInfo",
];

/// How long the page is left alone after it has loaded: layout shifts and late tasks belong to loading too.
const QUIET: Duration = Duration::from_millis(500);

/// How long what a step has set off may take, at least.
const AFTER_STEP: Duration = Duration::from_millis(200);

pub(super) async fn run(visit: &Visit) -> Result<Rows<Timing>, BrowserError> {
    let mut runs = Vec::new();
    for _ in 0..visit.timing_runs {
        runs.push(once(visit).await?);
    }
    keep_one_profile(&mut runs);
    Ok((Timing { runs }, None))
}

/// Each in a browser of its own: nothing is warm that was cold the time before.
async fn once(visit: &Visit) -> Result<Trace, BrowserError> {
    let browser = visit.browser(&[]).await?;
    let page = visit.page(&browser, Listening::Least).await?;
    let trace = browser.trace(CATEGORIES).await?;
    page.load(&visit.url, visit.patience()).await?;
    tokio::time::sleep(QUIET).await;
    visit.act(&page, Settle::RealTime { idle: AFTER_STEP }, 0).await?;
    let mut reader = Reader::new();
    trace.stop(|piece| reader.feed(piece)).await?;
    browser.close().await?;
    reader.finish().map_err(|error| BrowserError::Trace(error.to_string()))
}

/// Samples are many: those of the run in the middle are kept.
fn keep_one_profile(runs: &mut [Trace]) {
    let middle = Timing::middle(runs);
    for (place, run) in runs.iter_mut().enumerate() {
        if Some(place) != middle {
            run.profile = None;
        }
    }
}
