//! Exclusive time of all processes together, where the wall clock shows one of them.

use super::Attribution;
use crate::postgres::plan::{NodeId, Plan, PlanNode, Role};
use crate::quantity::Ms;

impl Attribution {
    /// What all processes spent in each node itself, by index: below a Gather their sum, elsewhere the wall clock's.
    /// Compiling just in time is taken off the nodes of the process whose clock they show only.
    pub fn work(&self, plan: &Plan) -> Vec<Ms> {
        let shared: Vec<bool> = gathers(plan).iter().map(Option::is_some).collect();
        let mut work: Vec<f64> = plan.nodes().iter().map(printed).collect();
        for node in plan.nodes() {
            if let Some(parent) = node.parent.filter(|parent| shared[parent.index()] && shared[node.id.index()]) {
                work[parent.index()] -= printed(node);
            }
        }
        let own = |node: &PlanNode| self.time(node.id).map_or(Ms::ZERO, |time| time.own);
        let of = |node: &PlanNode| if shared[node.id.index()] { Ms(work[node.id.index()].max(0.0)) } else { own(node) };
        plan.nodes().iter().map(of).collect()
    }
}

/// Inclusive, all loops of all processes.
fn printed(node: &PlanNode) -> f64 {
    node.run().and_then(|run| Some(run.time?.total * run.loops)).unwrap_or(0.0)
}

/// The Gather whose processes share a node, by the node's index; none where the leader runs it alone.
pub(super) fn gathers(plan: &Plan) -> Vec<Option<NodeId>> {
    let mut above: Vec<Option<NodeId>> = Vec::with_capacity(plan.nodes().len());
    for node in plan.nodes() {
        let launched = |parent: &PlanNode| parent.kind.is_gather() && parent.number("Workers Launched") != Some(0.0);
        let detached = matches!(node.role, Some(Role::InitPlan | Role::Cte));
        let parent = node.parent.filter(|_| !detached);
        above.push(parent.and_then(|parent| above[parent.index()].or(launched(plan.node(parent)).then_some(parent))));
    }
    above
}
