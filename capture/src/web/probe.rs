//! The first look: whether the page can be loaded and its steps done at all, which is one error and not one of each
//! pass.

use std::time::{Duration, Instant};

use super::census::Search;
use super::{PassName, Visit};
use crate::browser::{BrowserError, Document, Extent, Listening, Settle, Steps};

/// What the first look came to.
pub(super) struct Probe {
    /// The browser's name for itself.
    pub(super) browser: String,
    /// Where the address led to.
    pub(super) document: Document,
    /// How long it took to load.
    pub(super) loading: Duration,
    /// How its selectors are found.
    pub(super) search: Search,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
    /// Why not all steps can be done.
    pub(super) stopped: Option<String>,
    /// What can be looked at: as asked, without the steps that cannot be done.
    pub(super) visit: Visit,
}

pub(super) async fn run(visit: &Visit) -> Result<Probe, BrowserError> {
    let browser = visit.browser(&[]).await?;
    let version = browser.version().await?;
    let page = visit.page(&browser, Listening::Least).await?;
    let begun = Instant::now();
    let loaded = page.load(&visit.url, visit.patience()).await?;
    let loading = begun.elapsed();
    loaded.document.check()?;
    let mut notes = Vec::new();
    if loaded.extent == Extent::Partly {
        notes.push(
            "not all of the page came: something that it waits for did not, or the page cut off its loading itself"
                .to_owned(),
        );
    }
    let mut probe = Probe {
        browser: version,
        document: loaded.document,
        loading,
        search: Search::Heap,
        notes,
        stopped: None,
        visit: visit.clone(),
    };
    match visit.act(&page, Settle::RealTime { idle: Duration::ZERO }, 0).await {
        Ok(()) => {}
        Err(BrowserError::Step(error)) => {
            probe.visit.steps = before(visit.steps.clone(), error.line);
            probe.stopped = Some(error.to_string());
        }
        Err(error) => return Err(error),
    }
    if visit.passes.contains(&PassName::Census) {
        probe.search = Search::suiting(&page).await;
    }
    // A page that hangs in its steps ends with its browser, whether that answers or not.
    browser.close().await?;
    Ok(probe)
}

/// The steps above a line, if there are any.
fn before(steps: Option<Steps>, line: usize) -> Option<Steps> {
    let mut steps = steps?;
    steps.steps.retain(|step| step.line < line);
    (!steps.steps.is_empty()).then_some(steps)
}
