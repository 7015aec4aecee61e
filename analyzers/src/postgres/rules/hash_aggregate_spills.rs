use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode, Strategy};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/hash-aggregate-spills"),
    summary: "the groups of a hash aggregate do not fit into memory",
    docs: include_str!("hash_aggregate_spills.md"),
    thresholds: &[Threshold {
        name: "min_disk",
        default: 1_024.0,
        unit: "KiB",
        reason: "less than a MiB stays in the cache of the operating system",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let hashed = |kind| matches!(kind, NodeKind::Aggregate(Strategy::Hashed | Strategy::Mixed));
    context.plan.nodes_of(hashed).filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let groups = node.rows()?;
    let of_workers = node.workers.iter().filter_map(|worker| {
        crate::postgres::plan::find(&worker.properties, "Disk Usage").and_then(crate::postgres::plan::Value::number)
    });
    let disk = node.number("Disk Usage").into_iter().chain(of_workers).fold(0.0, f64::max);
    if disk < context.limit("min_disk") {
        return None;
    }
    let batches = node.number("HashAgg Batches").unwrap_or(0.0);
    let peak = node.number("Peak Memory Usage").unwrap_or(0.0);
    let headline = format!(
        "the hash aggregate of {} wrote {} to disk",
        Quantity::Rows(groups.mid()).to_string().replace("row", "group"),
        Quantity::Bytes(disk * 1024.0)
    );
    let mut problem = Problem::new(node.id, headline)
        .caused_by(node.id, Matter::Memory)
        .evidence(Evidence::against(
            "written to disk",
            Quantity::Bytes(disk * 1024.0),
            Quantity::Bytes(context.limit("min_disk") * 1024.0),
        ))
        .evidence(Evidence::of("batches", Quantity::Count(batches)))
        .evidence(Evidence::of("memory at most", Quantity::Bytes(peak * 1024.0)));
    if let Some(expected) = node.expected_rows() {
        problem = problem.evidence(Evidence::of("groups expected", Quantity::Count(expected)));
    }
    let needed = memory_of_all(node, groups.mid()).unwrap_or(peak + disk);
    problem = problem.advice(advice::work_mem(context, needed / advice::hash_mem_multiplier(context), "the groups need more memory"));
    if node.expected_rows().is_some_and(|expected| groups.low > 4.0 * expected.max(1.0)) {
        problem = problem.advice(Advice::text(format!(
            "the planner expected {} groups: ANALYZE, or CREATE STATISTICS (ndistinct) on the columns of GROUP BY",
            grouped(node.expected_rows().unwrap_or(0.0))
        )));
    }
    Some(problem.advice(Advice::text("group by fewer or narrower columns, or aggregate before the join")))
}

/// Memory for all groups at once in KiB: each takes its row, its entry and its part of the hash table (measured: 116 bytes
/// beside a row of 12).
fn memory_of_all(node: &PlanNode, groups: f64) -> Option<f64> {
    const OVERHEAD: f64 = 120.0;
    let width = node.estimate?.width;
    Some(groups * (width + OVERHEAD) / 1024.0)
}
