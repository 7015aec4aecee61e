//! Whether all of a plan is there: logs break off, and what is left of a plan in TEXT may still read like one.

use crate::gate::shape::Shape;
use crate::postgres::parse::{self, ParsePlanError};
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};

/// The shape of a plan that is whole, or why it is not.
pub(super) fn fingerprint(text: &str, ms: f64) -> Result<String, String> {
    let plan = parsed(text, ms)?;
    match plan.nodes().iter().find(|node| inputs(&plan, node) < least(node)) {
        Some(node) => Err(format!("lines of the plan are missing below `{}`", node.label())),
        None => Ok(Shape::of(&plan).tree),
    }
}

/// The plan of a block.
pub(super) fn parsed(text: &str, ms: f64) -> Result<Plan, String> {
    parse::logged(text, ms).map_err(|ParsePlanError { line, expected, found, .. }| {
        format!("line {line} of its plan: expected {expected}, found {found}")
    })
}

fn inputs(plan: &Plan, node: &PlanNode) -> usize {
    let is_sub_plan = |role| matches!(role, Some(Role::InitPlan | Role::SubPlan | Role::Cte));
    plan.children(node.id).filter(|child| !is_sub_plan(child.role)).count()
}

/// As many inputs as such a node has at least.
fn least(node: &PlanNode) -> usize {
    match node.kind {
        kind if kind.is_join() => 2,
        NodeKind::Aggregate(_)
        | NodeKind::BitmapHeapScan
        | NodeKind::Gather
        | NodeKind::GatherMerge
        | NodeKind::Group
        | NodeKind::Hash
        | NodeKind::IncrementalSort
        | NodeKind::Limit
        | NodeKind::LockRows
        | NodeKind::Materialize
        | NodeKind::Memoize
        | NodeKind::ModifyTable
        | NodeKind::ProjectSet
        | NodeKind::SetOp
        | NodeKind::Sort
        | NodeKind::SubqueryScan
        | NodeKind::Unique
        | NodeKind::WindowAgg => 1,
        NodeKind::BitmapAnd | NodeKind::BitmapOr | NodeKind::RecursiveUnion => 2,
        _ => 0,
    }
}
