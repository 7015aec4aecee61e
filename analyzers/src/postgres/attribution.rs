//! Where the time of a plan went: what each node took itself, so that all of it adds up.

use super::counters::Counters;
use super::plan::{NodeId, Plan};
use crate::quantity::Ms;

/// Times and counters of a plan, each charged to one node or frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    nodes: Vec<NodeShare>,
    /// What is outside the nodes: Planning, JIT, triggers, data-modifying CTEs after the root, start and stop.
    pub frames: Vec<Frame>,
    /// What the model could not place, in ms: negative where more was measured than the whole took.
    pub remainder: Option<Ms>,
    /// The whole: `Execution Time`, or where that is missing what root and frames add up to. None without timing.
    pub execution: Option<Ms>,
}

/// What is charged to a node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeShare {
    /// Times; none where the plan has none.
    pub time: Option<NodeTime>,
    /// The node's own buffers, I/O and WAL; none where the plan has none.
    pub own_counters: Option<Box<Counters>>,
    /// The planner's cost without the children's; never negative.
    pub own_cost: f64,
}

/// A node's wall-clock times, corrected for loops, parallel processes and work that happens elsewhere than it hangs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NodeTime {
    /// Inclusive.
    pub total: Ms,
    /// Exclusive: what this node took itself. The sum of these is the root's total.
    pub own: Ms,
    /// Until its first row.
    pub startup: Ms,
    /// Whether processes were averaged, since the plan has no numbers per worker.
    pub approximate: bool,
}

/// Time outside the nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// `Planning`, `JIT`, `Trigger NAME`, `After root NAME`, `Serialization`, `Start/stop`.
    pub name: String,
    /// What it took.
    pub own: Ms,
}

impl Attribution {
    /// Charges the times of a plan.
    pub fn of(plan: &Plan) -> Self {
        let _ = plan;
        Self {
            nodes: vec![NodeShare::default(); plan.nodes().len()],
            frames: Vec::new(),
            remainder: None,
            execution: None,
        }
    }

    /// What is charged to a node.
    pub fn node(&self, id: NodeId) -> &NodeShare {
        &self.nodes[id.index()]
    }

    /// A node's times; none where the plan has none.
    pub fn time(&self, id: NodeId) -> Option<NodeTime> {
        self.node(id).time
    }
}
