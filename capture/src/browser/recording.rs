//! What happened in a page: its console, its requests, its dialogs, and what its policy forbade.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::error::Ended;
use super::options::Reach;
use super::router::Event;

/// All of it, in the order of its arrival.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// What the page, the scripts and the browser wrote.
    pub console: Vec<ConsoleMessage>,
    /// What was asked for, the document itself among it.
    pub requests: Vec<Request>,
    /// What a content security policy forbade.
    pub violations: Vec<Violation>,
    /// What the page asked its user; answered at once.
    pub dialogs: Vec<Dialog>,
    /// The addresses of windows that the page opened; closed at once.
    pub popups: Vec<String>,
    /// How many of these were left out, since there is room for 10,000 of each.
    pub left_out: usize,
    /// Why there will be no more.
    pub ended: Option<Ended>,
    /// The page's own frame, which is called as its target is.
    frame: String,
    /// Documents that the page went to by itself, since it was last asked to go or to do something.
    pub(super) hops: usize,
    /// Requests that have not ended, except for streams, which do not until the page does.
    pub(super) open: BTreeSet<String>,
    /// How many have begun.
    pub(super) begun: usize,
    /// Whether it is about to go to another document.
    pub(super) is_leaving: bool,
    navigations: VecDeque<Navigation>,
}

/// A line of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleMessage {
    /// How bad.
    pub level: Level,
    /// Who says so.
    pub source: Source,
    /// What, of its first 10,000 characters.
    pub text: String,
}

/// How bad a line of the console is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Shown only on request.
    Debug,
    /// The usual.
    Info,
    /// A doubt.
    Warning,
    /// A failure.
    Error,
}

/// Who wrote a line of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The page, by `console`.
    Console,
    /// An exception that nobody caught.
    Exception,
    /// The browser: requests that failed, policies, deprecations.
    Browser,
}

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What, of its first 10,000 characters.
    pub url: String,
    /// What for.
    pub kind: RequestKind,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// The page itself.
    Document,
    /// Something that the page needs or wants.
    Part,
}

/// Something that a content security policy forbade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// By which part of the policy: `script-src-elem`.
    pub directive: String,
    /// What: an address, or nothing where it was in the page itself.
    pub blocked: Option<String>,
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub kind: String,
    /// What it says, of its first 10,000 characters.
    pub text: String,
}

/// A document of the page's own frame.
#[derive(Debug, Clone, Default)]
struct Navigation {
    loader: String,
    loading: Loading,
    has_painted: bool,
    is_quiet: bool,
}

/// How far a document has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Loading {
    /// More of it is on its way.
    #[default]
    Begun,
    /// A download that begins, or `window.stop()`, has cut off what was on its way: its load event never fires.
    CutOff,
    /// Its load event fired.
    Loaded,
}

/// A page that writes without end must not fill our memory.
const MAX: usize = 10_000;

/// How many documents are remembered, to know which of them has loaded.
const MAX_NAVIGATIONS: usize = 100;

impl Request {
    /// Whether it leaves the page: what is written into the page (`data:`, `blob:`) does not.
    pub fn is_outside(&self) -> bool {
        !["data:", "blob:", "about:"].iter().any(|scheme| self.url.starts_with(scheme))
    }
}

impl Recording {
    pub(super) fn of(target: &str) -> Self {
        Self { frame: target.to_owned(), ..Self::default() }
    }

    /// Whatever was requested beside the documents themselves and left the page.
    pub fn fetched(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(|request| request.kind == RequestKind::Part && request.is_outside())
    }

    /// Whatever was requested of hosts that the page may not reach.
    pub fn blocked<'a>(&'a self, reach: &'a Reach) -> impl Iterator<Item = &'a Request> {
        self.requests.iter().filter(|request| !reach.allows(&request.url))
    }

    /// The errors of the console.
    pub fn errors(&self) -> impl Iterator<Item = &ConsoleMessage> {
        self.console.iter().filter(|message| message.level == Level::Error)
    }

