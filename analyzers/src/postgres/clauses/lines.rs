//! Lines of a statement, and the time of the nodes that come from each.

use super::Clauses;
use crate::postgres::attribution::Attribution;
use crate::postgres::plan::{NodeId, Plan};
use crate::quantity::Ms;

/// Where the time of the nodes went, line by line. Each node counts once, so that all of it adds up to all self times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineTimes {
    /// The lines that a node is charged to, from the first.
    pub lines: Vec<LineTime>,
    /// The self times of the nodes without a clause.
    pub unplaced: Ms,
}

/// The time of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineTime {
    /// From 1.
    pub line: usize,
    /// The self times of its nodes.
    pub own: Ms,
    /// The nodes whose first place begins on it, in their order.
    pub nodes: Vec<NodeId>,
}

impl Clauses {
    /// The self times by line; none where the plan has no times. Triggers, JIT and planning are no nodes, so they are
    /// not among them.
    pub fn own_ms_by_line(&self, plan: &Plan, attribution: &Attribution) -> Option<LineTimes> {
        let mut lines = std::collections::BTreeMap::new();
        let mut times = LineTimes::default();
        for node in plan.nodes() {
            let own = attribution.time(node.id)?.own;
            let Some(from) = self.of_node(node.id) else {
                times.unplaced += own;
                continue;
            };
            let line = self.line_of(from.primary().range.start);
            let entry = lines.entry(line).or_insert_with(|| LineTime { line, own: Ms::ZERO, nodes: Vec::new() });
            entry.own += own;
            entry.nodes.push(node.id);
        }
        times.lines = lines.into_values().collect();
        Some(times)
    }

    /// The line of a byte, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }
}

/// Where each line begins.
pub(super) fn starts(query: &str) -> Vec<usize> {
    std::iter::once(0).chain(query.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Lines and columns of places that are asked for from the first to the last.
pub(super) struct Places<'q> {
    query: &'q str,
    starts: &'q [usize],
    /// The last answer: byte, line from 0, characters of the line before it.
    at: (usize, usize, usize),
}

impl<'q> Places<'q> {
    pub(super) fn new(query: &'q str, starts: &'q [usize]) -> Self {
        Self { query, starts, at: (0, 0, 0) }
    }

    /// Line and column of a byte, both from 1.
    pub(super) fn of(&mut self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let (from, before) = match self.at {
            // A line of a megabyte is counted once, not once a clause.
            (last, of, characters) if of == line && last <= offset => (last, characters),
            _ => (self.starts[line], 0),
        };
        let characters = before + self.query[from..offset].chars().count();
        self.at = (offset, line, characters);
        (line + 1, characters + 1)
    }
}
