//! Timing: a trace of the page as it runs when nothing else is collected, several times.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use perf_look_analyzers::web::capture::Timing;
use perf_look_analyzers::web::trace::{Reader, Trace};

use super::sources::{Code, Learnt, Sources};
use super::{Rows, Visit};
use crate::browser::{Browser, BrowserError, Listening, Page, Settle};

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

/// Traces with the places of what scripts were made from. Learns which source maps could not be used.
pub(super) async fn run(visit: &Visit, learnt: &mut Learnt) -> Result<Rows<Timing>, BrowserError> {
    let mut runs = Vec::new();
    for left in (0..visit.timing_runs).rev() {
        let browser = visit.browser(&[]).await?;
        let page = visit.page(&browser, Listening::Least).await?;
        runs.push(once(visit, &browser, &page).await?);
        if left == 0 {
            keep_one_profile(&mut runs);
            // All runs load the same scripts: what places were is asked once, when nothing is measured any more.
            learnt.add(look_up(&mut runs, &page).await);
        }
        browser.close().await?;
    }
    Ok((Timing { runs }, None))
}

/// Each in a browser of its own: nothing is warm that was cold the time before.
async fn once(visit: &Visit, browser: &Browser, page: &Page) -> Result<Trace, BrowserError> {
    let trace = browser.trace(CATEGORIES).await?;
    page.load(&visit.url, visit.patience()).await?;
    tokio::time::sleep(QUIET).await;
    visit.act(page, Settle::RealTime { idle: AFTER_STEP }, 0).await?;
    let mut reader = Reader::of_frame(page.frame());
    trace.stop(|piece| reader.feed(piece)).await?;
    reader.finish().map_err(|error| BrowserError::Trace(error.to_string()))
}

/// Looks the places of all runs up in the source maps of a page that is still open. Without them places stay as the
/// browser names them, which a note says.
async fn look_up(runs: &mut [Trace], page: &Page) -> Learnt {
    let mut places = BTreeSet::new();
    for run in runs.iter_mut() {
        run.look_up(|site| {
            places.insert(site.clone());
            None
        });
    }
    let mut sources = match Sources::of(page).await {
        Ok(sources) => sources,
        Err(error) => {
            let note = format!("places in scripts are those of the build: {error}");
            return Learnt { notes: vec![note], ..Learnt::default() };
        }
    };
    let mut originals = BTreeMap::new();
    for place in places {
        let at = (place.at.line.saturating_sub(1), place.at.column.saturating_sub(1));
        let function = place.function.as_deref().unwrap_or_default();
        let found = sources.site(Code::Url(&place.url), at, function).await.original;
        originals.extend(found.map(|original| (place, original)));
    }
    for run in runs {
        run.look_up(|site| originals.get(site).cloned());
    }
    sources.learnt()
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