    /// Whether this document, or one that took its place, has loaded.
    pub(super) fn has_loaded(&self, loader: &str) -> bool {
        self.navigations.iter().skip_while(|it| it.loader != loader).any(|it| it.loading == Loading::Loaded)
    }

    /// Whether nothing more of this document, or of one that took its place, is on its way.
    pub(super) fn has_stopped(&self, loader: &str) -> bool {
        self.navigations.iter().skip_while(|it| it.loader != loader).any(|it| it.loading > Loading::Begun)
    }

    /// Whether this document, or one that took its place, shows something.
    pub(super) fn has_painted(&self, loader: &str) -> bool {
        self.navigations.iter().skip_while(|it| it.loader != loader).any(|it| it.has_painted)
    }

    /// The document that is shown.
    fn document(&self) -> Option<&Navigation> {
        self.navigations.back()
    }

    /// Its name.
    pub(super) fn loader(&self) -> Option<&str> {
        self.document().map(|it| &*it.loader)
    }

    /// Whether it shows something.
    pub(super) fn shows(&self) -> bool {
        self.document().is_some_and(|it| it.has_painted)
    }

    /// Whether nothing more of it is on its way.
    pub(super) fn is_stopped(&self) -> bool {
        self.document().is_some_and(|it| it.loading > Loading::Begun)
    }

    /// Whether nothing more of it is on its way, and its network was quiet for half a second.
    pub(super) fn is_quiet(&self) -> bool {
        self.document().is_some_and(|it| it.loading > Loading::Begun && it.is_quiet)
    }

    /// Reads an event; whether it was one that matters.
    pub(super) fn take(&mut self, event: &Event) -> bool {
        let params = &event.params;
        match &*event.method {
            "Runtime.consoleAPICalled" => self.write(console_call(params)),
            "Runtime.exceptionThrown" => self.write(exception(params)),
            "Log.entryAdded" => self.write(log_entry(&params["entry"])),
            "Network.requestWillBeSent" => {
                self.begin(params);
                self.request(self.read_request(params));
            }
            "Network.loadingFinished" | "Network.loadingFailed" => return self.finish(params),
            "Network.webSocketCreated" => self.request(Request { url: text(&params["url"]), kind: RequestKind::Part }),
            "Audits.issueAdded" => return self.issue(&params["issue"]),
            "Page.javascriptDialogOpening" => {
                let dialog = Dialog { kind: text(&params["type"]), text: text(&params["message"]) };
                push(&mut self.dialogs, dialog, &mut self.left_out);
            }
            "Page.windowOpen" => push(&mut self.popups, text(&params["url"]), &mut self.left_out),
            "Page.frameNavigated" if params["frame"]["id"] == *self.frame => {
                self.commit(text(&params["frame"]["loaderId"]));
            }
            "Page.frameStartedNavigating" if self.is_own(params) => self.is_leaving = leaves(params),
            "Page.frameStoppedLoading" if self.is_own(params) => self.stop(),
            "Page.lifecycleEvent" if self.is_own(params) => return self.live(params),
            _ => return false,
        }
        true
    }

    fn write(&mut self, message: ConsoleMessage) {
        push(&mut self.console, message, &mut self.left_out);
    }

    fn request(&mut self, request: Request) {
        push(&mut self.requests, request, &mut self.left_out);
    }

    fn begin(&mut self, params: &Value) {
        self.begun += 1;
        if let Some(id) = params["requestId"].as_str()
            && params["type"] != "EventSource"
            && self.open.len() < MAX
        {
            self.open.insert(id.to_owned());
        }
    }

    fn finish(&mut self, params: &Value) -> bool {
        params["requestId"].as_str().is_some_and(|id| self.open.remove(id))
    }

    fn read_request(&self, params: &Value) -> Request {
        // A document loads under the name of its loader; that of a frame within is a part.
        let is_document = params["frameId"] == *self.frame && params["requestId"] == params["loaderId"];
        let kind = if is_document { RequestKind::Document } else { RequestKind::Part };
        Request { url: text(&params["request"]["url"]), kind }
    }

