use crate::finding::Evidence;
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/lossy-bitmap"),
    summary: "a bitmap did not fit into work_mem, so whole pages are tested row by row",
    docs: include_str!("lossy_bitmap.md"),
    thresholds: &[
        Threshold {
            name: "min_lossy",
            default: 0.1,
            unit: "share",
            reason: "a tenth of the pages without exact places begins to cost more than the memory would",
        },
        Threshold {
            name: "min_rows",
            default: 1_000.0,
            unit: "rows",
            reason: "fewer rows are tested again in no time",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

/// A bitmap's entry for a page takes about so many bytes (`tbm_calculate_entries` in Postgres' `tidbitmap.c`).
const BYTES_OF_A_PAGE: f64 = 64.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = context.plan.nodes_of(|kind| kind == NodeKind::BitmapHeapScan);
    scans.filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let lossy = node.number("Lossy Heap Blocks")?;
    let blocks = lossy + node.number("Exact Heap Blocks").unwrap_or(0.0);
    let share = if blocks > 0.0 { lossy / blocks } else { 0.0 };
    let discarded = node.rows_of("Rows Removed by Index Recheck")?;
    if share < context.limit("min_lossy") || discarded.low < context.limit("min_rows") {
        return None;
    }
    let relation = node.relation.as_deref().unwrap_or("the table");
    let headline = format!(
        "the bitmap of `{relation}` lost the places of rows in {}, so {} were tested for nothing",
        Quantity::Blocks(lossy),
        Quantity::Rows(discarded.mid())
    );
    Some(
        Problem::new(node.id, headline)
            .caused_by(node.id, Matter::Memory)
            .evidence(Evidence::against("pages without exact places", Quantity::Share(share), Quantity::Share(context.limit("min_lossy"))))
            .evidence(Evidence::against(
                "rows tested for nothing",
                Quantity::Rows(discarded.low),
                Quantity::Rows(context.limit("min_rows")),
            ))
            .advice(advice::work_mem(context, blocks * BYTES_OF_A_PAGE / 1024.0, "the bitmap needs more memory")),
    )
}
