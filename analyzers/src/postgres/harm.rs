//! What a wrong number of rows did: the step above that was chosen by it and took most.

use super::estimates::{Error, Estimates};
use super::plan::{NodeKind, Plan, PlanNode, Role, Strategy};
use crate::quantity::Ms;
use crate::rule::{Context, Stake, Threshold};

/// How far off a number must be for [`harmed`].
pub(super) const MIN_FACTOR: Threshold = Threshold {
    name: "min_factor",
    default: 10.0,
    unit: "times",
    reason: "plans seldom change for less; ten times more rows is another join method",
};

/// How much of the whole [`harmed`] must have taken.
pub(super) const MIN_HARMED_SHARE: Threshold = Threshold {
    name: "min_harmed_share",
    default: 0.2,
    unit: "share",
    reason: "a wrong number that costs nothing is no finding",
};

/// The join, sort or aggregate that was misled worst, with what is at stake and its share of the whole; none where the
/// share is less than what the rule asks for. The rule has the limits [`MIN_FACTOR`] and [`MIN_HARMED_SHARE`].
pub(super) fn harmed<'p>(
    context: &Context<'p>,
    estimates: &Estimates<'_>,
    node: &'p PlanNode,
) -> Option<(&'p PlanNode, Stake, f64)> {
    let enough = context.limit("min_harmed_share");
    misled(context, estimates, node, context.limit("min_factor")).filter(|(_, _, share)| *share >= enough)
}

/// The join, sort or aggregate above the node that a number that is off by the factor reaches and that took most itself.
/// The node's own method was chosen by what comes in, not by what comes out.
pub(super) fn misled<'p>(
    context: &Context<'p>,
    estimates: &Estimates<'_>,
    node: &'p PlanNode,
    factor: f64,
) -> Option<(&'p PlanNode, Stake, f64)> {
    let reached = |above: &&PlanNode| match estimates.error(above.id) {
        Error::Unknown => true,
        error => error.factor() >= factor,
    };
    let above = self::above(context.plan, node).take_while(reached);
    // A join right above is misled by the number even where its own rows came out as planned.
    let parent = self::above(context.plan, node).next().filter(|parent| !reached(parent));
    // Who expected more rows than came and took a nested loop all the same, would have taken it the more with the right number.
    let fewer = matches!(estimates.error(node.id), Error::Over(_));
    let depends = |node: &&PlanNode| {
        node.kind.is_join() && !(fewer && node.kind == NodeKind::NestedLoop)
            || matches!(
                node.kind,
                NodeKind::Sort | NodeKind::Aggregate(Strategy::Hashed | Strategy::Sorted | Strategy::Mixed)
            )
    };
    let harm = |harmed: &'p PlanNode| harm(context, harmed, node).map(|(stake, share)| (harmed, stake, share));
    above.chain(parent).filter(depends).filter_map(harm).max_by(|left, right| left.2.total_cmp(&right.2))
}

/// The nodes above that the rows of a node flow through: of a WITH query or a subplan they end at its top.
fn above<'p>(plan: &'p Plan, node: &'p PlanNode) -> impl Iterator<Item = &'p PlanNode> {
    let is_apart = |node: &PlanNode| matches!(node.role, Some(Role::InitPlan | Role::SubPlan | Role::Cte));
    std::iter::successors(Some(node), move |at| at.parent.filter(|_| !is_apart(at)).map(|parent| plan.node(parent)))
        .skip(1)
}

/// What a node took itself because of its choice: a nested loop its look-ups, a hash join its hash table too.
fn harm(context: &Context<'_>, harmed: &PlanNode, cause: &PlanNode) -> Option<(Stake, f64)> {
    let whole = context.attribution.execution?;
    let mut time = context.attribution.time(harmed.id)?.own;
    if let Some(inner) = context.plan.child(harmed.id, Role::Inner) {
        let holds_cause = context.plan.subtree(inner.id).iter().any(|node| node.id == cause.id);
        let inner = context.attribution.time(inner.id)?;
        time += if harmed.kind == NodeKind::NestedLoop && !holds_cause { inner.total } else { inner.own };
    }
    (whole > Ms::ZERO).then(|| (Stake::Ms(time), time.0 / whole.0))
}
