//! How a browser starts and how its pages are opened.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::error::BrowserError;
use super::page::Page;

/// How to start.
#[derive(Debug, Clone)]
pub struct LaunchOptions {
    /// The program; searched for where there is none, see [`super::find::find`].
    pub program: Option<PathBuf>,
    /// How long a single answer may take, unless a call has a limit of its own.
    pub deadline: Duration,
    /// What Chromium is told beside what it always is, such as [`NATIVES`] and [`PER_SITE`].
    pub flags: Vec<String>,
    /// Which hosts its pages reach.
    pub reach: Reach,
}

impl Default for LaunchOptions {
    fn default() -> Self {
        Self { program: None, deadline: Duration::from_secs(30), flags: Vec::new(), reach: Reach::Anywhere }
    }
}

/// Lets scripts ask V8 itself, by `%FunctionGetScriptId(f)` and the like.
pub const NATIVES: &str = "--js-flags=--allow-natives-syntax";

/// Puts frames of other sites into processes of their own, on machines with little memory too.
pub const PER_SITE: &str = "--site-per-process";

/// Which hosts a page reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reach {
    /// All.
    #[default]
    Anywhere,
    /// Its own alone: a name or an IP address, or none for a page in a file. Requests to others fail at once.
    Only(Option<String>),
}

impl Reach {
    /// Nothing but the host of this address.
    pub fn only_of(url: &str) -> Self {
        Self::Only(host(url))
    }

    /// Whether an address can be reached. What is written into the page, or lies in a file, always can.
    pub fn allows(&self, url: &str) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Only(own) => host(url).is_none_or(|host| Some(host) == *own),
        }
    }

    /// The same for a browser that has started already.
    pub(super) fn calls(&self) -> Vec<Call> {
        let Self::Only(own) = self else { return Vec::new() };
        let own = own.iter().map(|host| json!({ "urlPattern": format!("*://{host}:*/*"), "block": false }));
        let others = ["http", "https", "ws", "wss"];
        let others = others.map(|scheme| json!({ "urlPattern": format!("{scheme}://*:*/*"), "block": true }));
        let patterns: Value = own.chain(others).collect();
        vec![("Network.enable", json!({})), ("Network.setBlockedURLs", json!({ "urlPatterns": patterns }))]
    }

    /// For Chromium's command line, where neither a page nor a listener has a part in it.
    pub(super) fn flag(&self) -> Option<String> {
        let Self::Only(own) = self else { return None };
        let except = own.as_ref().map(|host| format!(", EXCLUDE {host}")).unwrap_or_default();
        Some(format!("--host-resolver-rules=MAP * ~NOTFOUND{except}"))
    }
}

/// The host of an address, as Chromium writes it; none for what has no host.
pub(super) fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.host_str().filter(|host| !host.is_empty()).map(str::to_owned)
}

/// How a page is opened.
#[derive(Debug, Clone, Default)]
pub struct PageOptions {
    /// What is heard of it.
    pub listening: Listening,
    /// How large it is; as the browser likes where nothing is said.
    pub viewport: Option<Viewport>,
    /// How many times slower its main thread runs than it could: 4 is a phone. Workers are not slowed down.
    pub cpu_slowdown: Option<f64>,
}

/// What is heard of a page. Every listener takes time from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listening {
    /// Console, requests, violations of its policy, in frames and workers too, and nothing comes from a cache or a
    /// service worker.
    #[default]
    Everything,
    /// That it loads, asks its user and crashes: for measuring times, in a browser whose caches are empty.
    Least,
}

/// The size of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Pixels of the screen for each of these.
    pub scale: f64,
}

impl Default for Viewport {
    /// The commonest screen of a desktop.
    fn default() -> Self {
        Self { width: 1_366, height: 768, scale: 1.0 }
    }
}

/// A method with its parameters.
pub(super) type Call = (&'static str, Value);

impl Listening {
    /// What makes a session tell, of itself and of the frames and workers within.
    pub(super) fn calls(self) -> Vec<Call> {
        match self {
            Self::Least => vec![("Page.enable", json!({}))],
            Self::Everything => vec![
                ("Page.enable", json!({})),
                ("Runtime.enable", json!({})),
                ("Log.enable", json!({})),
                ("Network.enable", json!({})),
                ("Network.setCacheDisabled", json!({ "cacheDisabled": true })),
                ("Network.setBypassServiceWorker", json!({ "bypass": true })),
                ("Audits.enable", json!({})),
                ("Target.setAutoAttach", attaching(Start::Held)),
            ],
        }
    }
}

/// How the frames and workers of a page start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Once they are listened to.
    Held,
    /// At once.
    Free,
}

impl Start {
    pub(super) fn of(listening: Listening) -> Self {
        match listening {
            Listening::Everything => Self::Held,
            Listening::Least => Self::Free,
        }
    }
}

/// A session for each frame and worker of a page that has a process or thread of its own.
pub(super) fn attaching(start: Start) -> Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": start == Start::Held, "flatten": true })
}

impl Page {
    /// Makes it as large as this.
    pub async fn set_size(&self, size: Viewport) -> Result<(), BrowserError> {
        let Viewport { width, height, scale } = size;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// Makes its main thread as many times slower.
    pub async fn slow_down(&self, times: f64) -> Result<(), BrowserError> {
        self.call("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_reaches_only_its_own_host_reaches_all_of_its_ports() {
        let reach = Reach::only_of("http://127.0.0.1:8000/app");
        let allowed =
            ["http://127.0.0.1:8000/x.js", "ws://127.0.0.1:9/", "data:text/html,", "blob:null/1", "file:///x"];
        assert!(allowed.iter().all(|url| reach.allows(url)));
        let forbidden = ["http://localhost:8000/", "https://cdn.example/x.js", "wss://[::1]/"];
        assert!(!forbidden.iter().any(|url| reach.allows(url)));
        assert_eq!(reach.flag().as_deref(), Some("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"));
    }

    #[test]
    fn a_page_in_a_file_reaches_no_host() {
        let reach = Reach::only_of("file:///tmp/page.html");
        assert!(!reach.allows("http://127.0.0.1/"));
        assert_eq!(reach.flag().as_deref(), Some("--host-resolver-rules=MAP * ~NOTFOUND"));
        assert_eq!(Reach::Anywhere.flag(), None);
    }
}
