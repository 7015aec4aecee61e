//! How a page's selectors are found: on its heap, or, where that is too large to be listed, as they are made.

use std::time::Duration;

use serde_json::json;

use crate::browser::{BrowserError, Page};

/// Notes selectors as they are made.
const REGISTER: &str = include_str!("register.js");

/// Gives those that were noted and live, or nothing where nobody noted them.
pub(super) const REGISTERED: &str = "globalThis.__perf_look_selectors?.()";

/// In bytes. To list the functions of 35 MB takes the browser 1.3 s and of 340 MB 12.5 s, since it marks what can be
/// reached in hash sets, twice; so that of 100 MB takes three to four.
const LARGE: u64 = 100_000_000;

/// A page that computes without end has had its time by now.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the selectors of a page are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Search {
    /// Its functions are listed, whatever they are.
    Heap,
    /// Its selectors are noted as they are made, since its heap has so many bytes.
    Register {
        /// After its garbage was collected.
        heap: u64,
    },
}

impl Search {
    /// What suits a page that has loaded.
    pub(in crate::web) async fn suiting(page: &Page) -> Self {
        let used = tokio::time::timeout(PATIENCE, used(page)).await.ok().and_then(Result::ok);
        // What does not answer here will not answer in the census either, which says so.
        let Some(LARGE..) = used else { return Self::Heap };
        weigh(page).await.unwrap_or(Self::Heap)
    }

    /// Gets a page ready, before it loads.
    pub(super) async fn prepare(self, page: &Page) -> Result<(), BrowserError> {
        if matches!(self, Self::Register { .. }) {
            page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": REGISTER })).await?;
        }
        Ok(())
    }

    /// What a reader should know.
    pub(super) fn note(self) -> Option<String> {
        let Self::Register { heap } = self else { return None };
        let heap = heap.div_ceil(1_000_000);
        Some(format!(
            "the heap of {heap} MB is too large to list its functions: selectors were noted as they were made, and \
             functions by place were not counted"
        ))
    }
}

async fn weigh(page: &Page) -> Result<Search, BrowserError> {
    // Garbage does not count, and how much of it there is differs from run to run.
    page.call("HeapProfiler.collectGarbage", json!({})).await?;
    let heap = used(page).await?;
    Ok(if heap < LARGE { Search::Heap } else { Search::Register { heap } })
}

async fn used(page: &Page) -> Result<u64, BrowserError> {
    let usage = page.call("Runtime.getHeapUsage", json!({})).await?;
    Ok(super::memory::number(&usage["usedSize"]))
}
