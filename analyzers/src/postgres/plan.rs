//! A plan as Postgres printed it, in types: what cannot be is not written down.

use std::borrow::Cow;

use super::counters::{Counters, Known};
pub use super::value::{PerLoop, Property, Value, find};
use crate::quantity::Interval;

/// One statement's plan: its nodes in pre-order and what EXPLAIN says of the statement as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Pre-order, never empty: a parent stands before its children.
    nodes: Vec<PlanNode>,
    /// The kind of each node, close together: rules look at all kinds of large plans, and at few nodes.
    kinds: Vec<NodeKind>,
    /// The counters that any node has.
    known: Known,
    /// What EXPLAIN prints beside the tree.
    pub statement: Statement,
}

/// What EXPLAIN prints of a statement beside the tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statement {
    /// The SQL, where the source says it (`auto_explain`'s `Query Text`).
    pub query: Option<Box<str>>,
    /// `Planning Time`, in ms.
    pub planning_ms: Option<f64>,
    /// The `Planning` group: buffers that planning used.
    pub planning_counters: Option<Box<Counters>>,
    /// `Execution Time` (before 9.4: `Total runtime`), in ms.
    pub execution_ms: Option<f64>,
    /// The triggers that fired.
    pub triggers: Vec<Trigger>,
    /// What just-in-time compilation took.
    pub jit: Option<Jit>,
    /// What EXPLAIN (SERIALIZE) says.
    pub serialization: Option<Serialization>,
    /// `Settings`: those that differ from their defaults.
    pub settings: Vec<(Box<str>, Box<str>)>,
    /// Everything else, as Postgres named it.
    pub properties: Vec<Property>,
}

/// A line `Trigger … time=… calls=…`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// The trigger's name; empty where only the constraint is known.
    pub name: Box<str>,
    /// The constraint that it enforces.
    pub constraint: Option<Box<str>>,
    /// The table that it is on.
    pub relation: Option<Box<str>>,
    /// The time in all calls, in ms; none with TIMING OFF.
    pub time_ms: Option<f64>,
    /// How often it ran.
    pub calls: f64,
}

/// The JIT block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Jit {
    /// How many functions were compiled.
    pub functions: f64,
    /// The parts in ms, by Postgres' name: Generation, Inlining, Optimization, Emission (not Deform, a part of Generation).
    pub timing: Vec<(Box<str>, f64)>,
    /// All parts together, in ms.
    pub total_ms: Option<f64>,
    /// Everything else in the block.
    pub properties: Vec<Property>,
}

/// The Serialization block (PostgreSQL 17).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Serialization {
    /// In ms; none with TIMING OFF.
    pub time_ms: Option<f64>,
    /// Size of the output, in KiB.
    pub output_kb: f64,
    /// `text` or `binary`.
    pub format: Box<str>,
    /// Buffers that serialization used (detoasting).
    pub counters: Option<Box<Counters>>,
}

/// The place of a node in its plan, from 0, in pre-order. People see it as `#1` and up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The index into [`Plan::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The number that people and JSON see, from 1.
    pub fn number(self) -> u32 {
        self.0 + 1
    }
}

/// A step of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanNode {
    /// Its own place.
    pub id: NodeId,
    /// The node above; none for the root.
    pub parent: Option<NodeId>,
    /// One past the last node below this one.
    pub(super) end: u32,
    /// How many nodes are above.
    pub depth: u32,
    /// What it does, to match on.
    pub kind: NodeKind,
    /// What it does, as TEXT prints it without `Parallel`: `Hash Left Join`, `Partial HashAggregate`.
    pub type_name: Cow<'static, str>,
    /// Whether the work is shared among the workers (`Parallel Seq Scan`).
    pub parallel: bool,
    /// What it is to its parent; none for the root.
    pub role: Option<Role>,
    /// `CTE x`, `InitPlan 1 (returns $0)`, `SubPlan 2`.
    pub subplan_name: Option<Box<str>>,
    /// The schema of the relation, with VERBOSE.
    pub schema: Option<Box<str>>,
    /// The table, function, CTE or other relation that is read or written.
    pub relation: Option<Box<str>>,
    /// The name of the relation in the query.
    pub alias: Option<Box<str>>,
    /// The index that is used.
    pub index: Option<Box<str>>,
    /// What the planner expected; none with COSTS OFF.
    pub estimate: Option<Estimate>,
    /// What happened.
    pub execution: Execution,
    /// Buffers, I/O and WAL of this node and all below, all loops and processes together.
    pub counters: Option<Box<Counters>>,
    /// What each parallel worker did; the leader is the rest. VERBOSE only.
    pub workers: Vec<WorkerRun>,
    /// Every other property, as Postgres named it, in its order.
    pub properties: Vec<Property>,
}

