//! Time outside the nodes: planning, triggers, JIT, serialization, and what starting and stopping took.

use super::producers::Pulls;
use super::{Frame, Ledger};
use crate::postgres::plan::{Jit, NodeKind, Plan, Trigger, Value, find};
use crate::quantity::Ms;

/// What [`charge`] found.
pub(super) struct Outside {
    pub(super) frames: Vec<Frame>,
    pub(super) execution: Ms,
    pub(super) remainder: Option<Ms>,
}

/// Printed to three decimals, and summed from several such numbers.
const ROUNDING_MS: f64 = 0.005;

/// Charges what is outside the nodes; what was measured inside them is taken from them.
pub(super) fn charge(plan: &Plan, pulls: &Pulls, ledger: &mut Ledger) -> Outside {
    let statement = &plan.statement;
    let mut frames: Vec<Frame> = planning(plan).into_iter().collect();
    let nodes: f64 = ledger.own.iter().sum();
    // What of Execution Time is not in the nodes; unknown for plans out of a log, which have none.
    let mut gap = statement.execution_ms.map(|execution| execution - nodes);
    let mut outside = 0.0;

    for id in pulls.modifying().filter(|id| ledger.after_root[id.index()] > 0.0) {
        let name = plan.node(id).subplan_name.as_deref().unwrap_or("CTE");
        frames.push(Frame { name: format!("After root {name}"), own: Ms::ZERO });
    }
    if let Some(time) = statement.serialization.as_ref().and_then(|serialization| serialization.time_ms) {
        frames.push(Frame { name: "Serialization".to_owned(), own: Ms(time) });
        outside += time;
        gap = gap.map(|gap| gap - time);
    }
    for trigger in &statement.triggers {
        let Some(time) = trigger.time_ms else { continue };
        frames.push(Frame { name: trigger_name(trigger), own: Ms(time) });
        if is_after_trigger(trigger, time, gap) {
            outside += time;
            gap = gap.map(|gap| gap - time);
        } else {
            take_from(ledger, modify_table(plan, trigger), time);
        }
    }
    let mut start_stop = gap.unwrap_or(0.0).max(0.0);
    if let Some(jit) = statement.jit.as_ref().and_then(|jit| jit_wall(plan, jit)) {
        let taken = take_jit(plan, ledger, &mut start_stop, jit);
        frames.push(Frame { name: "JIT".to_owned(), own: Ms(taken) });
    }
    if start_stop > 0.0 {
        frames.push(Frame { name: "Start/stop".to_owned(), own: Ms(start_stop) });
    }
    let remainder = gap.filter(|gap| *gap < -ROUNDING_MS).map(Ms);
    Outside { frames, execution: Ms(statement.execution_ms.unwrap_or(nodes + outside)), remainder }
}

/// The frame beside execution.
pub(super) fn planning(plan: &Plan) -> Option<Frame> {
    plan.statement.planning_ms.map(|time| Frame { name: "Planning".to_owned(), own: Ms(time) })
}

fn trigger_name(trigger: &Trigger) -> String {
    let name = match (&*trigger.name, trigger.constraint.as_deref()) {
        ("", Some(constraint)) => format!("for constraint {constraint}"),
        (name, Some(constraint)) => format!("{name} for constraint {constraint}"),
        (name, None) => name.to_owned(),
    };
    match trigger.relation.as_deref() {
        Some(relation) => format!("Trigger {name} on {relation}"),
        None => format!("Trigger {name}"),
    }
}

/// AFTER triggers run when the root has ended, BEFORE triggers inside ModifyTable. EXPLAIN does not say which one is
/// which, but Execution Time does: what ran after the root leaves a gap at least as wide.
fn is_after_trigger(trigger: &Trigger, time: f64, gap: Option<f64>) -> bool {
    match gap {
        Some(gap) => time <= gap + ROUNDING_MS,
        // Constraints are checked after.
        None => trigger.constraint.is_some(),
    }
}

