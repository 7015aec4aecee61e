//! Where the time of a plan went: what each node took itself, so that all of it adds up.
//!
//! EXPLAIN prints times that include what is below, averaged over loops and processes, and work
//! shows up where it is pulled, not where it hangs in the tree. The steps, a file each:
//!
//! 1. `process`: the inclusive wall time of each node, in the process that the Gather above waited for.
//! 2. Exclusive times by subtraction, here.
//! 3. `producers`: CTEs and InitPlans run inside the node that first asks for them; their time is moved.
//! 4. `fit`: negative exclusive times are mended, by what is known of their cause or within rounding.
//! 5. `frames`: what is outside the nodes: triggers, JIT, serialization, start and stop.
//!
//! `work` sums over processes instead, `processes` tells them apart.

mod fit;
mod frames;
mod process;
mod processes;
mod producers;
mod work;

pub use processes::{Process, ProcessTimes};

use super::counters::{Counter, Counters};
use super::plan::{NodeId, Plan, PlanNode};
use crate::quantity::Ms;

/// Times and counters of a plan, each charged to one node or frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    nodes: Vec<NodeShare>,
    /// Whether the plan has counters.
    is_counted: bool,
    /// What is outside the nodes: Planning, JIT, triggers, data-modifying CTEs after the root, start and stop.
    /// All but Planning are part of [`Attribution::execution`].
    pub frames: Vec<Frame>,
    /// `Execution Time` less what nodes and frames add up to: none where they agree to the rounding,
    /// negative where the parts took more than the whole.
    pub remainder: Option<Ms>,
    /// The whole: `Execution Time`, or where that is missing what root and frames add up to. None without timing.
    pub execution: Option<Ms>,
    /// What had to be cut from nodes that took more than the node above them, beyond rounding.
    /// Zero for nearly every plan.
    pub squeezed: Ms,
}

/// What is charged to a node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeShare {
    /// Times; none where the plan has none.
    pub time: Option<NodeTime>,
    /// The node's own buffers, I/O and WAL where they are not all that the plan prints for it (a leaf's are).
    own_counters: Option<Box<Counters>>,
    /// The planner's cost without the children's; never negative.
    pub own_cost: f64,
}

/// A node's wall-clock times, corrected for loops, parallel processes and work that happens elsewhere than it hangs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NodeTime {
    /// Inclusive: what the node and all that hangs below it took.
    pub total: Ms,
    /// Exclusive: what this node took itself. The sum of these is the root's total, and what ran after it.
    pub own: Ms,
    /// Until its first row, the mean of its loops.
    pub startup: Ms,
    /// Whether processes were averaged or overlapping inputs were scaled, since Postgres prints no more.
    pub approximate: bool,
}

/// Time outside the nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// `Planning`, `JIT`, `Trigger NAME`, `After root NAME`, `Serialization`, `Start/stop`.
    pub name: String,
    /// What it took itself. `After root` frames hold nodes, which have their own times, so theirs is zero.
    pub own: Ms,
}

/// Exclusive times in the making, in ms, by the node's index.
struct Ledger {
    /// Inclusive wall time as measured, before anything is moved.
    total: Vec<f64>,
    /// How far rounding can have moved `total` to either side.
    half: Vec<f64>,
    /// Exclusive time; negative until [`fit`] has run.
    own: Vec<f64>,
    /// Of a data-modifying CTE, what ran after the root.
    after_root: Vec<f64>,
    approximate: Vec<bool>,
}

impl Attribution {
    /// Charges the times, counters and costs of a plan.
    pub fn of(plan: &Plan) -> Self {
        let pulls = producers::Pulls::of(plan);
        let mut nodes = vec![NodeShare::default(); plan.nodes().len()];
        charge_costs(plan, &mut nodes);
        if plan.has_counters() {
            charge_counters(plan, &pulls, &mut nodes);
        }
        if !plan.is_timed() {
            let frames = frames::planning(plan).into_iter().collect();
            return Self {
                nodes,
                is_counted: plan.has_counters(),
                frames,
                remainder: None,
                execution: None,
                squeezed: Ms::ZERO,
            };
        }
        let mut ledger = Ledger::of(plan);
        pulls.move_times(&mut ledger);
        let squeezed = fit::fit(plan, &mut ledger);
        let outside = frames::charge(plan, &pulls, &mut ledger);
        ledger.write(plan, &mut nodes);
        Self {
            nodes,
            is_counted: plan.has_counters(),
            frames: outside.frames,
            remainder: outside.remainder,
            execution: Some(outside.execution),
            squeezed: Ms(squeezed),
        }
    }

