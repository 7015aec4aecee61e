//! Loads a page that is to be measured: whole, or as far as it comes, or with a clear reason why not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perf_look_analyzers::web::place::{Position, Site};
use serde_json::{Value, json};

use super::error::BrowserError;
use super::events::{Events, Happened};
use super::page::Page;
use super::recording::Recording;

/// How long is waited for a page.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// In which it must have loaded, or at least shown something.
    pub deadline: Duration,
    /// How long it may go on to load after it has first shown something.
    pub after_paint: Duration,
    /// How long is waited, after it has loaded, for its network to be quiet.
    pub settle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { deadline: seconds(60), after_paint: seconds(15), settle: seconds(5) }
    }
}

/// A page that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The document at the end of all redirects.
    pub document: Document,
    /// Whether all of it is there.
    pub extent: Extent,
}

/// How much of a page is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Its load event fired.
    Whole,
    /// Something that it waits for did not come, or it cut off its loading itself: it began a download, or stopped.
    Partly,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its address, after all redirects.
    pub url: String,
    /// The status of its answer; none where it did not come over HTTP.
    pub status: Option<u16>,
    /// `text/html`.
    pub mime: String,
}

impl Document {
    /// An error where this is the page of an error, or no page that scripts and style sheets belong to.
    pub fn check(&self) -> Result<(), BrowserError> {
        let url = self.url.clone();
        match self.status {
            Some(status) if status >= 400 => Err(BrowserError::Status { url, status }),
            _ if !PAGES.contains(&&*self.mime) => Err(BrowserError::NoPage { url, mime: self.mime.clone() }),
            _ => Ok(()),
        }
    }
}

/// What is measured: what Chromium makes of anything else is a viewer of its own.
const PAGES: &[&str] = &["text/html", "application/xhtml+xml", "image/svg+xml"];

/// A page that runs no endless script answers within that, on a busy machine too.
const RESPONSE: Duration = Duration::from_secs(3);

/// How long a page that hung is given to hang again, before it is looked where it is.
const LOOP: Duration = Duration::from_secs(2);

/// A page that goes on more often is looked at for longer.
const FEW_HOPS: usize = 3;

/// What a wait came to.
enum Wait {
    Over,
    Late,
}

impl Page {
    /// Goes to an address and waits until it has loaded, and what it redirects to, and its network is quiet.
    ///
    /// What does not load to its end, but shows something, is measured as it is then.
    pub async fn load(&self, url: &str, patience: Patience) -> Result<Loaded, BrowserError> {
        let end = Instant::now() + patience.deadline;
        let loader = self.depart(url, patience.deadline).await?;
        let extent = match self.arrive(&loader, patience, end).await? {
            Wait::Over => {
                self.settle_network(patience.settle, end).await?;
                if self.recording().has_loaded(&loader) { Extent::Whole } else { Extent::Partly }
            }
            Wait::Late if !self.responds().await => return Err(self.hang(url, patience.deadline).await),
            Wait::Late => self.halt(url, patience).await?,
        };
        let document = self.document().await?;
        Ok(Loaded { document, extent })
    }

    /// Begins to load; the name of what loads.
    pub(super) async fn depart(&self, url: &str, deadline: Duration) -> Result<String, BrowserError> {
        let wire = self.wire.within(deadline);
        let answer = match wire.call(Some(&self.session), "Page.navigate", json!({ "url": url })).await {
            Err(BrowserError::Deadline { after, .. }) => {
                let what = format!("the answer of the server of {url}");
                return Err(self.give_up(BrowserError::Deadline { what, after }));
            }
            Err(BrowserError::Refused { message, .. }) => return Err(cannot_load(url, &message)),
            answer => answer?,
        };
        match (answer["errorText"].as_str(), &answer["isDownload"], answer["loaderId"].as_str()) {
            (_, Value::Bool(true), _) => Err(BrowserError::Download(url.to_owned())),
            (Some(why), ..) => Err(cannot_load(url, why)),
            (None, _, Some(loader)) => Ok(loader.to_owned()),
            // A jump within the same document, which is loaded.
            (None, _, None) => Ok(self.recording().loader().unwrap_or_default().to_owned()),
        }
    }

    /// Waits until it has loaded, or has stopped to, or has had its time.
    async fn arrive(&self, loader: &str, patience: Patience, end: Instant) -> Result<Wait, BrowserError> {
        let late = async {
            self.reach(|recording| recording.has_painted(loader)).await?;
            tokio::time::sleep(patience.after_paint).await;
            Ok(Wait::Late)
        };
        let over = async { self.reach(|recording| recording.has_stopped(loader)).await.map(|()| Wait::Over) };
        tokio::select! {
            biased;
            over = over => over,
            late = late => late,
            () = tokio::time::sleep_until(end.into()) => Ok(Wait::Late),
        }
    }

    /// Stops what still loads, and takes what is there, if it shows something.
    async fn halt(&self, url: &str, patience: Patience) -> Result<Extent, BrowserError> {
        let shows = self.recording().shows();
        self.call("Page.stopLoading", json!({})).await?;
        let what = format!("loading {url}");
        if shows { Ok(Extent::Partly) } else { Err(BrowserError::Deadline { what, after: patience.deadline }) }
    }

