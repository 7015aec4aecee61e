//! Heap snapshots: how many functions, selectors and detached nodes live, and what holds them.
//!
//! A snapshot of a large page has half a gigabyte, so it is read as a stream, and only numbers are kept. The names on a
//! way from the root are read in a second round, since strings come last.

mod cursor;
mod error;
mod graph;
mod meta;
mod nesting;
mod paths;
mod reader;
mod scanner;

pub use error::HeapError;
pub use paths::{Link, PathReader, RetainerPath, Step};
pub use reader::HeapReader;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::place::Position;
use graph::Graph;
use meta::Meta;

/// What lives in a page, as one snapshot of V8 has it.
#[derive(Debug)]
pub struct Heap {
    meta: Meta,
    /// By kind of node.
    tallies: Vec<(String, Tally)>,
    graph: Graph,
    spots: Vec<Spot>,
    /// Functions and the number of their spot, in the order of nodes.
    functions: Vec<(u32, u32)>,
    /// Each with the number of the spot of its `resultFunc`.
    selectors: Vec<(Option<u32>, NodeId)>,
    detached: Vec<Detached>,
}

/// A thing in one snapshot; another snapshot numbers anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// Where a function is written: V8's number of its script, as in `Debugger.scriptParsed`, and the place of its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The script's id.
    pub script: u32,
    /// Where in it.
    pub at: Position,
}

/// How many, and how large without what they hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Bytes of their own.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// The functions that were written at one spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Functions {
    /// Where.
    pub spot: Spot,
    /// In the order of the snapshot.
    pub nodes: Vec<NodeId>,
}

/// The memoised selectors of which the combiner was written at one spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selectors {
    /// Where; none where the snapshot does not place it, as functions of the browser's own.
    pub spot: Option<Spot>,
    /// In the order of the snapshot.
    pub nodes: Vec<NodeId>,
}

/// DOM nodes that are out of their document and still held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// What Chromium calls them: `<article>`.
    pub name: String,
    /// How many.
    pub tally: Tally,
    /// One of them, for its path.
    pub first: NodeId,
}

impl Heap {
    /// All that there is.
    pub fn total(&self) -> Tally {
        self.tallies.iter().fold(Tally::default(), |sum, (_, tally)| Tally {
            count: sum.count + tally.count,
            bytes: sum.bytes.saturating_add(tally.bytes),
        })
    }

    /// By V8's kind of node, the largest first; kinds that do not occur are left out.
    pub fn kinds(&self) -> Vec<(&str, Tally)> {
        let some = self.tallies.iter().filter(|(_, tally)| tally.count > 0);
        let mut kinds: Vec<_> = some.map(|(kind, tally)| (kind.as_str(), *tally)).collect();
        kinds.sort_by_key(|(kind, tally)| (Reverse(tally.bytes), *kind));
        kinds
    }

    /// All functions that live, by where they are written, the most frequent first.
    pub fn functions(&self) -> Vec<Functions> {
        let nodes = self.functions.iter().map(|&(node, spot)| (Some(spot), NodeId(node)));
        let groups = self.by_spot(nodes).into_iter();
        groups.filter_map(|(spot, nodes)| Some(Functions { spot: spot?, nodes })).collect()
    }

    /// The live memoised selectors, by where their combiners are written, the most frequent first: functions with own
    /// properties `resultFunc` and `recomputations`. A wrapper with the `recomputations` of another one is the same selector.
    pub fn selectors(&self) -> Vec<Selectors> {
        let groups = self.by_spot(self.selectors.iter().copied()).into_iter();
        groups.map(|(spot, nodes)| Selectors { spot, nodes }).collect()
    }

    fn by_spot(&self, nodes: impl Iterator<Item = (Option<u32>, NodeId)>) -> Vec<(Option<Spot>, Vec<NodeId>)> {
        let mut groups: BTreeMap<Option<Spot>, Vec<NodeId>> = BTreeMap::new();
        for (spot, node) in nodes {
            let spot = spot.and_then(|number| self.spots.get(number as usize)).copied();
            groups.entry(spot).or_default().push(node);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, nodes)| Reverse(nodes.len()));
        groups
    }

    /// Detached DOM nodes by name, the most frequent first.
    pub fn detached(&self) -> &[Detached] {
        &self.detached
    }

    /// How many bytes would be free if these things were gone, all at once: they, and what they alone hold.
    ///
    /// Walks the whole heap, twice: about a second for half a gigabyte of snapshot.
    pub fn retained(&self, nodes: &[NodeId]) -> u64 {
        self.graph.retained(&numbers(nodes))
    }

    /// Searches a shortest way from the root to each of these things; the reader, to be fed with the same snapshot, names
    /// what lies on it.
    pub fn paths(&self, nodes: &[NodeId]) -> PathReader {
        PathReader::new(self.meta.clone(), self.graph.ways(&numbers(nodes)))
    }
}

fn numbers(nodes: &[NodeId]) -> Vec<u32> {
    nodes.iter().map(|node| node.0).collect()
}

#[cfg(test)]
mod tests;
