use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/index-only-scan-visits-heap"),
    summary: "an index-only scan has to look into the table all the same",
    docs: include_str!("index_only_scan_visits_heap.md"),
    thresholds: &[
        Threshold {
            name: "min_fetches",
            default: 1_000.0,
            unit: "rows",
            reason: "fewer visits are not felt",
        },
        Threshold {
            name: "min_fetched",
            default: 0.1,
            unit: "share",
            reason: "a tenth of the rows was seen to double the time of such a scan",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = context.plan.nodes_of(|kind| kind == NodeKind::IndexOnlyScan);
    scans.filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    // Both are totals over all loops.
    let fetches = node.number("Heap Fetches")?;
    let rows = node.rows()?;
    // Rows that the filter threw away were looked up as well.
    let read = rows.high + node.rows_of("Rows Removed by Filter")?.high;
    let share = fetches / read.max(1.0);
    if fetches < context.limit("min_fetches") || share < context.limit("min_fetched") {
        return None;
    }
    let relation = node.relation.as_deref().unwrap_or("the table");
    let headline = format!(
        "the index-only scan looks into `{relation}` {} times for {}",
        crate::quantity::grouped(fetches),
        Quantity::Rows(rows.mid())
    );
    let problem = Problem::new(node.id, headline)
        .evidence(Evidence::against("rows looked up", Quantity::Share(share.min(1.0)), Quantity::Share(context.limit("min_fetched"))))
        .evidence(Evidence::against("look-ups", Quantity::Count(fetches), Quantity::Count(context.limit("min_fetches"))));
    Some(match advice::table(node) {
        Some(table) => problem.advice(Advice::sql(
            "mark pages as visible to all; if it comes back, let autovacuum look sooner, and end old transactions",
            format!("VACUUM (ANALYZE) {table};\nALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);"),
        )),
        None => problem.advice(Advice::text("VACUUM the table, so that its pages are marked as visible to all")),
    })
}
