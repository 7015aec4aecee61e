//! A session as the router knows it: whose it is, what runs in it, and whether it still answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::error::Ended;
use super::options::Call;
use super::recording::Recording;
use super::secrets::OwnHeaders;

/// A page, or a frame or worker within one, whose events count as the page's.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) page: Arc<watch::Sender<Recording>>,
    /// The session of the page, which may be this one.
    pub(super) root: String,
    /// The session that it was attached from, if it is within a page.
    pub(super) parent: Option<String>,
    pub(super) setup: Setup,
    pub(super) target: Target,
    /// Where scripts run in it, by its own number for each.
    pub(super) realms: BTreeMap<i64, Realm>,
    /// How many sessions there were before: names of sessions are random.
    pub(super) number: usize,
    pub(super) ended: Option<Ended>,
}

/// What a page, and what is within it, is asked for before it runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Setup {
    pub(super) calls: Vec<Call>,
    /// What goes along with requests.
    pub(super) headers: Option<OwnHeaders>,
}

/// What a session talks to.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    pub(super) id: String,
    /// `page`, `iframe`, `worker`.
    pub(super) kind: String,
    pub(super) url: String,
}

/// Where scripts of a page itself run, not those of extensions or of ours.
#[derive(Debug, Clone)]
pub(super) struct Realm {
    /// None in a worker.
    pub(super) frame: Option<String>,
}

impl Target {
    /// Reads `Target.TargetInfo`.
    pub(super) fn read(info: &Value) -> Self {
        let text = |field: &str| info[field].as_str().unwrap_or_default().to_owned();
        Self { id: text("targetId"), kind: text("type"), url: text("url") }
    }
}

impl Session {
    pub(super) fn of_page(session: &str, target: Target, number: usize) -> Self {
        Self {
            page: Arc::new(watch::Sender::new(Recording::of(&target.id))),
            root: session.to_owned(),
            parent: None,
            setup: Setup::default(),
            target,
            realms: BTreeMap::new(),
            number,
            ended: None,
        }
    }

    /// That of a frame or worker within.
    pub(super) fn within(&self, parent: Option<String>, target: Target, number: usize) -> Self {
        let (page, root, setup) = (self.page.clone(), self.root.clone(), self.setup.clone());
        Self { page, root, parent, setup, target, realms: BTreeMap::new(), number, ended: None }
    }

    /// Notes where scripts run from now on, or no longer do.
    pub(super) fn note_realms(&mut self, method: &str, params: &Value) {
        match method {
            "Runtime.executionContextCreated" => {
                let about = &params["context"]["auxData"];
                if let Some(id) = params["context"]["id"].as_i64().filter(|_| about["isDefault"] != false) {
                    self.realms.insert(id, Realm { frame: about["frameId"].as_str().map(str::to_owned) });
                }
            }
            "Runtime.executionContextDestroyed" => {
                params["executionContextId"].as_i64().map(|id| self.realms.remove(&id));
            }
            "Runtime.executionContextsCleared" => self.realms.clear(),
            _ => {}
        }
    }
}