    /// Waits for a quiet network, but not long: some pages never are. One that goes from document to document has to
    /// stay somewhere.
    async fn settle_network(&self, settle: Duration, end: Instant) -> Result<(), BrowserError> {
        let quiet = self.reach(Recording::is_quiet);
        match tokio::time::timeout(settle, quiet).await {
            Err(_) if self.recording().hops > FEW_HOPS => {
                let quiet = self.reach(Recording::is_quiet);
                tokio::time::timeout_at(end.into(), quiet).await.unwrap_or(Ok(()))
            }
            waited => waited.unwrap_or(Ok(())),
        }
    }

    /// The document that is shown.
    pub async fn document(&self) -> Result<Document, BrowserError> {
        let tree = self.call("Page.getFrameTree", json!({})).await?;
        let frame = &tree["frameTree"]["frame"];
        if let Some(url) = frame["unreachableUrl"].as_str() {
            return Err(cannot_load(url, "the page led there, and there is nothing"));
        }
        let text = |field: &str| frame[field].as_str().unwrap_or_default().to_owned();
        // Asked apart from the page, which may have put anything of its own there.
        let asked = "performance.getEntriesByType('navigation')[0]?.responseStatus";
        let status = self.evaluate_apart(asked).await?.as_u64().and_then(|status| u16::try_from(status).ok());
        let url = text("url");
        let status = status.filter(|&status| status > 0 && url.starts_with("http"));
        Ok(Document { url, status, mime: text("mimeType") })
    }

    /// The value of a script that the page does not see, and that sees nothing of what the page's scripts have
    /// changed.
    pub async fn evaluate_apart(&self, script: &str) -> Result<Value, BrowserError> {
        let context = self.apart().await?;
        let params = json!({ "expression": script, "contextId": context, "returnByValue": true, "awaitPromise": true });
        self.value(self.call("Runtime.evaluate", params).await)
    }

    /// A world of scripts of our own in the document that is shown. There is one of a name: asking again gives the
    /// same.
    async fn apart(&self) -> Result<Value, BrowserError> {
        let params = json!({ "frameId": self.target, "worldName": "perf-look" });
        let mut world = self.call("Page.createIsolatedWorld", params).await?;
        Ok(world["executionContextId"].take())
    }

    /// Whether scripts can run, since no other does without end.
    pub(super) async fn responds(&self) -> bool {
        let wire = self.wire.within(RESPONSE);
        let params = json!({ "expression": "1" });
        !matches!(wire.call(Some(&self.session), "Runtime.evaluate", params).await, Err(BrowserError::Deadline { .. }))
    }

    /// Ends an endless script, and loads the page again to see where that is.
    async fn hang(&self, url: &str, after: Duration) -> BrowserError {
        let at = self.find_loop(url).await.ok().flatten();
        let what = format!("loading {url}");
        self.give_up(BrowserError::Hang { what, after, at: at.map(Box::new) })
    }

    /// A debugger has to be there before the script begins, and would have been in the way of what is measured.
    async fn find_loop(&self, url: &str) -> Result<Option<Site>, BrowserError> {
        let wire = self.wire.within(RESPONSE);
        let session = Some(&*self.session);
        wire.call(session, "Runtime.terminateExecution", json!({})).await?;
        let mut events = self.events(&["Debugger.scriptParsed", "Debugger.paused"]).await?;
        wire.call(session, "Debugger.enable", json!({})).await?;
        wire.call(session, "Page.navigate", json!({ "url": url })).await?;
        tokio::time::sleep(LOOP).await;
        wire.tell(&self.session, "Debugger.pause", json!({}));
        let paused = wire.in_time("pausing", find_paused(&mut events)).await;
        wire.tell(&self.session, "Debugger.disable", json!({}));
        paused
    }
}

/// Where scripts stand still.
async fn find_paused(events: &mut Events) -> Result<Option<Site>, BrowserError> {
    let mut urls = BTreeMap::new();
    while let Some(Happened { method, mut params, .. }) = events.next().await? {
        let frame = &params["callFrames"][0];
        match &*method {
            "Debugger.paused" => {
                return Ok(site(frame, urls.get(frame["location"]["scriptId"].as_str().unwrap_or(""))));
            }
            _ => drop(urls.insert(params["scriptId"].as_str().unwrap_or("").to_owned(), params["url"].take())),
        }
    }
    Ok(None)
}

/// Reads `Debugger.CallFrame`, with the address of its script.
fn site(frame: &Value, url: Option<&Value>) -> Option<Site> {
    let number = |field: &str| u32::try_from(frame["location"][field].as_u64()?).ok();
    let at = Position::from_zero(number("lineNumber")?, number("columnNumber")?);
    let function = frame["functionName"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    Some(Site { url: url.and_then(Value::as_str).unwrap_or_default().to_owned(), at, function, original: None })
}

fn cannot_load(url: &str, why: &str) -> BrowserError {
    BrowserError::Load { url: url.to_owned(), why: why.to_owned() }
}
