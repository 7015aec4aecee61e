use crate::finding::{Advice, Evidence};
use crate::postgres::{advice, order};
use crate::postgres::plan::{NodeId, NodeKind, Plan, PlanNode, Property, Role, Value, find};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/sort-spills-to-disk"),
    summary: "a sort does not fit into memory and goes through temporary files",
    docs: include_str!("sort_spills_to_disk.md"),
    thresholds: &[Threshold {
        name: "min_disk",
        default: 1_024.0,
        unit: "KiB",
        reason: "less than a MiB stays in the cache of the operating system",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

/// Rows take about so many times more in memory than on disk (measured: 2 to 3).
const MEMORY_PER_DISK: f64 = 2.5;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let sorts = |kind| matches!(kind, NodeKind::Sort | NodeKind::IncrementalSort);
    context.plan.nodes_of(sorts).filter_map(|sort| check_sort(context, sort)).collect()
}

fn check_sort(context: &Context<'_>, sort: &PlanNode) -> Option<Problem> {
    // What came in: a LIMIT or a run condition above may have taken less than was sorted.
    let rows = context.plan.child(sort.id, Role::Outer).and_then(PlanNode::rows).or(sort.rows())?;
    let processes = std::iter::once(sort.properties.as_slice());
    let processes = processes.chain(sort.workers.iter().map(|worker| worker.properties.as_slice()));
    // Of parallel processes the one that wrote most: each has a work_mem of its own.
    let disk = processes.filter_map(disk_of).fold(0.0, f64::max);
    if disk < context.limit("min_disk") {
        return None;
    }
    let keys = order::sort_keys(sort).join(", ");
    let headline = format!(
        "the sort of {} by {keys} went through {} on disk",
        Quantity::Rows(rows.mid()),
        Quantity::Bytes(disk * 1024.0)
    );
    let mut problem = Problem::new(sort.id, headline)
        .caused_by(wanted_by(context.plan, sort), Matter::Memory).evidence(Evidence::against(
        "written to disk",
        Quantity::Bytes(disk * 1024.0),
        Quantity::Bytes(context.limit("min_disk") * 1024.0),
    ));
    if let Some(width) = sort.estimate.map(|estimate| estimate.width) {
        problem = problem.evidence(Evidence::of("width of a row", Quantity::Bytes(width)));
    }
    Some(
        problem
            .advice(advice::work_mem(context, disk * MEMORY_PER_DISK, "to sort in memory"))
            .advice(Advice::text(format!(
                "an index on {keys} would give the rows in order; sorting fewer columns, or a LIMIT, needs less memory"
            ))),
    )
}

/// A merge join sorts both of its sides for itself: one cause. Otherwise the sort.
fn wanted_by(plan: &Plan, sort: &PlanNode) -> NodeId {
    let mut above = plan.ancestors(sort.id).skip_while(|above| above.kind == NodeKind::Materialize);
    above.next().filter(|above| above.kind == NodeKind::MergeJoin).map_or(sort.id, |join| join.id)
}

/// What a process wrote, in KiB; none where it sorted in memory.
fn disk_of(properties: &[Property]) -> Option<f64> {
    // Incremental sorts report each kind of group by itself.
    let groups = ["Full-sort Groups", "Pre-sorted Groups"].into_iter().filter_map(|name| match find(properties, name) {
        Some(Value::Group(group)) => match find(group, "Sort Space Disk") {
            Some(Value::Group(space)) => find(space, "Peak Sort Space Used").and_then(Value::number),
            _ => None,
        },
        _ => None,
    });
    let plain = (find(properties, "Sort Space Type").and_then(Value::text) == Some("Disk"))
        .then(|| find(properties, "Sort Space Used").and_then(Value::number))
        .flatten();
    groups.chain(plain).max_by(f64::total_cmp)
}
