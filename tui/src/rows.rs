//! The rows of a plan that can be scrolled to: made anew when folds, filter or sorting change, and only then.

use std::cmp::Ordering;

use perf_look_analyzers::Subject;
use perf_look_analyzers::postgres::counters::Counters;
use perf_look_analyzers::postgres::{NodeId, PlanNode};

use crate::matching;
use crate::measure;
use crate::widths::Widths;

/// A row of the tree table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Time outside the tree, by its place among the frames.
    Frame(usize),
    /// A node.
    Node(NodeId),
}

/// How the rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The tree.
    #[default]
    Plan,
    /// What a node took itself.
    Own,
    /// What a node and all below took.
    Total,
    /// Rows that a node gave.
    Rows,
    /// How wrong the estimate was.
    Off,
    /// Blocks that it touched itself.
    Blocks,
}

impl Sort {
    const ALL: [Self; 6] = [Self::Plan, Self::Own, Self::Total, Self::Rows, Self::Off, Self::Blocks];

    /// The word in the frame of the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Own => "self",
            Self::Total => "total",
            Self::Rows => "rows",
            Self::Off => "misestimate",
            Self::Blocks => "blocks",
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// In which way rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Most first, or as planned.
    #[default]
    Usual,
    /// The other way round.
    Reversed,
}

/// What decides which rows there are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    /// Whether a node is folded, by its index; shorter than the plan where none behind is.
    pub folded: Vec<bool>,
    /// Words that a node must have, or one below it; empty for all.
    pub filter: String,
    /// The least part of the whole that a node and all below must have taken.
    pub least: f64,
    /// By what.
    pub sort: Sort,
    /// Which way.
    pub order: Order,
}

impl Shape {
    /// Whether a node is folded.
    pub fn is_folded(&self, id: NodeId) -> bool {
        self.folded.get(id.index()).copied().unwrap_or(false)
    }

    /// Folds or unfolds a node.
    pub fn set_folded(&mut self, id: NodeId, fold: Fold) {
        if self.folded.len() <= id.index() {
            self.folded.resize(id.index() + 1, false);
        }
        self.folded[id.index()] = fold == Fold::Folded;
    }
}

/// Whether what is below a node is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Fold {
    Folded,
    Open,
}

/// The rows, and where each node is among them.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// The row of a node, by its index.
    places: Vec<Option<u32>>,
}

impl Rows {
    /// The rows of a subject.
    pub fn of(subject: &Subject, shape: &Shape, widths: &Widths) -> Self {
        let nodes = subject.plan.nodes();
        let kept = kept(subject, shape, widths);
        let is_kept = |id: NodeId| kept.as_ref().is_none_or(|kept| kept[id.index()]);
        let mut rows = Vec::with_capacity(nodes.len() + subject.attribution.frames.len());
        rows.extend(frames(subject, Side::Before));
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            if is_kept(node.id) {
                rows.push(Row::Node(node.id));
            }
            let is_folded = shape.sort == Sort::Plan && shape.is_folded(node.id);
            at += if is_folded { subject.plan.subtree(node.id).len() } else { 1 };
        }
        rows.extend(frames(subject, Side::After));
        if shape.sort != Sort::Plan {
            sort(subject, shape, widths, &mut rows);
        }
        Self::placed(rows, nodes.len())
    }

    fn placed(rows: Vec<Row>, nodes: usize) -> Self {
        let mut places = vec![None; nodes];
        for (place, row) in rows.iter().enumerate() {
            if let Row::Node(id) = row {
                places[id.index()] = u32::try_from(place).ok();
            }
        }
        Self { rows, places }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row.
    pub fn get(&self, place: usize) -> Option<Row> {
        self.rows.get(place).copied()
    }

    /// The row of a node; none where it is hidden.
    pub fn place(&self, id: NodeId) -> Option<usize> {
        self.places.get(id.index()).copied().flatten().map(|place| place as usize)
    }

    /// How many of the rows are nodes.
    pub fn nodes(&self) -> usize {
        self.places.iter().flatten().count()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Planning stands above the tree and everything else below it. What has nodes of its own is shown by these.
fn frames(subject: &Subject, side: Side) -> impl Iterator<Item = Row> {
    let frames = subject.attribution.frames.iter().enumerate();
    frames
        .filter(move |(_, frame)| (frame.name == "Planning") == (side == Side::Before) && frame.own.0 > 0.0)
        .map(|(place, _)| Row::Frame(place))
}

/// Which nodes pass, with all above them; none where all do.
fn kept(subject: &Subject, shape: &Shape, widths: &Widths) -> Option<Vec<bool>> {
    let words = matching::words(&shape.filter);
    if words.is_empty() && shape.least <= 0.0 {
        return None;
    }
    let passes = |node: &PlanNode| {
        (words.is_empty() || matching::node(node, &words))
            && (shape.least <= 0.0 || measure::part(widths.total(node.id), widths.whole) >= shape.least)
    };
    let mut kept: Vec<bool> = subject.plan.nodes().iter().map(passes).collect();
    if shape.sort == Sort::Plan {
        for node in subject.plan.nodes().iter().rev() {
            if let (true, Some(parent)) = (kept[node.id.index()], node.parent) {
                kept[parent.index()] = true;
            }
        }
    }
    Some(kept)
}

fn sort(subject: &Subject, shape: &Shape, widths: &Widths, rows: &mut [Row]) {
    let key = |row: &Row| match row {
        Row::Node(id) => key(subject, shape.sort, widths, *id),
        Row::Frame(place) if shape.sort == Sort::Own => widths.frame(*place).unwrap_or(-1.0),
        Row::Frame(_) => -1.0,
    };
    // Keys are worked out once: comparing does it n log n times.
    let mut keyed: Vec<(f64, Row)> = rows.iter().map(|row| (key(row), *row)).collect();
    let compare = |left: &(f64, Row), right: &(f64, Row)| -> Ordering { right.0.total_cmp(&left.0) };
    match shape.order {
        Order::Usual => keyed.sort_by(compare),
        Order::Reversed => keyed.sort_by(|left, right| compare(right, left)),
    }
    for (row, (_, sorted)) in rows.iter_mut().zip(keyed) {
        *row = sorted;
    }
}

fn key(subject: &Subject, sort: Sort, widths: &Widths, id: NodeId) -> f64 {
    let node = subject.plan.node(id);
    match sort {
        Sort::Plan => 0.0,
        Sort::Own => widths.own(id),
        Sort::Total => widths.total(id),
        Sort::Rows => measure::rows(node).unwrap_or(-1.0),
        Sort::Off => measure::off(node).unwrap_or(-1.0),
        Sort::Blocks => subject.attribution.own_counters(node).map_or(-1.0, Counters::touched_blocks),
    }
}
