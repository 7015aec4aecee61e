//! A page: loaded, asked, and listened to.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::error::{BrowserError, Ended};
use super::options::{Listening, PageOptions};
use super::recording::{Recording, exception_text};
use super::router::{Router, Wire};
use super::secrets::{Header, OwnHeaders};
use super::session::Setup;

/// A page of a browser. It stays open until [`Page::close`] or the end of the browser.
#[derive(Debug)]
pub struct Page {
    pub(super) wire: Wire,
    pub(super) session: String,
    /// Its name, which is that of its own frame too.
    pub(super) target: String,
    pub(super) listening: Listening,
    recording: watch::Receiver<Recording>,
}

impl Page {
    pub(super) async fn open(
        wire: &Wire,
        (params, setup): (Value, Setup),
        options: &PageOptions,
    ) -> Result<Self, BrowserError> {
        let target = field(wire.call(None, "Target.createTarget", params).await?, CREATED)?;
        let attach = json!({ "targetId": target, "flatten": true });
        let session = field(wire.call(None, "Target.attachToTarget", attach).await?, ATTACHED)?;
        let calls = setup.calls.clone();
        let recording = wire.listen(&session, setup).await?;
        let page = Self { wire: wire.clone(), session, target, listening: options.listening, recording };
        for (method, params) in calls {
            page.call(method, params).await?;
        }
        page.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await?;
        if let Some(size) = options.viewport {
            page.set_size(size).await?;
        }
        if let Some(times) = options.cpu_slowdown {
            page.slow_down(times).await?;
        }
        Ok(page)
    }

    /// The browser's name of its main frame, whatever is loaded into that.
    pub fn frame(&self) -> &str {
        &self.target
    }

    /// Lets these headers go along with each request to the host of this address, and with no other.
    pub async fn send_headers(&self, url: &str, headers: &[Header]) -> Result<(), BrowserError> {
        let Some(own) = OwnHeaders::of(url, headers) else { return Ok(()) };
        let patterns = own.patterns();
        let session = self.session.clone();
        let set = move |router: &mut Router| {
            if let Some(session) = router.sessions.get_mut(&session) {
                session.setup.headers = Some(own);
            }
        };
        self.wire.ask(set).await?;
        self.call("Fetch.enable", json!({ "patterns": patterns })).await?;
        Ok(())
    }

    /// Calls any method of the DevTools protocol for this page: `page.call("DOM.enable", json!({}))`.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, BrowserError> {
        self.wire.call(Some(&self.session), method, params).await
    }

    /// Goes to an address and waits until it, and what it redirects to, has loaded.
    pub async fn goto(&self, url: &str, deadline: Duration) -> Result<(), BrowserError> {
        match tokio::time::timeout(deadline, self.navigate(url, deadline)).await {
            Ok(Err(error @ BrowserError::Deadline { .. })) => Err(self.give_up(error)),
            Ok(done) => done,
            Err(_) => Err(self.give_up(BrowserError::Deadline { what: format!("loading {url}"), after: deadline })),
        }
    }

    async fn navigate(&self, url: &str, deadline: Duration) -> Result<(), BrowserError> {
        let wire = self.wire.within(deadline);
        let answer = wire.call(Some(&self.session), "Page.navigate", json!({ "url": url })).await?;
        if let Some(why) = answer["errorText"].as_str() {
            return Err(BrowserError::Load { url: url.to_owned(), why: why.to_owned() });
        }
        match answer["loaderId"].as_str() {
            Some(loader) => self.reach(|recording| recording.has_stopped(loader)).await,
            // Only a jump within the same document.
            None => Ok(()),
        }
    }

    /// Waits until this is true of what is recorded.
    pub async fn until(&self, deadline: Duration, is_reached: impl Fn(&Recording) -> bool) -> Result<(), BrowserError> {
        let waited = tokio::time::timeout(deadline, self.reach(is_reached)).await;
        let late = |_| BrowserError::Deadline { what: "waiting for the page".to_owned(), after: deadline };
        waited.map_err(late)?
    }

    pub(super) async fn reach(&self, is_reached: impl Fn(&Recording) -> bool) -> Result<(), BrowserError> {
        let mut recording = self.recording.clone();
        let reached = recording.wait_for(|it| it.ended.is_some() || is_reached(it)).await;
        let reached = reached.map_err(|_| BrowserError::Gone)?;
        match reached.ended {
            Some(ended) if !is_reached(&reached) => Err(ended.into()),
            _ => Ok(()),
        }
    }

    /// Stops what the page is at, so that an endless script does not burn on behind the error.
    pub(super) fn give_up(&self, error: BrowserError) -> BrowserError {
        self.wire.tell(&self.session, "Runtime.terminateExecution", json!({}));
        self.wire.tell(&self.session, "Page.stopLoading", json!({}));
        error
    }

    /// The value of a script, of what it promises, or null where it has none that JSON knows.
    ///
    /// What it throws is an error.
    pub async fn evaluate(&self, script: &str) -> Result<Value, BrowserError> {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        self.value(self.call("Runtime.evaluate", params).await)
    }

    /// Reads the answer of `Runtime.evaluate`.
    pub(super) fn value(&self, answer: Result<Value, BrowserError>) -> Result<Value, BrowserError> {
        let mut answer = match answer {
            Err(error @ BrowserError::Deadline { .. }) => return Err(self.give_up(error)),
            answer => answer?,
        };
        match answer.get("exceptionDetails") {
            Some(details) => Err(BrowserError::Exception(exception_text(details))),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// What has happened so far.
    pub fn recording(&self) -> Recording {
        self.recording.borrow().clone()
    }

    /// Closes it.
    pub async fn close(self) -> Result<(), BrowserError> {
        let closed = self.wire.call(None, "Target.closeTarget", json!({ "targetId": self.target })).await;
        match closed {
            Ok(_) | Err(BrowserError::Ended(Ended::Closed)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A method and the field of its answer that is wanted.
type Field = (&'static str, &'static str);

const CREATED: Field = ("Target.createTarget", "targetId");
const ATTACHED: Field = ("Target.attachToTarget", "sessionId");

/// A text in an answer.
pub(super) fn field(mut answer: Value, (method, field): Field) -> Result<String, BrowserError> {
    match answer[field].take() {
        Value::String(text) => Ok(text),
        _ => Err(BrowserError::Incomplete { method, field }),
    }
}
