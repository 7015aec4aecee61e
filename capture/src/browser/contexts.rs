//! Where the scripts of a page run: its own document, those of its frames, and its workers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::error::BrowserError;
use super::events::{Events, Subscription};
use super::options::{Start, attaching};
use super::page::Page;
use super::router::Router;
use super::session::{Realm, Target};

/// A place where scripts run, with its own `Function.prototype`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// For [`Page::call_in`].
    pub session: String,
    /// The `contextId` of `Runtime.evaluate`, within the session.
    pub id: i64,
    /// What it belongs to.
    pub kind: ContextKind,
    /// The address of its document or script.
    pub url: String,
}

/// What a place where scripts run belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextKind {
    /// The page's own document.
    Page,
    /// A frame within.
    Frame,
    /// A worker of this page alone.
    Worker,
    /// A worker that pages share.
    SharedWorker,
    /// A service worker.
    ServiceWorker,
    /// Something newer, such as a worklet.
    Other,
}

/// A session with what runs in it.
#[derive(Debug)]
struct Running {
    session: String,
    target: Target,
    realms: BTreeMap<i64, Realm>,
}

impl Page {
    /// Where scripts run now, the page's own document first, then in the order in which they were found.
    ///
    /// What was not listened to until now is from then on, as far as it has to be for this.
    pub async fn contexts(&self) -> Result<Vec<Context>, BrowserError> {
        self.find_sessions().await?;
        let mut contexts = Vec::new();
        for running in self.running().await? {
            let urls = self.frames_of(&running).await?;
            contexts.extend(running.realms.iter().map(|(&id, realm)| self.context(&running, id, (realm, &urls))));
        }
        contexts.sort_by_key(|context| context.kind != ContextKind::Page);
        Ok(contexts)
    }

    /// Calls a method of the page's own session, or of that of a frame or worker within.
    pub async fn call_in(&self, session: &str, method: &str, params: Value) -> Result<Value, BrowserError> {
        self.wire.call(Some(session), method, params).await
    }

    /// The session of the page itself, for [`Page::call_in`].
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Events with these names, of the page and of what is within, from now on.
    pub async fn events(&self, methods: &[&str]) -> Result<Events, BrowserError> {
        let (subscription, events) = Subscription::to(methods, Some(self.session.clone()));
        self.wire.ask(move |router| router.subscribe(subscription)).await?;
        Ok(events)
    }

    /// Asks each session for its scripts and for the sessions within, until there is no further one.
    async fn find_sessions(&self) -> Result<(), BrowserError> {
        let mut asked = BTreeSet::new();
        loop {
            let sessions = self.running().await?.into_iter().map(|running| running.session);
            let Some(session) = sessions.into_iter().find(|session| !asked.contains(session)) else { return Ok(()) };
            let start = Start::of(self.listening);
            // A worker that does not know one of these has ended, or has none within.
            gone_is_fine(self.call_in(&session, "Target.setAutoAttach", attaching(start)).await)?;
            gone_is_fine(self.call_in(&session, "Runtime.enable", json!({})).await)?;
            asked.insert(session);
        }
    }

    async fn running(&self) -> Result<Vec<Running>, BrowserError> {
        let root = self.session.clone();
        self.wire.ask(move |router| running(router, &root)).await
    }

    /// The addresses of the documents of a session, by frame.
    async fn frames_of(&self, running: &Running) -> Result<BTreeMap<String, String>, BrowserError> {
        let mut urls = BTreeMap::new();
        if ["page", "iframe"].contains(&&*running.target.kind) {
            let tree = self.call_in(&running.session, "Page.getFrameTree", json!({})).await;
            collect(&gone_is_fine(tree)?["frameTree"], &mut urls);
        }
        Ok(urls)
    }

    fn context(&self, running: &Running, id: i64, (realm, urls): (&Realm, &BTreeMap<String, String>)) -> Context {
        let kind = match &*running.target.kind {
            "page" | "iframe" if realm.frame.as_ref() == Some(&self.target) => ContextKind::Page,
            "page" | "iframe" => ContextKind::Frame,
            "worker" => ContextKind::Worker,
            "shared_worker" => ContextKind::SharedWorker,
            "service_worker" => ContextKind::ServiceWorker,
            _ => ContextKind::Other,
        };
        let url = realm.frame.as_ref().and_then(|frame| urls.get(frame)).unwrap_or(&running.target.url);
        Context { session: running.session.clone(), id, kind, url: url.clone() }
    }
}

/// The sessions of a page that still answer.
fn running(router: &Router, root: &str) -> Vec<Running> {
    let of_page = router.sessions.iter().filter(|(_, session)| session.root == root && session.ended.is_none());
    let mut of_page: Vec<_> = of_page.collect();
    of_page.sort_by_key(|(_, session)| session.number);
    let running = |(id, session): (&String, &super::session::Session)| Running {
        session: id.clone(),
        target: session.target.clone(),
        realms: session.realms.clone(),
    };
    of_page.into_iter().map(running).collect()
}

/// A frame or worker may go at any time, which is its own matter; the page is asked again anyhow.
fn gone_is_fine(answer: Result<Value, BrowserError>) -> Result<Value, BrowserError> {
    match answer {
        Err(BrowserError::Ended(_) | BrowserError::Refused { .. }) => Ok(Value::Null),
        answer => answer,
    }
}

/// Reads `Page.FrameTree`. Chromium allows a thousand frames in a page.
fn collect(tree: &Value, urls: &mut BTreeMap<String, String>) {
    let mut left = vec![tree];
    while let Some(tree) = left.pop() {
        if let (Some(id), Some(url)) = (tree["frame"]["id"].as_str(), tree["frame"]["url"].as_str()) {
            urls.insert(id.to_owned(), url.to_owned());
        }
        left.extend(tree["childFrames"].as_array().into_iter().flatten());
    }
}