/// What the planner expected, per loop (and per process below a Gather).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Cost until the first row.
    pub startup_cost: f64,
    /// Cost of all rows.
    pub total_cost: f64,
    /// Rows per loop.
    pub rows: f64,
    /// Mean width of a row, in bytes.
    pub width: f64,
}

/// What EXPLAIN says of a node's run: in place of four options, of which only three states exist.
#[derive(Debug, Clone, PartialEq)]
pub enum Execution {
    /// The plan was not run (no ANALYZE).
    NotMeasured,
    /// The plan was run and this node was never asked for a row.
    NeverRan,
    /// It ran.
    Ran(Run),
}

/// The measurements of a node: averages over loops and processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// How often it was started, in all processes.
    pub loops: f64,
    /// Rows per loop that it gave.
    pub rows: PerLoop,
    /// Times; none with TIMING OFF.
    pub time: Option<LoopTime>,
}

/// Times of one loop in ms, averages over loops and processes, to three decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoopTime {
    /// Until the first row.
    pub startup: f64,
    /// Until the last row.
    pub total: f64,
}

/// What one parallel worker did in a node.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerRun {
    /// `Worker 0` and up.
    pub number: u32,
    /// Its measurements; none where it only reports JIT or sort space.
    pub run: Option<Run>,
    /// Its buffers.
    pub counters: Option<Box<Counters>>,
    /// Everything else it reports.
    pub properties: Vec<Property>,
}

/// What a node is to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The only or the left input.
    Outer,
    /// The right input of a join.
    Inner,
    /// Computed once, before it is first used.
    InitPlan,
    /// Computed for each row (or hashed).
    SubPlan,
    /// A WITH query.
    Cte,
    /// One of several inputs (Append, `BitmapAnd`).
    Member,
}

impl Role {
    /// The word of the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outer => "outer",
            Self::Inner => "inner",
            Self::InitPlan => "initplan",
            Self::SubPlan => "subplan",
            Self::Cte => "cte",
            Self::Member => "member",
        }
    }
}

/// How rows are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One group: `Aggregate`.
    Plain,
    /// Sorted input: `GroupAggregate`.
    Sorted,
    /// A hash table: `HashAggregate`.
    Hashed,
    /// Grouping sets, some hashed: `MixedAggregate`.
    Mixed,
}

/// What a node does. Types that Postgres or an extension adds later are [`NodeKind::Other`]: drawn, timed, unjudged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Postgres' own node types")]
pub enum NodeKind {
    Aggregate(Strategy),
    Append,
    BitmapAnd,
    BitmapHeapScan,
    BitmapIndexScan,
    BitmapOr,
    CteScan,
    CustomScan,
    ForeignScan,
    FunctionScan,
    Gather,
    GatherMerge,
    Group,
    Hash,
    HashJoin,
    IncrementalSort,
    IndexOnlyScan,
    IndexScan,
    Limit,
    LockRows,
    Materialize,
    Memoize,
    MergeAppend,
    MergeJoin,
    ModifyTable,
    NamedTuplestoreScan,
    NestedLoop,
    ProjectSet,
    RecursiveUnion,
    Result,
    SampleScan,
    SeqScan,
    SetOp,
    Sort,
    SubqueryScan,
    TableFunctionScan,
    TidRangeScan,
    TidScan,
    Unique,
    ValuesScan,
    WindowAgg,
    WorkTableScan,
    Other,
}

impl NodeKind {
    /// Two inputs that are matched.
    pub fn is_join(self) -> bool {
        matches!(self, Self::HashJoin | Self::MergeJoin | Self::NestedLoop)
    }

    /// Where parallel workers' rows come together.
    pub fn is_gather(self) -> bool {
        matches!(self, Self::Gather | Self::GatherMerge)
    }
}

impl Plan {
    pub(super) fn new(nodes: Vec<PlanNode>, statement: Statement) -> Self {
        let kinds = nodes.iter().map(|node| node.kind).collect();
        let known = nodes.iter().filter_map(|node| node.counters.as_deref()).map(Counters::known);
        let known = known.fold(Known::default(), Known::or);
        Self { nodes, kinds, known, statement }
    }

    /// The nodes of some kinds, in their order.
    pub fn nodes_of(&self, wanted: impl Fn(NodeKind) -> bool) -> impl Iterator<Item = &PlanNode> {
        let places = self.kinds.iter().enumerate().filter(move |(_, kind)| wanted(**kind));
        places.map(|(place, _)| &self.nodes[place])
    }

