//! Sums over the nodes of a plan: by what they do, by table, by index.

use std::collections::BTreeMap;

use perf_look_analyzers::Subject;
use perf_look_analyzers::postgres::counters::Counters;
use perf_look_analyzers::postgres::{NodeId, PlanNode};

use crate::measure;
use crate::rows::Order;

/// What nodes are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// What they do.
    #[default]
    Type,
    /// The table that they read or write.
    Table,
    /// The index that they use.
    Index,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Type, Self::Table, Self::Index];

    /// The words of the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "node type",
            Self::Table => "table",
            Self::Index => "index",
        }
    }

    fn of(self, node: &PlanNode) -> Option<&str> {
        match self {
            Self::Type => Some(&node.type_name),
            Self::Table => node.relation.as_deref(),
            Self::Index => node.index.as_deref(),
        }
    }
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Column {
    #[default]
    Own,
    Nodes,
    Rows,
    Blocks,
    Name,
}

impl Column {
    const ALL: [Self; 5] = [Self::Own, Self::Nodes, Self::Rows, Self::Blocks, Self::Name];

    /// The word of the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Nodes => "nodes",
            Self::Rows => "rows",
            Self::Blocks => "blocks",
            Self::Name => "name",
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// Which sums are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// What nodes are put together by.
    pub by: By,
    /// In which order.
    pub column: Column,
    /// Which way.
    pub order: Order,
}

/// Nodes that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Their type, table or index. Not yet safe to show.
    pub name: String,
    /// In the order of the plan.
    pub nodes: Vec<NodeId>,
    /// What they took themselves in ms, or cost.
    pub own: f64,
    /// Rows that they gave; none where nothing is known.
    pub rows: Option<f64>,
    /// Blocks that they touched; none where nothing was counted.
    pub blocks: Option<f64>,
}

/// The groups of a subject, most first.
pub fn groups(subject: &Subject, asked: Asked) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for node in subject.plan.nodes() {
        let Some(name) = asked.by.of(node) else { continue };
        let group = groups.entry(name).or_insert_with(|| Group::named(name));
        group.add(subject, node);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    if asked.column != Column::Name {
        groups.sort_by(|left, right| right.key(asked.column).total_cmp(&left.key(asked.column)));
    }
    if asked.order == Order::Reversed {
        groups.reverse();
    }
    groups
}

impl Group {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), nodes: Vec::new(), own: 0.0, rows: None, blocks: None }
    }

    fn add(&mut self, subject: &Subject, node: &PlanNode) {
        self.nodes.push(node.id);
        self.own += measure::own_time_or_cost(subject, node.id);
        let blocks = subject.attribution.own_counters(node).map(Counters::touched_blocks);
        self.rows = measure::rows(node).map(|rows| rows + self.rows.unwrap_or(0.0)).or(self.rows);
        self.blocks = blocks.map(|blocks| blocks + self.blocks.unwrap_or(0.0)).or(self.blocks);
    }

    fn key(&self, column: Column) -> f64 {
        match column {
            Column::Own => self.own,
            Column::Nodes => self.nodes.len() as f64,
            Column::Rows => self.rows.unwrap_or(-1.0),
            Column::Blocks => self.blocks.unwrap_or(-1.0),
            Column::Name => 0.0,
        }
    }

    /// The node that took most itself.
    pub fn slowest(&self, subject: &Subject) -> Option<NodeId> {
        let own = |id: &NodeId| measure::own_time_or_cost(subject, *id);
        // The first of equals, so that it is the same each time.
        self.nodes.iter().rev().copied().max_by(|left, right| own(left).total_cmp(&own(right)))
    }
}
