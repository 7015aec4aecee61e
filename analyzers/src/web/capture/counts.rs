//! What the counts pass counted of a page: exact, by places in its code.

use serde::{Deserialize, Serialize};

use super::{ComponentRenders, SelectorWarning, StyleSheet, TimerSite, Times, WebRequest};
use crate::web::place::Site;

/// Exact counts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Selectors ever made, by the place that called the factory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub created: Vec<Created>,
    /// DOM queries by the place that asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<QuerySite>,
    /// jQuery's objects; none where the page has no jQuery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jquery: Option<JQuery>,
    /// The document's size and the engine's work.
    pub document: Document,
    /// Functions by how often they were called, most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<FunctionCalls>,
    /// All that its scripts did; none in captures of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<ScriptWork>,
    /// Loops by how often they turned, most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loops: Vec<LoopTurns>,
    /// Scripts, and how much of each never ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<ScriptUse>,
    /// Style sheets with their text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<StyleSheet>,
    /// Event listeners by the place of their function.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<(Site, u64)>,
    /// Timers by the place that set them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<TimerSite>,
    /// What was asked for over the network.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<WebRequest>,
    /// React's components; none where the page has no React that tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub react: Option<Vec<ComponentRenders>>,
    /// Warnings of reselect and react-redux on the console, by place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<SelectorWarning>,
}

/// Selectors that one place made, dead ones too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The call of `createSelector` in the user's code.
    pub site: Site,
    /// Where their combiner stands, as [`super::SelectorGroup::site`]; none where the browser did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combiner: Option<Site>,
    /// How many.
    pub count: Times,
    /// Callers above the site, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Site>,
}

/// DOM queries of one method from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuerySite {
    /// `querySelectorAll`.
    pub method: String,
    /// The call.
    pub site: Site,
    /// How many calls.
    pub calls: Times,
    /// Of these those with the same method, text and root as one before.
    pub repeated: u64,
    /// Of these those that found nothing.
    pub empty: u64,
    /// One of the texts that were asked for.
    pub example: String,
    /// How many different texts were asked for.
    pub texts: u64,
}

/// What a page did through jQuery.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JQuery {
    /// `3.7.1`.
    pub version: String,
    /// Objects made, by place.
    pub objects: Vec<(Site, Times)>,
    /// Searches by selector, by place.
    pub finds: Vec<(Site, Times)>,
    /// Changes from writing to reading within one task, by place.
    pub switches: Vec<(Site, u64)>,
}

/// The document's size, and what the engine did for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Document {
    /// Elements, in shadow trees too.
    pub elements: u64,
    /// Levels of the deepest element.
    pub depth: u64,
    /// Most children of one element.
    pub children: u64,
    /// Ids that more than one element has.
    pub duplicate_ids: u64,
    /// Event listeners.
    pub listeners: u64,
    /// Layouts.
    pub layouts: Times,
    /// Recalculations of style.
    pub style_recalcs: Times,
}

/// How often a function was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCalls {
    /// Where it begins.
    pub site: Site,
    /// How often.
    pub calls: Times,
}

/// What the scripts of a page did, whatever took how long: the same in each run where they do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScriptWork {
    /// Calls of functions.
    pub calls: Times,
    /// Turns of loops, but for the first each time that one is entered: [`LoopTurns::turns`] of all loops.
    pub turns: Times,
}

/// How often the body of a loop ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopTurns {
    /// Where its body begins, in the function around it.
    pub site: Site,
    /// How much more often its body ran than what is around it.
    pub turns: Times,
}

/// How much of a script ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptUse {
    /// Its address.
    pub url: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Of these those in functions that never ran.
    pub unused_bytes: u64,
    /// A digest of its text; none in captures of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The same by source file, where there is a source map: name, bytes, unused bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<(String, u64, u64)>,
}
