use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/index-scan-discards-rows"),
    summary: "an index scan fetches many rows that its filter then throws away",
    docs: include_str!("index_scan_discards_rows.md"),
    thresholds: &[
        Threshold {
            name: "min_discarded",
            default: 1_000.0,
            unit: "rows",
            reason: "fewer rows are fetched in a millisecond",
        },
        Threshold {
            name: "min_discarded_per_row",
            default: 10.0,
            unit: "times",
            reason: "an index that finds one row in ten or more is of the wrong columns",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = |kind| matches!(kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapHeapScan);
    context.plan.nodes_of(scans).filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let filter = node.text("Filter")?;
    let discarded = node.rows_of("Rows Removed by Filter")?;
    let kept = node.rows()?;
    let enough = context.limit("min_discarded").max(context.limit("min_discarded_per_row") * kept.high);
    if discarded.low < enough {
        return None;
    }
    let relation = node.relation.as_deref().unwrap_or("the table");
    let per_row = discarded.low / kept.high.max(1.0);
    let headline = format!(
        "the index scan of `{relation}` fetches {} to keep {}",
        Quantity::Rows(discarded.mid() + kept.mid()),
        Quantity::Rows(kept.mid())
    );
    let mut problem = Problem::new(node.id, headline)
        .caused_by(context.whole_of(node), Matter::Access)
        .evidence(Evidence::against("thrown away", Quantity::Rows(discarded.low), Quantity::Rows(context.limit("min_discarded"))))
        .evidence(Evidence::against(
            "thrown away for each row that is kept",
            Quantity::Times(per_row),
            Quantity::Times(context.limit("min_discarded_per_row")),
        ));
    if let Some(own) = context.attribution.own_counters(node) {
        problem = problem.evidence(Evidence::of("blocks read", Quantity::Blocks(own.touched_blocks())));
    }
    let searched = node.text("Index Cond").or_else(|| node.text("Recheck Cond"));
    problem.advice = match searched {
        Some(searched) => advice::wider_index_for(context, node, searched, filter),
        None => advice::index_for(context, node, &[filter]),
    };
    if searched.is_none() {
        let index = node.index.as_deref().unwrap_or("the index");
        problem = problem.advice(Advice::text(format!("`{index}` is read whole, for its order or its columns alone")));
    }
    Some(problem)
}
