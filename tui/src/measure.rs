//! Numbers of a node as the screens show them; all of them are the report's.

use perf_look_analyzers::Subject;
use perf_look_analyzers::postgres::{NodeId, PlanNode};

/// What a node took itself in ms, or cost where nothing was timed.
pub(crate) fn own_time_or_cost(subject: &Subject, id: NodeId) -> f64 {
    let share = subject.attribution.node(id);
    share.time.map_or(share.own_cost, |time| time.own.0)
}

/// What a node and all below it took in ms, or cost where nothing was timed.
pub(crate) fn total_time_or_cost(subject: &Subject, id: NodeId) -> f64 {
    let cost = || subject.plan.node(id).estimate.map_or(0.0, |estimate| estimate.total_cost);
    subject.attribution.time(id).map_or_else(cost, |time| time.total.0)
}

pub(crate) fn whole(subject: &Subject) -> f64 {
    let cost = || subject.plan.root().estimate.map_or(0.0, |estimate| estimate.total_cost);
    subject.attribution.execution.map_or_else(cost, |whole| whole.0)
}

/// A node's own part of the whole, 0 to 1.
pub(crate) fn own_share(subject: &Subject, id: NodeId) -> f64 {
    part(own_time_or_cost(subject, id), whole(subject))
}

/// A part of the whole, 0 where the whole is nothing.
pub(crate) fn part(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

/// Rows that a node gave, all loops together; those expected where it was not run.
pub(crate) fn rows(node: &PlanNode) -> Option<f64> {
    node.rows().map(perf_look_analyzers::quantity::Interval::mid).or_else(|| node.estimate.map(|guess| guess.rows))
}

/// How many times more or fewer rows came than were expected.
pub(crate) fn off(node: &PlanNode) -> Option<f64> {
    let (expected, actual) = (node.expected_rows()?.max(1.0), node.rows()?.mid().max(1.0));
    Some((actual / expected).max(expected / actual))
}
