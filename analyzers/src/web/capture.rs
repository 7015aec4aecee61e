//! What a browser said of a page, pass by pass, with what is needed to judge it again.
//!
//! Each pass has a browser of its own, so that what collects one thing does not disturb another. A pass that could
//! not run says why: nothing here is a zero that was not measured.

mod counts;
mod entries;

pub use counts::{Counts, Created, Document, FunctionCalls, JQuery, LoopTurns, QuerySite, ScriptUse, ScriptWork};
pub use entries::Entries;

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;
use super::place::{Position, Site};
use super::trace::{Invalidation, SelectorRow, Trace};

/// A recorded page. Holds no cookie, no header and no password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageCapture {
    /// What was asked for: an address or a file.
    pub name: String,
    /// Where that led to.
    pub url: String,
    /// The status of its answer; none where it did not come over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The browser's name for itself: `Chrome/156.0.8078.79`.
    pub browser: String,
    /// How it was measured.
    pub settings: Settings,
    /// Why the steps were not all done; those before were, in all passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Times, and what took them; in real time, with nothing else collected.
    #[serde(default)]
    pub timing: Pass<Timing>,
    /// Live selector objects, counters of memory; in real time, last.
    #[serde(default)]
    pub census: Pass<Census>,
    /// Exact counts, under a clock that only we advance.
    #[serde(default)]
    pub counts: Pass<Counts>,
    /// What matching selectors costs, under a clock that only we advance: recalculations are far slower then.
    #[serde(default)]
    pub selector_stats: Pass<SelectorStats>,
    /// What made styles invalid, in real time.
    #[serde(default)]
    pub invalidation: Pass<Invalidations>,
    /// What a reader should know of how it was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The code around the places that the rows name, by file and line; empty in captures of older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Excerpt>,
}

/// How a page was measured; two captures compare only where these are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Width and height of the page in CSS pixels.
    pub viewport: (u32, u32),
    /// How many times slower than the machine the page ran; 1 is as fast as it can.
    pub cpu_throttle: f64,
    /// The cores of the machine.
    pub cpus: u32,
    /// Whether requests to other hosts were blocked.
    pub offline: bool,
    /// The steps, a line each, without what was typed, which may be a password.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// How often times were taken.
    #[serde(default)]
    pub timing_runs: u32,
    /// How often the steps were repeated in the census.
    pub repeats: u32,
}

/// What a pass gave.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Pass<T> {
    /// It was not asked for, or nothing needed it.
    #[default]
    NotRun,
    /// It could not be measured.
    Failed {
        /// How long it was tried, in ms.
        ms: f64,
        /// Why.
        why: String,
    },
    /// It was measured.
    Measured {
        /// How long that took, in ms.
        ms: f64,
        /// Why its counts may differ from run to run; none where they are exact.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doubt: Option<String>,
        /// What was measured.
        rows: T,
    },
}

impl<T> Pass<T> {
    /// What was measured.
    pub fn rows(&self) -> Option<&T> {
        match self {
            Self::Measured { rows, .. } => Some(rows),
            Self::NotRun | Self::Failed { .. } => None,
        }
    }

    /// Whether its counts are the same in each run.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Measured { doubt: None, .. })
    }

    /// Why there is nothing; none where there is.
    pub fn why_not(&self) -> Option<String> {
        match self {
            Self::NotRun => Some("the pass was not run".to_owned()),
            Self::Failed { why, .. } => Some(format!("could not measure: {why}")),
            Self::Measured { .. } => None,
        }
    }
}

/// Traces of the page, each from a browser of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Timing {
    /// In the order in which they were taken; only that in the middle keeps its profile.
    pub runs: Vec<Trace>,
}

impl Timing {
    /// The run in the middle by how long tasks blocked the page, then by when it had loaded; of an even number the
    /// quicker one.
    pub fn middle(runs: &[Trace]) -> Option<usize> {
        let key = |run: &Trace| (run.blocking_us(None).unwrap_or(0), run.marks.load_us.unwrap_or(u64::MAX));
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|place| key(&runs[*place]));
        order.get(runs.len().checked_sub(1)? / 2).copied()
    }
}

/// What lived in the page's memory, after it had loaded and after each repeat of the steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Census {
    /// Memoised selectors, by who made them.
    pub selectors: Vec<SelectorGroup>,
    /// The page's memory after loading, and after each repeat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memory: Vec<MemoryPoint>,
    /// Places where fifty functions and more lived at once, or ever more: how many after loading, and after each
    /// repeat. Empty where the browser does not tell where functions are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<(Site, Vec<u64>)>,
    /// Live collections and what is in them, by kind: `Maps`, `entries of Maps`; after loading, and after each repeat.
    /// Empty where the heap was too large to be listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<(String, Vec<u64>)>,
    /// Live objects of other libraries, by kind: `jquery set`, `zustand store`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(String, u64)>,
    /// Frames and workers that could not be looked into, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<(String, String)>,
}