/// The node that a BEFORE trigger ran in.
fn modify_table(plan: &Plan, trigger: &Trigger) -> Option<usize> {
    let mut modifies = plan.nodes().iter().filter(|node| node.kind == NodeKind::ModifyTable);
    let on_its_table = |node: &&crate::postgres::PlanNode| {
        trigger.relation.is_some() && node.relation.as_deref() == trigger.relation.as_deref()
    };
    modifies.clone().find(on_its_table).or_else(|| modifies.next()).map(|node| node.id.index())
}

/// Takes time from a node, never more than it has; the rest from whichever nodes have most.
fn take_from(ledger: &mut Ledger, first: Option<usize>, time: f64) -> f64 {
    let mut rest = time;
    let take = |ledger: &mut Ledger, index: usize, rest: &mut f64| {
        let taken = rest.min(ledger.own[index]).max(0.0);
        ledger.own[index] -= taken;
        *rest -= taken;
    };
    if let Some(index) = first {
        take(ledger, index, &mut rest);
    }
    if rest > 0.0 {
        let mut by_size: Vec<usize> = (0..ledger.own.len()).collect();
        by_size.sort_by(|left, right| ledger.own[*right].total_cmp(&ledger.own[*left]));
        for index in by_size {
            if rest <= 0.0 {
                break;
            }
            take(ledger, index, &mut rest);
        }
    }
    time - rest
}

/// The compile time of the process whose clock the nodes show: the sum that is printed less what workers report.
fn jit_wall(plan: &Plan, jit: &Jit) -> Option<f64> {
    let workers = plan.nodes().iter().flat_map(|node| &node.workers);
    let theirs: f64 = workers.filter_map(|worker| worker_jit(&worker.properties)).sum();
    let total = jit.total_ms.or_else(|| (!jit.timing.is_empty()).then(|| jit.timing.iter().map(|(_, ms)| ms).sum()))?;
    Some((total - theirs).max(0.0))
}

fn worker_jit(properties: &[crate::postgres::plan::Property]) -> Option<f64> {
    let Some(Value::Group(jit)) = find(properties, "JIT") else {
        return None;
    };
    let Some(Value::Group(timing)) = find(jit, "Timing") else {
        return None;
    };
    find(timing, "Total")?.number()
}

/// Compiling happens inside the clock of the first node that evaluates an expression. Where one node's own start took
/// just as long as compiling, it was that one; else the root, start and stop, and whichever nodes have most.
fn take_jit(plan: &Plan, ledger: &mut Ledger, start_stop: &mut f64, jit: f64) -> f64 {
    let starts = |index: usize| own_startup(plan, ledger, index);
    let likely = (0..ledger.own.len()).filter(|index| {
        let start = starts(*index);
        jit * 0.9 <= start && start <= jit * 1.5
    });
    let node = likely.min_by(|left, right| starts(*left).total_cmp(&starts(*right)));
    if let Some(index) = node {
        return take_from(ledger, Some(index), jit);
    }
    let mut rest = jit;
    let from_root = rest.min(ledger.own[0]).max(0.0);
    ledger.own[0] -= from_root;
    rest -= from_root;
    let from_start = rest.min(*start_stop);
    *start_stop -= from_start;
    rest -= from_start;
    jit - rest + if rest > 0.0 { take_from(ledger, None, rest) } else { 0.0 }
}

/// How long a node took until its first row without its children, at least.
fn own_startup(plan: &Plan, ledger: &Ledger, index: usize) -> f64 {
    let node = &plan.nodes()[index];
    let Some(startup) = node.run().and_then(|run| Some(run.time?.startup)) else {
        return 0.0;
    };
    let children: f64 = plan.children(node.id).map(|child| ledger.total[child.id.index()]).sum();
    (startup - children).clamp(0.0, ledger.own[index].max(0.0))
}
