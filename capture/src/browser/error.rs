//! What can go wrong with a browser, and what to do about it.

use std::time::Duration;

use thiserror::Error;

use super::find::NoBrowser;
use super::process::StartError;

/// Why something could not be had from a browser.
#[derive(Debug, Error)]
pub enum BrowserError {
    /// There is no program.
    #[error(transparent)]
    NoBrowser(#[from] NoBrowser),
    /// It does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It started, but cannot be talked to.
    #[error("could not connect to Chromium")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It ended or let go of the connection.
    #[error("Chromium has gone")]
    Gone,
    /// Something took too long.
    #[error("{what} took longer than {} s", after.as_secs_f64())]
    Deadline {
        /// What was waited for.
        what: String,
        /// For how long.
        after: Duration,
    },
    /// It does not do what it was asked to.
    #[error("Chromium refused {method}: {message}")]
    Refused {
        /// The method of the protocol.
        method: String,
        /// Why.
        message: String,
    },
    /// An answer without the field that is needed.
    #[error("Chromium answered {method} without {field}")]
    Incomplete {
        /// The method of the protocol.
        method: &'static str,
        /// What is missing.
        field: &'static str,
    },
    /// A page could not be loaded.
    #[error("could not load {url}: {why}")]
    Load {
        /// Which.
        url: String,
        /// Chromium's word for it: `net::ERR_CONNECTION_REFUSED`.
        why: String,
    },
    /// A script of ours threw.
    #[error("the script failed: {0}")]
    Exception(String),
    /// The page can no longer be used.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// Events were not taken as fast as they came.
    #[error("more events came than there is room for")]
    Flood,
    /// Chromium had no room for all of a trace.
    #[error("the trace has holes: Chromium had no room for all of it")]
    Holes,
    /// No key has this name.
    #[error("no key is called {0:?}")]
    Key(String),
}

/// Why a page can no longer be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Ended {
    /// Its process crashed, or ran out of memory.
    #[error("the page crashed")]
    Crashed,
    /// It was closed.
    #[error("the page was closed")]
    Closed,
    /// It opens one dialog after the other.
    #[error("the page opened more than {} dialogs", super::router::MAX_DIALOGS)]
    Dialogs,
}

impl BrowserError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoBrowser(error) => return Some(error.help()),
            Self::Start(error) => return Some(error.help()),
            Self::Connect(_) | Self::Gone | Self::Ended(Ended::Closed) => "try again",
            Self::Deadline { .. } => "allow more time, or look whether the page loads in a browser with a window",
            Self::Load { .. } => "check the address, and whether its server runs",
            Self::Ended(Ended::Crashed) => {
                "look whether the page loads in a browser with a window, or needs more memory"
            }
            Self::Key(_) => "use the names of KeyboardEvent.key: a, Enter, ArrowDown",
            Self::Refused { .. } | Self::Incomplete { .. } => "try another version of Chromium",
            Self::Flood | Self::Holes => "measure a shorter stretch, or a smaller page",
            Self::Exception(_) | Self::Ended(Ended::Dialogs) => return None,
        };
        Some(help.to_owned())
    }
}
