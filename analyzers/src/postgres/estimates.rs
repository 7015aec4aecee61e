//! How far the planner's row counts were off, node by node, and where it began.

use super::plan::{NodeId, NodeKind, Plan, PlanNode, Role, Strategy};

/// The error of each node's estimate.
pub(super) struct Estimates<'p> {
    plan: &'p Plan,
    errors: Vec<Error>,
    /// The factor that a node hands on: its own, or of what it only passes on the largest below.
    handed_on: Vec<f64>,
}

/// How far an estimate was off, at the end of the rounding interval that is in its favour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Error {
    /// Nothing can be said: never ran, or only passes on what is below.
    Unknown,
    /// So many times more rows came than were expected; 1 and up.
    Under(f64),
    /// So many times fewer.
    Over(f64),
}

impl Error {
    /// The factor, whichever way it was off.
    pub(super) fn factor(self) -> f64 {
        match self {
            Self::Unknown => 1.0,
            Self::Under(factor) | Self::Over(factor) => factor,
        }
    }
}

impl<'p> Estimates<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut stops: Vec<bool> = Vec::with_capacity(plan.nodes().len());
        let mut errors = Vec::with_capacity(plan.nodes().len());
        for node in plan.nodes() {
            let stopped = node.parent.is_some_and(|parent| may_stop(plan.node(parent), node, stops[parent.index()]));
            stops.push(stopped);
            errors.push(error(node, stopped, processes(plan, node)));
        }
        let mut estimates = Self { plan, handed_on: errors.iter().map(|error| error.factor()).collect(), errors };
        for node in plan.nodes().iter().rev().filter(|node| passes_on(node)) {
            let below = estimates.inputs(node.id).map(|child| estimates.handed_on[child.id.index()]);
            estimates.handed_on[node.id.index()] = below.fold(1.0, f64::max);
        }
        estimates
    }

    pub(super) fn error(&self, id: NodeId) -> Error {
        self.errors[id.index()]
    }

    /// Down from a node whose estimate is off by the factor, to the deepest below it that is: where it began.
    pub(super) fn root_cause(&self, id: NodeId, factor: f64) -> NodeId {
        let mut cause = id;
        let mut next = Some(id);
        while let Some(at) = next {
            if self.error(at).factor() >= factor {
                cause = at;
            }
            next = self.inputs(at).map(|child| child.id).find(|child| self.handed_on[child.index()] >= factor);
        }
        cause
    }

    /// Whether an input of the node is off by the factor already.
    pub(super) fn inherits(&self, id: NodeId, factor: f64) -> bool {
        self.inputs(id).any(|child| self.handed_on[child.id.index()] >= factor)
    }

    fn inputs(&self, id: NodeId) -> impl Iterator<Item = &'p PlanNode> {
        self.plan.children(id).filter(|child| matches!(child.role, Some(Role::Outer | Role::Inner | Role::Member)))
    }
}

/// Nodes that give the rows of their input, as often as they are asked: their own estimate says nothing.
fn passes_on(node: &PlanNode) -> bool {
    matches!(
        node.kind,
        NodeKind::Hash
            | NodeKind::Materialize
            | NodeKind::Memoize
            | NodeKind::Sort
            | NodeKind::IncrementalSort
            | NodeKind::Gather
            | NodeKind::GatherMerge
            | NodeKind::LockRows
            | NodeKind::Limit
    )
}

/// How many processes the planner may have had in mind for a scan that they share, each with its part of the rows. Where
/// fewer came to it, since they were not started or were busy below a Parallel Append, each gave more.
fn processes(plan: &Plan, node: &PlanNode) -> Option<f64> {
    let gather = plan.ancestors(node.id).find(|above| above.kind.is_gather()).filter(|_| node.parallel)?;
    Some((gather.number("Workers Planned")? + 1.0) * gather.run()?.loops)
}

fn error(node: &PlanNode, stopped: bool, processes: Option<f64>) -> Error {
    // These print no rows, or those of their input.
    let silent =
        matches!(node.kind, NodeKind::BitmapAnd | NodeKind::BitmapOr | NodeKind::ModifyTable) || passes_on(node);
    let (Some(expected), Some(actual), false) = (node.expected_rows(), node.rows(), silent) else {
        return Error::Unknown;
    };
    let expected = expected.max(1.0);
    let all =
        node.estimate.zip(processes).map_or(expected, |(estimate, processes)| expected.max(estimate.rows * processes));
    let (more, fewer) = (actual.low.max(1.0) / all, expected / actual.high.max(1.0));
    match (more >= 1.0, fewer >= 1.0) {
        (true, _) => Error::Under(more),
        // Somebody above stopped asking: fewer rows are no error.
        (false, true) if stopped => Error::Unknown,
        (false, true) => Error::Over(fewer),
        (false, false) => Error::Under(1.0),
    }
}

/// Whether a node may be stopped before it has given all of its rows: by a LIMIT, by the first match of a semi-join, by
/// the other side of a merge join, by a subquery that needs one row. A node that reads all first shields those below it.
fn may_stop(parent: &PlanNode, node: &PlanNode, parent_stopped: bool) -> bool {
    if matches!(node.role, Some(Role::InitPlan | Role::SubPlan | Role::Cte)) {
        return true;
    }
    match parent.kind {
        NodeKind::Limit | NodeKind::MergeJoin => true,
        NodeKind::NestedLoop if node.role == Some(Role::Inner) => parent_stopped || takes_first_match(parent),
        // An incremental sort reads a group at a time, and stops with its parent.
        NodeKind::Sort | NodeKind::Hash | NodeKind::SetOp => false,
        NodeKind::Aggregate(strategy) => parent_stopped && strategy == Strategy::Sorted,
        _ => parent_stopped,
    }
}

/// Whether a node may have been stopped before it has given all of its rows, by whatever is above.
pub(super) fn may_have_been_stopped(plan: &Plan, node: &PlanNode) -> bool {
    let mut path: Vec<&PlanNode> = std::iter::once(node).chain(plan.ancestors(node.id)).collect();
    path.reverse();
    path.windows(2).fold(false, |stopped, pair| may_stop(pair[0], pair[1], stopped))
}

/// Whether a join is content with one match for each outer row.
fn takes_first_match(join: &PlanNode) -> bool {
    join.property("Inner Unique") == Some(&super::plan::Value::Bool(true))
        || join.text("Join Type").is_some_and(|join| join.contains("Semi") || join.contains("Anti"))
}
