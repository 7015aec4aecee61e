//! A CPU profile: what was called by what, and what ran when, sampled.

pub(super) mod chunks;
mod cpuprofile;
mod tree;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use cpuprofile::{CpuProfile, ReadProfileError};

use crate::web::place::{Original, Position, Site};

/// Samples of a thread's stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// When it began, on the browser's clock, which has no zero that means something.
    pub start_us: u64,
    /// When it ended.
    pub end_us: u64,
    /// A node stands after the one that calls it.
    pub nodes: Vec<Node>,
    /// In the order of time.
    pub samples: Vec<Sample>,
}

/// A function where it was called from: what has two callers has two nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What it is.
    #[serde(flatten)]
    pub function: Function,
    /// The place in [`Profile::nodes`] of what calls it; none for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// While it ran itself.
    pub self_us: u64,
    /// With all that it called.
    pub total_us: u64,
}

/// A function as the engine names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Function {
    /// Empty for one without a name; `(garbage collector)`, `(program)`, `(idle)` and `(root)` are no functions.
    pub name: String,
    /// Empty for what the browser is made of: `querySelector`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Where it begins; none for what has no script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// The browser's number of the script, 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub script_id: u32,
    /// The same place in what the script was made from, once that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What ran from a moment on, until the next sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// On the clock of [`Profile::start_us`].
    pub at_us: u64,
    /// The place in [`Profile::nodes`].
    pub node: usize,
}

/// What a function cost, by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCost {
    /// Whichever called it.
    #[serde(flatten)]
    pub function: Function,
    /// While it ran itself.
    pub self_us: u64,
}

/// What a function of the page spent in a query of the browser's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryCost {
    /// The function that asked; where it begins, not where it asks.
    pub caller: Function,
    /// `querySelectorAll`.
    pub query: String,
    /// In the query.
    pub self_us: u64,
}

/// Looks for elements.
const QUERIES: [&str; 8] = [
    "closest",
    "getElementById",
    "getElementsByClassName",
    "getElementsByName",
    "getElementsByTagName",
    "matches",
    "querySelector",
    "querySelectorAll",
];

impl Function {
    /// Where it begins; none for what has no script.
    pub fn site(&self) -> Option<Site> {
        let function = Some(self.name.clone()).filter(|name| !name.is_empty());
        Some(Site { url: self.url.clone(), at: self.at?, function, original: self.original.clone() })
    }
}

impl Profile {
    /// What called a node, and what called that, itself first and without the root.
    pub fn stack(&self, node: usize) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.nodes.get(node), |node| self.nodes.get(node.parent?))
            .filter(|node| node.parent.is_some())
    }

    /// The functions that ran between two moments, each with its own time, heaviest first.
    pub fn heaviest(&self, from_us: u64, to_us: u64) -> Vec<FunctionCost> {
        let mut own = BTreeMap::new();
        let first = self.samples.partition_point(|sample| sample.at_us <= from_us).saturating_sub(1);
        for at in first..self.samples.len() {
            let Sample { at_us, node } = self.samples[at];
            if to_us <= at_us {
                break;
            }
            let until = self.until_us(at).min(to_us);
            let us = until.saturating_sub(at_us.max(from_us));
            if us > 0 {
                *own.entry(&self.nodes[node].function).or_insert(0) += us;
            }
        }
        let costs = own.into_iter().map(|(function, self_us)| FunctionCost { function: function.clone(), self_us });
        let mut costs: Vec<FunctionCost> = costs.collect();
        costs.sort_by_key(|cost| std::cmp::Reverse(cost.self_us));
        costs
    }

    /// The time in queries for elements, charged to the functions that ask, heaviest first.
    pub fn queries(&self) -> Vec<QueryCost> {
        let mut own = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let is_query = node.function.url.is_empty() && QUERIES.contains(&node.function.name.as_str());
            if is_query && node.self_us > 0 {
                let caller = self.stack(at).skip(1).find(|caller| caller.function.at.is_some());
                let caller = caller.map(|caller| caller.function.clone()).unwrap_or_default();
                *own.entry((caller, node.function.name.clone())).or_insert(0) += node.self_us;
            }
        }
        let costs = own.into_iter().map(|((caller, query), self_us)| QueryCost { caller, query, self_us });
        let mut costs: Vec<QueryCost> = costs.collect();
        costs.sort_by_key(|cost| std::cmp::Reverse(cost.self_us));
        costs
    }

    /// Until when a sample stands for what ran, by its place in [`Profile::samples`].
    pub fn until_us(&self, sample: usize) -> u64 {
        self.samples.get(sample + 1).map_or(self.end_us, |next| next.at_us)
    }

    /// Puts samples into order, and adds up what each node took.
    pub(super) fn settle(mut self) -> Self {
        // Samples of several threads' clocks can step back a little.
        self.samples.sort_by_key(|sample| sample.at_us);
        for at in 0..self.samples.len() {
            let Sample { at_us, node } = self.samples[at];
            let us = self.until_us(at).saturating_sub(at_us);
            self.nodes[node].self_us = self.nodes[node].self_us.saturating_add(us);
        }
        for at in (0..self.nodes.len()).rev() {
            let node = &mut self.nodes[at];
            node.total_us = node.total_us.saturating_add(node.self_us);
            let total = node.total_us;
            if let Some(parent) = self.nodes[at].parent {
                self.nodes[parent].total_us = self.nodes[parent].total_us.saturating_add(total);
            }
        }
        self
    }
}