/// The live selectors whose combiner stands at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectorGroup {
    /// The address of the frame or worker.
    pub realm: String,
    /// Who makes such selectors.
    pub library: Library,
    /// Where the combiner (`resultFunc`) stands: the user's code, where the selector itself is the library's.
    pub site: Site,
    /// The combiner's text, of its first 400 characters.
    pub combiner: String,
    /// How many lived after loading, and after each repeat of the steps; never empty.
    pub instances: Vec<u64>,
    /// How often the combiners ran, in all instances that live at the end.
    pub recomputations: u64,
    /// How often the memoised arguments changed, in all instances; none in libraries that do not count it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependency_recomputations: Option<u64>,
    /// Of the instances at the end those whose combiner ran at most once.
    pub single_use: u64,
    /// How often the combiners ran during the steps of all repeats, in instances that lived when a repeat ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_recomputations: Option<u64>,
    /// How often the memoised arguments changed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_dependency_recomputations: Option<u64>,
    /// Results that their caches keep at the end; none where these are not of a kind that can be looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_entries: Option<Entries>,
    /// What keeps one of them alive, from the root; empty where that was not looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retainers: Vec<String>,
}

/// A library that makes memoised selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Library {
    /// reselect 3 and 4, and what wraps it.
    Reselect,
    /// reselect 5, which counts changed arguments too.
    Reselect5,
    /// re-reselect: a cache of selectors by key.
    ReReselect,
    /// ngrx.
    Ngrx,
    /// proxy-memoize, found by its closures.
    ProxyMemoize,
}

impl Library {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reselect => "reselect",
            Self::Reselect5 => "reselect 5",
            Self::ReReselect => "re-reselect",
            Self::Ngrx => "ngrx",
            Self::ProxyMemoize => "proxy-memoize",
        }
    }
}

/// The memory of a page at one moment, after its garbage was collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemoryPoint {
    /// JavaScript's heap in use, in bytes; from run to run it differs by half a per cent, as nothing else here does.
    pub heap_bytes: u64,
    /// DOM nodes, those that are not in a document too.
    pub nodes: u64,
    /// Documents.
    pub documents: u64,
    /// Event listeners.
    pub listeners: u64,
    /// Nodes that are in no document and yet held by scripts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detached: Option<u64>,
    /// Functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<u64>,
    /// Style sheets: linked, inline, adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheets: Option<u64>,
    /// Rules in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub css_rules: Option<u64>,
}

/// A number while the page loaded and while the steps ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Times {
    /// Until it had loaded.
    pub load: u64,
    /// During the steps, all together.
    pub steps: u64,
}

impl std::ops::AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        self.load += other.load;
        self.steps += other.steps;
    }
}

impl Times {
    /// Both.
    pub fn total(self) -> u64 {
        self.load + self.steps
    }
}

/// A live style sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StyleSheet {
    /// The browser's name for it within its pass.
    pub id: String,
    /// Its address, or that of the document that holds it.
    pub url: String,
    /// How it came into the page.
    pub origin: SheetOrigin,
    /// Its text as the browser has it.
    pub text: String,
    /// How many documents and shadow trees use it, or how many sheets have this very text.
    pub adopted_by: u64,
    /// The parts of the text whose rules matched something until the end of the steps, as UTF-16 offsets; none where
    /// that was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Vec<(u32, u32)>>,
    /// Where the text begins in `url`, for sheets within a document.
    pub start: Position,
    /// The text of its source map; none where it has none, or none that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
}

/// What the engine did to match selectors, until the end of the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SelectorStats {
    /// By selector and style sheet, the browser's own too.
    pub rows: Vec<SelectorRow>,
    /// Recalculations of style.
    pub style_recalcs: u64,
    /// Elements that got a style, in all recalculations.
    pub elements: u64,
    /// The style sheets that the rows name, as the browser of this pass numbered them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<StyleSheet>,
}

/// What made styles invalid, until the end of the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Invalidations {
    /// By what was changed and where, most elements first.
    pub causes: Vec<Invalidation>,
}

/// How a style sheet came into a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SheetOrigin {
    /// A file of its own.
    Linked,
    /// In the document.
    Inline,
    /// Made by a script: `new CSSStyleSheet()`.
    Constructed,
    /// Put into the document by a script, as CSS-in-JS does.
    Injected,
}

impl SheetOrigin {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Inline => "inline",
            Self::Constructed => "constructed",
            Self::Injected => "injected",
        }
    }
}

/// Timers that one place set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerSite {
    /// The call.
    pub site: Site,
    /// How many.
    pub set: Times,
    /// Of these those without a delay.
    pub zero: Times,
    /// Of these those that recur.
    pub recurring: Times,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebRequest {
    /// Its address.
    pub url: String,
    /// What for: `Script`, `Stylesheet`, `Image`, as DevTools names it.
    pub kind: String,
    /// The answer's number; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Bytes over the network; none where the browser did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_bytes: Option<u64>,
    /// Bytes after unpacking.
    pub content_bytes: u64,
    /// Whether nothing could be shown before it had come.
    pub blocks_rendering: bool,
}

/// How often React rendered a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentRenders {
    /// Its name, minified where the build is.
    pub name: String,
    /// Where it is defined, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// How often.
    pub renders: Times,
    /// Of these those in which props, state and context were the same.
    pub wasted: Times,
    /// Of these those in which only references had changed.
    pub by_reference: Times,
}

/// A warning that a library wrote of a selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectorWarning {
    /// What it is about.
    pub kind: WarningKind,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// Its text, of the first 400 characters.
    pub text: String,
    /// How often.
    pub count: u64,
}

/// What a library warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// An input gives another reference for the same arguments.
    UnstableInput,
    /// The combiner gives back what it got.
    IdentityCombiner,
}
