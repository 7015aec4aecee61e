//! In which time a page is measured: its own clock, which makes all counts repeatable, or everybody's.

use std::time::Duration;

use super::Visit;
use crate::browser::{BrowserError, Loaded, Page, Patience, Settle};

/// Which time a page lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// Its own: it stands still while scripts run and while something is on its way over the network.
    Virtual,
    /// Everybody's.
    Real,
}

/// How much time a page gets to load: timers within it run, later ones do not.
const LOADING: Duration = Duration::from_secs(3);

/// How much it gets after each step.
const STEP: Duration = Duration::from_secs(1);

/// How long a page is left alone in real time, after it has loaded and after a step.
const QUIET: Duration = Duration::from_millis(500);

impl Time {
    /// Loads the page and leaves it alone for as long as it gets.
    pub(super) async fn load(self, page: &Page, visit: &Visit) -> Result<Loaded, BrowserError> {
        match self {
            Self::Virtual => {
                // The rest is for the second try, in real time.
                let patience = Patience { deadline: visit.deadline / 2, ..visit.patience() };
                page.load_by_clock(&visit.url, LOADING, patience).await
            }
            Self::Real => {
                let loaded = page.load(&visit.url, visit.patience()).await?;
                tokio::time::sleep(QUIET).await;
                Ok(loaded)
            }
        }
    }

    /// Does the steps once.
    pub(super) async fn act(self, page: &Page, visit: &Visit) -> Result<(), BrowserError> {
        let settle = match self {
            Self::Virtual => Settle::VirtualTime { budget: STEP },
            Self::Real => Settle::RealTime { idle: QUIET },
        };
        visit.act(page, settle, 0).await
    }
}

/// Whether a page could still be measured in real time.
pub(super) fn is_held_up(error: &BrowserError) -> bool {
    matches!(error, BrowserError::Clock { .. } | BrowserError::Hang { .. } | BrowserError::Deadline { .. })
}
