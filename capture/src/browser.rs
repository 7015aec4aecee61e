//! Chromium without a window: started, driven page by page, and gone afterwards.

use std::io;
use std::path::Path;
use std::time::Duration;

use chromiumoxide::Connection;
use serde_json::json;
use url::Url;

mod acting;
mod clock;
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
mod session;
mod steps;
mod trace;

pub use acting::{Pace, Settle, StepError, StepFailure};
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
pub use steps::{Action, Problem, Scroll, Step, Steps, StepsError, Wait};
pub use trace::Trace;

use process::Process;
use router::{Router, Wire};

/// A running Chromium with a profile of its own. Dropping it ends the browser and removes the profile.
#[derive(Debug)]
pub struct Browser {
    wire: Wire,
    process: Process,
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
        let connection = tokio::time::timeout(options.deadline, Connection::connect(&address)).await;
        let connection = connection
            .map_err(|_| BrowserError::Deadline { what: "connecting to Chromium".to_owned(), after: options.deadline })?
            .map_err(|error| BrowserError::Connect(Box::new(error)))?;
        let browser = Self { wire: Router::start(connection, options.deadline), process };
        // A page must not leave files in the user's home, nor open others that nobody listens to.
        browser.wire.call(None, "Browser.setDownloadBehavior", json!({ "behavior": "deny" })).await?;
        browser.wire.call(None, "Target.setDiscoverTargets", json!({ "discover": true })).await?;
        Ok(browser)
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
        Page::open(&self.wire, options).await
    }

    /// The folder that holds everything of this browser.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// The browser's first process.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Ends the browser in good order and waits for that; dropping it does the same without being asked first.
    pub async fn close(mut self) -> Result<(), BrowserError> {
        // It may go before it answers. What does not go by itself is ended when `process` is dropped.
        let _ = self.wire.within(FAREWELL).call(None, "Browser.close", json!({})).await;
        self.process.wait(FAREWELL).await;
        Ok(())
    }
}

/// The address of a file, for [`Page::goto`].
pub fn file_url(file: &Path) -> io::Result<String> {
    let whole = file.canonicalize()?;
    // Only a path that is not whole has none.
    Url::from_file_path(whole).map(String::from).map_err(|()| io::ErrorKind::InvalidFilename.into())
}
