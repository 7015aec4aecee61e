//! What can go wrong with a browser, and what to do about it.

use std::time::Duration;

use perf_look_analyzers::web::place::Site;
use thiserror::Error;

use super::acting::StepError;
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
    /// There is no browser to connect to.
    #[error("could not connect to a browser at {address}: {why}")]
    NotConnected {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
    /// It does not take the cookies.
    #[error("Chromium does not take these cookies")]
    Cookies,
    /// It ended or let go of the connection.
    #[error("Chromium has gone")]
    Gone,
    /// Something took too long.
    #[error("{what} took longer than {} s", seconds(*after))]
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
    /// The address is that of a file to keep.
    #[error("{0} is a download, not a page")]
    Download(String),
    /// The server has no such page, or none for us.
    #[error("{url} answered with HTTP {status}")]
    Status {
        /// Which address.
        url: String,
        /// 400 or higher.
        status: u16,
    },
    /// What came is no page.
    #[error("{url} is no HTML page, but {mime}")]
    NoPage {
        /// Which address.
        url: String,
        /// What it is instead.
        mime: String,
    },
    /// A script runs without end.
    #[error("{what} ran into an endless script{}, which was ended after {} s", place(at.as_deref()), seconds(*after))]
    Hang {
        /// What was done then.
        what: String,
        /// When it was given up.
        after: Duration,
        /// Where the script was then, if that is known.
        at: Option<Box<Site>>,
    },
    /// A step could not be done.
    #[error(transparent)]
    Step(Box<StepError>),
    /// A trace cannot be read.
    #[error("the trace cannot be read: {0}")]
    Trace(String),
    /// The page's own clock did not get on.
    #[error("the page's clock waits for {by}, since {} s", seconds(*after))]
    Clock {
        /// What it waits for.
        by: Holdup,
        /// How long it was waited for.
        after: Duration,
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

/// What holds up a page's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Holdup {
    /// A script that does not end, or waits itself until the clock has got on.
    #[error("a script that waits for the clock, or does not end")]
    Script,
    /// A request that is not answered.
    #[error("a request that is not answered")]
    Request,
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
    /// It goes from one document to the next.
    #[error("the page went on to more than {} documents by itself", super::router::MAX_HOPS)]
    Navigations,
    /// It opens one dialog after the other.
    #[error("the page opened more than {} dialogs", super::router::MAX_DIALOGS)]
    Dialogs,
}

/// In tenths of a second, which is near enough for a limit.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

fn place(at: Option<&Site>) -> String {
    at.map(|at| format!(" at {at}")).unwrap_or_default()
}

/// What to do about a word of Chromium's for why a page does not load.
fn help_with(why: &str) -> &'static str {
    let about = [
        ("ERR_TOO_MANY_REDIRECTS", "the server redirects in a circle: look at what it sends as Location"),
        ("ERR_ABORTED", "the server answered without a page, as with 204, or nothing here reads such addresses"),
        ("ERR_UNSAFE_PORT", "no browser loads pages from this port: serve it on another, such as 8080"),
        ("ERR_NAME_NOT_RESOLVED", "check the name of the host; with --offline no host but the page's own is reached"),
        ("ERR_CERT", "the server's certificate is not trusted here: add it to those that Chromium trusts"),
        ("ERR_FILE_NOT_FOUND", "check the path"),
        ("invalid URL", "write the whole address: http://localhost:8080/, or the path of a file"),
    ];
    let found = about.into_iter().find(|(word, _)| why.contains(word));
    found.map_or("check the address, and whether its server runs", |(_, help)| help)
}

impl From<StepError> for BrowserError {
    fn from(error: StepError) -> Self {
        Self::Step(Box::new(error))
    }
}

impl BrowserError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoBrowser(error) => return Some(error.help()),
            Self::Step(error) => return error.help(),
            Self::Start(error) => return Some(error.help()),
            Self::NotConnected { .. } => {
                "start the browser with --remote-debugging-port=9222 and a --user-data-dir of its own, then connect to \
                 http://127.0.0.1:9222"
            }
            Self::Cookies => "look whether each has a name, a domain and a path, and one that is secure an https site",
            Self::Connect(_) | Self::Gone | Self::Ended(Ended::Closed) => "try again",
            Self::Deadline { .. } => "allow more time, or look whether the page loads in a browser with a window",
            Self::Load { why, .. } => help_with(why),
            Self::Download(_) | Self::NoPage { .. } => "give the address of a page",
            Self::Status { status: 401 | 403 | 407, .. } => "sign in: give the page cookies or headers from a file",
            Self::Status { .. } => "check the address, and what its server says about it in its log",
            Self::Hang { .. } => "open the page in a browser with a window, and pause it in the debugger of its tools",
            Self::Clock { .. } => "measure it by a real clock, where counts are approximate",
            Self::Ended(Ended::Navigations) => {
                "give the address that the page ends at, or mend where it reloads itself"
            }
            Self::Ended(Ended::Crashed) => {
                "look whether the page loads in a browser with a window, or needs more memory"
            }
            Self::Key(_) => "use the names of KeyboardEvent.key: a, Enter, ArrowDown",
            Self::Refused { .. } | Self::Incomplete { .. } | Self::Trace(_) => "try another version of Chromium",
            Self::Flood | Self::Holes => "measure a shorter stretch, or a smaller page",
            Self::Exception(_) | Self::Ended(Ended::Dialogs) => return None,
        };
        Some(help.to_owned())
    }
}