    /// All nodes, a parent before its children.
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    /// To change what nodes say, but neither their kinds nor where they hang.
    pub(crate) fn nodes_mut(&mut self) -> &mut [PlanNode] {
        &mut self.nodes
    }

    /// The node at the top.
    pub fn root(&self) -> &PlanNode {
        &self.nodes[0]
    }

    /// The node of that id. Ids are made by this plan's parser only.
    pub fn node(&self, id: NodeId) -> &PlanNode {
        &self.nodes[id.index()]
    }

    /// A node and all below it, in pre-order.
    pub fn subtree(&self, id: NodeId) -> &[PlanNode] {
        &self.nodes[id.index()..self.node(id).end as usize]
    }

    /// The nodes right below, in Postgres' order.
    pub fn children(&self, id: NodeId) -> Children<'_> {
        Children { plan: self, next: id.0 + 1, end: self.node(id).end }
    }

    /// The child of that role.
    pub fn child(&self, id: NodeId, role: Role) -> Option<&PlanNode> {
        self.children(id).find(|child| child.role == Some(role))
    }

    /// The nodes above, from the parent to the root.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = &PlanNode> {
        std::iter::successors(self.node(id).parent, |above| self.node(*above).parent).map(|above| self.node(above))
    }

    /// Whether the plan was run.
    pub fn is_analyzed(&self) -> bool {
        self.nodes.iter().any(|node| node.execution != Execution::NotMeasured)
    }

    /// Whether nodes have times.
    pub fn is_timed(&self) -> bool {
        self.nodes.iter().any(|node| node.run().is_some_and(|run| run.time.is_some()))
    }

    /// Which counters were measured.
    pub fn known_counters(&self) -> Known {
        self.known
    }

    /// Whether nodes have buffer counts.
    pub fn has_counters(&self) -> bool {
        self.known != Known::default()
    }
}

/// See [`Plan::children`].
pub struct Children<'a> {
    plan: &'a Plan,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = &'a PlanNode;

    fn next(&mut self) -> Option<&'a PlanNode> {
        if self.next >= self.end {
            return None;
        }
        let child = &self.plan.nodes[self.next as usize];
        self.next = child.end;
        Some(child)
    }
}

impl PlanNode {
    /// The measurements; none where the node never ran or nothing was measured.
    pub fn run(&self) -> Option<&Run> {
        match &self.execution {
            Execution::Ran(run) => Some(run),
            Execution::NotMeasured | Execution::NeverRan => None,
        }
    }

    /// The property of that name, if the node has it.
    pub fn property(&self, name: &str) -> Option<&Value> {
        find(&self.properties, name)
    }

    /// The text of a property: `node.text("Filter")`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.property(name)?.text()
    }

    /// The number of a property that Postgres prints as a total: `node.number("Heap Fetches")`.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.property(name)?.number()
    }

    /// Rows that it gave, all loops together.
    pub fn rows(&self) -> Option<Interval> {
        let run = self.run()?;
        Some(run.rows.total(run.loops))
    }

    /// Rows that a property counts per loop, all loops together: `node.rows_of("Rows Removed by Filter")`.
    /// Absent is none of them: TEXT leaves zeros out.
    pub fn rows_of(&self, name: &str) -> Option<Interval> {
        let run = self.run()?;
        let per_loop = self.property(name).map_or(Some(PerLoop { mean: 0.0, half: 0.0 }), Value::per_loop)?;
        Some(per_loop.total(run.loops))
    }

    /// Rows that the planner expected, all loops together.
    pub fn expected_rows(&self) -> Option<f64> {
        Some(self.estimate?.rows * self.run()?.loops)
    }

    /// The relation as people name it: `orders o`, `orders`; none for nodes that read none.
    pub fn relation_and_alias(&self) -> Option<String> {
        let relation = self.relation.as_deref().or(self.alias.as_deref())?;
        match self.alias.as_deref() {
            Some(alias) if alias != relation => Some(format!("{relation} {alias}")),
            _ => Some(relation.to_owned()),
        }
    }

    /// Type and target on one line, as TEXT prints them: `Parallel Seq Scan on orders o`.
    pub fn label(&self) -> String {
        let mut label = String::new();
        if self.parallel {
            label.push_str("Parallel ");
        }
        label.push_str(&self.type_name);
        if let Some(index) = &self.index {
            label.push_str(if self.relation.is_some() { " using " } else { " on " });
            label.push_str(index);
        }
        if let Some(relation) = self.relation_and_alias() {
            label.push_str(" on ");
            label.push_str(&relation);
        }
        label
    }
}