    /// What is charged to a node.
    pub fn node(&self, id: NodeId) -> &NodeShare {
        &self.nodes[id.index()]
    }

    /// A node's own buffers, I/O and WAL; none where the plan has none.
    pub fn own_counters<'a>(&'a self, node: &'a PlanNode) -> Option<&'a Counters> {
        let own = self.node(node.id).own_counters.as_deref().or(node.counters.as_deref());
        self.is_counted.then(|| own.unwrap_or(&Counters::ZERO))
    }

    /// What the frame of that name took; none where there is no such frame.
    pub fn frame(&self, name: &str) -> Option<Ms> {
        self.frames.iter().find(|frame| frame.name == name).map(|frame| frame.own)
    }

    /// A node's times; none where the plan has none.
    pub fn time(&self, id: NodeId) -> Option<NodeTime> {
        self.node(id).time
    }
}

impl Ledger {
    fn of(plan: &Plan) -> Self {
        let walls = process::walls(plan);
        let mut ledger = Self {
            total: walls.iter().map(|wall| wall.total).collect(),
            half: walls.iter().map(|wall| wall.half).collect(),
            own: walls.iter().map(|wall| wall.total).collect(),
            after_root: vec![0.0; walls.len()],
            approximate: walls.iter().map(|wall| wall.approximate).collect(),
        };
        for node in plan.nodes() {
            if let Some(parent) = node.parent {
                ledger.own[parent.index()] -= ledger.total[node.id.index()];
            }
        }
        ledger
    }

    /// Inclusive times out of exclusive ones.
    fn write(&self, plan: &Plan, nodes: &mut [NodeShare]) {
        let mut totals = self.own.clone();
        for node in plan.nodes().iter().rev() {
            let index = node.id.index();
            if let Some(parent) = node.parent {
                totals[parent.index()] += totals[index] - self.after_root[index].min(totals[index]);
            }
            nodes[index].time = Some(NodeTime {
                total: Ms(totals[index]),
                own: Ms(self.own[index]),
                startup: Ms(node.run().and_then(|run| run.time).map_or(0.0, |time| time.startup)),
                approximate: self.approximate[index],
            });
        }
    }
}

/// Cost of a node without its children's, as they are printed: a Limit, which stops early, clamps at zero.
fn charge_costs(plan: &Plan, nodes: &mut [NodeShare]) {
    let cost = |node: &super::PlanNode| node.estimate.map_or(0.0, |estimate| estimate.total_cost);
    for node in plan.nodes() {
        nodes[node.id.index()].own_cost += cost(node);
        if let Some(parent) = node.parent {
            nodes[parent.index()].own_cost -= cost(node);
        }
    }
    for node in nodes {
        node.own_cost = node.own_cost.max(0.0);
    }
}

/// Counters are totals over loops and processes, so subtraction is all; producers are moved like times.
fn charge_counters(plan: &Plan, pulls: &producers::Pulls, nodes: &mut [NodeShare]) {
    let mut own = OwnCounters { plan, own: vec![None; plan.nodes().len()] };
    for node in plan.nodes() {
        if let (Some(parent), Some(counters)) = (node.parent, &node.counters) {
            own.of(parent).subtract(counters);
        }
    }
    pulls.move_counters(&mut own);
    for (node, mut counters) in nodes.iter_mut().zip(own.own) {
        if let Some(counters) = &mut counters {
            counters.clamp();
        }
        node.own_counters = counters;
    }
}

/// Exclusive counters in the making; none where they still are what the plan prints.
struct OwnCounters<'p> {
    plan: &'p Plan,
    own: Vec<Option<Box<Counters>>>,
}

impl OwnCounters<'_> {
    fn of(&mut self, id: NodeId) -> &mut Counters {
        self.own[id.index()].get_or_insert_with(|| self.plan.node(id).counters.clone().unwrap_or_default())
    }

    fn get(&self, id: NodeId, counter: Counter) -> f64 {
        let own = self.own[id.index()].as_deref().or(self.plan.node(id).counters.as_deref());
        own.map_or(0.0, |own| own[counter])
    }
}
