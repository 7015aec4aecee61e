use std::collections::BTreeMap;

use crate::finding::Evidence;
use crate::postgres::advice;
use crate::postgres::counters::Counters;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Cause, Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/seq-scan-discards-rows"),
    summary: "a sequential scan throws away most of the rows that it reads",
    docs: include_str!("seq_scan_discards_rows.md"),
    thresholds: &[
        Threshold {
            name: "min_rows",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are a few pages, which a sequential scan reads faster than an index would",
        },
        Threshold {
            name: "min_bytes",
            default: 1_048_576.0,
            unit: "bytes",
            reason: "fewer rows count all the same where they are wide: a MiB and more is thrown away",
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
        Threshold {
            name: "min_share",
            default: 0.05,
            unit: "share",
            reason: "an index that spares less than a twentieth of the statement costs more in each change of the table",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = context.plan.nodes_of(|kind| kind == NodeKind::SeqScan);
    let mut problems: Vec<Problem> = scans.filter_map(|node| check_node(context, node)).collect();
    // Partitions are one table: each of them may be little.
    let mut shares: BTreeMap<Cause, Option<f64>> = BTreeMap::new();
    for problem in &problems {
        let share = context.stake_share(problem.stake);
        shares.entry(problem.cause).and_modify(|all| *all = all.zip(share).map(|(all, share)| all + share)).or_insert(share);
    }
    problems.retain(|problem| shares[&problem.cause].is_none_or(|share| share >= context.limit("min_share")));
    problems
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let filter = node.text("Filter")?;
    let kept = node.rows()?;
    let discarded = node.rows_of("Rows Removed by Filter")?;
    // Rounding in the finding's disfavour: it holds whatever the true counts were.
    let read = discarded.low + kept.low;
    let share = discarded.low / (discarded.low + kept.high).max(1.0);
    let few = read < context.limit("min_rows") && bytes(node, read) < context.limit("min_bytes");
    if few || share < context.limit("min_discarded") {
        return None;
    }
    // Its own: a subplan in the filter reads blocks as well.
    let blocks = context.attribution.own_counters(node).map(Counters::touched_blocks);
    if blocks.is_some_and(|blocks| blocks < context.limit("min_blocks")) {
        return None;
    }
    let relation = node.relation.as_deref().unwrap_or("the table");
    let again = node.run().map(|run| run.loops).filter(|loops| *loops > 1.0 && !is_shared(context, node));
    let headline = format!(
        "the scan of `{relation}` keeps {} and throws away {}{}",
        Quantity::Rows(kept.mid()),
        Quantity::Rows(discarded.mid()),
        again.map_or(String::new(), |loops| format!(", in {} passes", grouped(loops)))
    );
    let mut problem = Problem::new(node.id, headline)
        .caused_by(context.whole_of(node), Matter::Access)
        .evidence(Evidence::against(
            "thrown away",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_discarded")),
        ))
        .evidence(size(context, node, read));
    if let Some(blocks) = blocks {
        problem = problem.evidence(Evidence::of("blocks read", Quantity::Blocks(blocks)));
    }
    problem.advice = advice::index_for(context, node, &[filter]);
    Some(problem)
}

/// Whether several processes share the scan: then its loops are processes.
fn is_shared(context: &Context<'_>, node: &PlanNode) -> bool {
    context.plan.ancestors(node.id).any(|above| above.kind.is_gather())
}

/// The size that counts: rows, or bytes where the rows are few and wide.
fn size(context: &Context<'_>, node: &PlanNode, read: f64) -> Evidence {
    let (rows, bytes_limit) = (context.limit("min_rows"), context.limit("min_bytes"));
    if read < rows {
        return Evidence::against("read, as wide as expected", Quantity::Bytes(bytes(node, read)), Quantity::Bytes(bytes_limit));
    }
    Evidence::against("rows read", Quantity::Rows(read), Quantity::Rows(rows))
}

/// What so many rows take, by the width that the planner expects of what is kept of each; 0 with COSTS OFF.
fn bytes(node: &PlanNode, rows: f64) -> f64 {
    node.estimate.map_or(0.0, |estimate| estimate.width * rows)
}
