//! Chromium without a window: started, driven page by page, and gone afterwards.

use std::io;
use std::path::Path;
use std::time::Duration;

use chromiumoxide::Connection;
use serde_json::{Value, json};
use url::Url;

mod acting;
mod clock;
mod connect;
mod contexts;
mod error;
mod events;
pub mod find;
mod input;
mod load;
mod media;
mod options;
mod output;
mod page;
mod process;
mod recording;
mod router;
mod secrets;
mod session;
mod steps;
mod trace;

pub use acting::{Pace, Settle, StepError, StepFailure};
pub use connect::ConnectOptions;
pub use contexts::{Context, ContextKind};
pub use error::{BrowserError, Ended, Holdup};
pub use events::{Events, Happened};
pub use find::NoBrowser;
pub use load::{Document, Extent, Loaded, Patience};
pub use media::{Media, Medium, Motion, Scheme, Scripts};
pub use options::{LaunchOptions, Listening, NATIVES, PER_SITE, PageOptions, Reach, Viewport};
pub use output::AxNode;
pub use page::Page;
pub use process::StartError;
pub use recording::{ConsoleMessage, Dialog, Level, Recording, Request, RequestKind, Source, Violation};
pub use secrets::{Cookie, Header, SecretsError};
pub use steps::{Action, Problem, Scroll, Step, Steps, StepsError, Wait};
pub use trace::Trace;

use process::Process;
use router::{Router, Wire};
use session::Setup;

/// A Chromium that runs: of our own, with a profile of its own, or one that was there before.
///
/// Dropping it ends our own and removes its profile, and closes what we opened in another.
#[derive(Debug)]
pub struct Browser {
    wire: Wire,
    ground: Ground,
    reach: Reach,
}

/// Whose the browser is.
#[derive(Debug)]
enum Ground {
    Ours(Process),
    /// Somebody else's, and the name of the profile that we have in it, which goes when the connection does.
    Theirs(String),
}

/// Chromium takes about a tenth of a second to end, somewhat more after a huge page.
const FAREWELL: Duration = Duration::from_secs(5);

impl Browser {
    /// Starts a browser, and clears away what is left of those whose owners were killed.
    ///
    /// Can be dropped at any point: what was begun is ended and removed.
    pub async fn launch(options: &LaunchOptions) -> Result<Self, BrowserError> {
        let program = find::find(options.program.as_deref())?;
        process::sweep();
        let flags: Vec<String> = options.flags.iter().cloned().chain(options.reach.flag()).collect();
        let mut process = Process::start(&program, &flags)?;
        let address = process.address().await?;
        let wire = Self::wire_to(&address, options.deadline).await?;
        // Chromium keeps to it by its flag.
        Self { wire, ground: Ground::Ours(process), reach: Reach::Anywhere }.settled().await
    }

    async fn wire_to(address: &str, deadline: Duration) -> Result<Wire, BrowserError> {
        let connection = tokio::time::timeout(deadline, Connection::connect(address)).await;
        let late = |_| BrowserError::Deadline { what: "connecting to Chromium".to_owned(), after: deadline };
        let connection = connection.map_err(late)?.map_err(|error| BrowserError::Connect(Box::new(error)))?;
        Ok(Router::start(connection, deadline))
    }

    /// A page must not leave files in the user's home, nor open others that nobody listens to.
    async fn settled(self) -> Result<Self, BrowserError> {
        let deny = self.in_profile(json!({ "behavior": "deny" }));
        self.wire.call(None, "Browser.setDownloadBehavior", deny).await?;
        let profile = self.profile().map(str::to_owned);
        self.wire.ask(move |router| router.profile = profile).await?;
        self.wire.call(None, "Target.setDiscoverTargets", json!({ "discover": true })).await?;
        Ok(self)
    }

    fn profile(&self) -> Option<&str> {
        match &self.ground {
            Ground::Ours(_) => None,
            Ground::Theirs(profile) => Some(profile),
        }
    }

    /// Parameters that are about our profile, if it is not the only one.
    fn in_profile(&self, mut params: Value) -> Value {
        if let Some(profile) = self.profile() {
            params["browserContextId"] = profile.into();
        }
        params
    }

    /// What the browser calls itself: `Chrome/156.0.8078.79`.
    pub async fn version(&self) -> Result<String, BrowserError> {
        let answer = self.wire.call(None, "Browser.getVersion", json!({})).await?;
        Ok(answer["product"].as_str().unwrap_or_default().to_owned())
    }

    /// Opens an empty page, and records what happens in it from then on.
    pub async fn new_page(&self) -> Result<Page, BrowserError> {
        self.open(&PageOptions::default()).await
    }

    /// Opens an empty page that is listened to, and as large and slow, as the options say.
    pub async fn open(&self, options: &PageOptions) -> Result<Page, BrowserError> {
        let mut calls = options.listening.calls();
        calls.extend(self.reach.calls());
        if self.profile().is_some() {
            // Behind other windows it would neither be drawn nor clicked at.
            calls.push(("Page.bringToFront", json!({})));
        }
        let setup = Setup { calls, headers: None };
        Page::open(&self.wire, (self.in_profile(json!({ "url": "about:blank" })), setup), options).await
    }

    /// Gives its pages these cookies.
    pub async fn set_cookies(&self, cookies: &[Cookie]) -> Result<(), BrowserError> {
        let cookies: Vec<Value> = cookies.iter().map(Cookie::params).collect();
        let set = self.wire.call(None, "Storage.setCookies", self.in_profile(json!({ "cookies": cookies }))).await;
        // Its words could quote one.
        set.map(drop)
            .map_err(|error| if let BrowserError::Refused { .. } = error { BrowserError::Cookies } else { error })
    }

    /// The folder that holds everything of this browser, if it is ours.
    pub fn folder(&self) -> Option<&Path> {
        match &self.ground {
            Ground::Ours(process) => Some(process.folder()),
            Ground::Theirs(_) => None,
        }
    }

    /// The browser's first process, if it is ours.
    pub fn pid(&self) -> Option<u32> {
        match &self.ground {
            Ground::Ours(process) => Some(process.pid()),
            Ground::Theirs(_) => None,
        }
    }

    /// Ends the browser in good order and waits for that, or leaves somebody else's as it was; dropping it does the
    /// same without being asked first.
    pub async fn close(mut self) -> Result<(), BrowserError> {
        let wire = self.wire.within(FAREWELL);
        // It may go before it answers. What does not go by itself is ended when the process is dropped.
        let _ = match &mut self.ground {
            Ground::Ours(process) => {
                let answer = wire.call(None, "Browser.close", json!({})).await;
                process.wait(FAREWELL).await;
                answer
            }
            Ground::Theirs(profile) => {
                wire.call(None, "Target.disposeBrowserContext", json!({ "browserContextId": profile })).await
            }
        };
        Ok(())
    }
}

/// The address of a file, for [`Page::goto`].
pub fn file_url(file: &Path) -> io::Result<String> {
    let whole = file.canonicalize()?;
    // Only a path that is not whole has none.
    Url::from_file_path(whole).map(String::from).map_err(|()| io::ErrorKind::InvalidFilename.into())
}