    fn issue(&mut self, issue: &Value) -> bool {
        let details = &issue["details"]["contentSecurityPolicyIssueDetails"];
        let blocked = details["blockedURL"].as_str().map(cut);
        let is_violation = issue["code"] == "ContentSecurityPolicyIssue";
        if is_violation {
            let violation = Violation { directive: text(&details["violatedDirective"]), blocked };
            push(&mut self.violations, violation, &mut self.left_out);
        }
        is_violation
    }

    fn commit(&mut self, loader: String) {
        self.hops += 1;
        self.is_leaving = false;
        // Those of the document before have ended with it.
        self.open.retain(|id| *id == loader);
        self.navigations.push_back(Navigation { loader, ..Navigation::default() });
        if self.navigations.len() > MAX_NAVIGATIONS {
            self.navigations.pop_front();
        }
    }

    fn stop(&mut self) {
        self.is_leaving = false;
        if let Some(document) = self.navigations.back_mut() {
            document.loading = document.loading.max(Loading::CutOff);
        }
    }

    fn is_own(&self, params: &Value) -> bool {
        params["frameId"] == *self.frame
    }

    /// Reads `Page.lifecycleEvent` of the page's own frame.
    fn live(&mut self, params: &Value) -> bool {
        let Some(document) = self.navigations.iter_mut().find(|it| params["loaderId"] == *it.loader) else {
            return false;
        };
        match params["name"].as_str() {
            Some("load") => document.loading = Loading::Loaded,
            Some("firstContentfulPaint") => document.has_painted = true,
            Some("networkAlmostIdle") => document.is_quiet = true,
            _ => return false,
        }
        true
    }
}

/// Whether `Page.frameStartedNavigating` tells of another document, not of a jump within this one.
fn leaves(params: &Value) -> bool {
    !params["navigationType"].as_str().is_some_and(|kind| kind.to_ascii_lowercase().contains("samedocument"))
}

fn push<T>(list: &mut Vec<T>, item: T, left_out: &mut usize) {
    if list.len() < MAX {
        list.push(item);
    } else {
        *left_out += 1;
    }
}

fn text(value: &Value) -> String {
    value.as_str().map(cut).unwrap_or_default()
}

fn cut(text: &str) -> String {
    text.chars().take(MAX).collect()
}

fn console_call(params: &Value) -> ConsoleMessage {
    let level = match params["type"].as_str() {
        Some("error" | "assert") => Level::Error,
        Some("warning") => Level::Warning,
        Some("debug") => Level::Debug,
        _ => Level::Info,
    };
    let arguments: Vec<String> = params["args"].as_array().into_iter().flatten().map(remote_object).collect();
    ConsoleMessage { level, source: Source::Console, text: cut(&arguments.join(" ")) }
}

/// A value of the page as its console would show it.
fn remote_object(object: &Value) -> String {
    let said = ["value", "unserializableValue", "description", "type"].iter().map(|field| &object[*field]);
    match said.into_iter().find(|value| !value.is_null()) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

fn exception(params: &Value) -> ConsoleMessage {
    let text = exception_text(&params["exceptionDetails"]);
    ConsoleMessage { level: Level::Error, source: Source::Exception, text }
}

/// What an exception says, with its stack where it has one.
pub(super) fn exception_text(details: &Value) -> String {
    let thrown = &details["exception"];
    if thrown.is_null() { text(&details["text"]) } else { cut(&thrown_text(thrown)) }
}

/// Not only errors are thrown: `throw "no"` has a value and no description.
fn thrown_text(thrown: &Value) -> String {
    thrown["description"].as_str().map_or_else(|| remote_object(thrown), str::to_owned)
}

fn log_entry(entry: &Value) -> ConsoleMessage {
    let level = match entry["level"].as_str() {
        Some("error") => Level::Error,
        Some("warning") => Level::Warning,
        Some("verbose") => Level::Debug,
        _ => Level::Info,
    };
    ConsoleMessage { level, source: Source::Browser, text: text(&entry["text"]) }
}
