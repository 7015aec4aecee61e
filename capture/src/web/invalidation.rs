//! What made styles invalid: each change of a class, an attribute or the tree, and how far it reached.
//!
//! The engine writes some tens of megabytes of it for a second of work, so it listens to the steps alone, where there
//! are any.

use perf_look_analyzers::web::capture::Invalidations;
use perf_look_analyzers::web::trace::Reader;

use super::pace::Time;
use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening};

const CATEGORIES: &[&str] = &["devtools.timeline", "disabled-by-default-devtools.timeline.invalidationTracking"];

/// In real time, since what is invalid is worked off by frames.
pub(super) async fn run(visit: &Visit) -> Result<Rows<Invalidations>, BrowserError> {
    let browser = visit.browser(&[]).await?;
    let page = visit.page(&browser, Listening::Least).await?;
    let trace = if visit.steps.is_some() {
        Time::Real.load(&page, visit).await?;
        let trace = browser.trace(CATEGORIES).await?;
        Time::Real.act(&page, visit).await?;
        trace
    } else {
        let trace = browser.trace(CATEGORIES).await?;
        Time::Real.load(&page, visit).await?;
        trace
    };
    let mut reader = Reader::of_frame(page.frame());
    trace.stop(|piece| reader.feed(piece)).await?;
    browser.close().await?;
    let trace = reader.finish().map_err(|error| BrowserError::Trace(error.to_string()))?;
    let doubt = "in real time, one frame works off several changes, or one".to_owned();
    Ok((Invalidations { causes: trace.invalidations }, Some(doubt)))
}
