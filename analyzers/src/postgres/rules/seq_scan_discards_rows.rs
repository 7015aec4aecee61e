use crate::finding::Evidence;
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Context, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/seq-scan-discards-rows"),
    summary: "a sequential scan throws away most of the rows that it reads",
    docs: include_str!("seq_scan_discards_rows.md"),
    needs: &[Need::Analyze],
    thresholds: &[
        Threshold {
            name: "min_rows",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are a few pages, which a sequential scan reads faster than an index would",
        },
        Threshold {
            name: "min_discarded",
            default: 0.9,
            unit: "share",
            reason: "where a filter keeps more than a tenth, the planner rarely uses an index even if there is one",
        },
        Threshold {
            name: "min_blocks",
            default: 64.0,
            unit: "blocks",
            reason: "a table of half a MiB is read at once, whatever is thrown away",
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = context.plan.nodes_of(|kind| kind == NodeKind::SeqScan);
    scans.filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let filter = node.text("Filter")?;
    let kept = node.rows()?;
    let discarded = node.rows_of("Rows Removed by Filter")?;
    // Rounding in the finding's disfavour: it holds whatever the true counts were.
    let read = discarded.low + kept.low;
    let share = discarded.low / (discarded.low + kept.high).max(1.0);
    if read < context.limit("min_rows") || share < context.limit("min_discarded") {
        return None;
    }
    let blocks = node.counters.as_deref().map(crate::postgres::counters::Counters::touched_blocks);
    if blocks.is_some_and(|blocks| blocks < context.limit("min_blocks")) {
        return None;
    }
    let relation = node.relation.as_deref().unwrap_or("the table");
    let headline = format!(
        "the scan of `{relation}` keeps {} and throws away {}",
        Quantity::Rows(kept.mid()),
        Quantity::Rows(discarded.mid())
    );
    let mut problem = Problem::new(node.id, headline)
        .evidence(Evidence::against(
            "thrown away",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_discarded")),
        ))
        .evidence(Evidence::against("rows read", Quantity::Rows(read), Quantity::Rows(context.limit("min_rows"))));
    if let Some(blocks) = blocks {
        problem = problem.evidence(Evidence::of("blocks read", Quantity::Blocks(blocks)));
    }
    problem.advice = advice::index_for(node, &[filter]);
    Some(problem)
}
