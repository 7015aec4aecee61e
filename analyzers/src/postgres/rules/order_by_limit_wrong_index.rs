use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::expression;
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/order-by-limit-wrong-index"),
    summary: "ORDER BY … LIMIT walks an index in order and throws away rows until enough fit",
    docs: include_str!("order_by_limit_wrong_index.md"),
    thresholds: &[
        Threshold {
            name: "min_discarded",
            default: 10_000.0,
            unit: "rows",
            reason: "the planner hoped to find the rows early; ten thousand misses say that it did not",
        },
        Threshold {
            name: "min_discarded_per_row",
            default: 100.0,
            unit: "times",
            reason: "a hundred misses for each hit are a wrong bet even where they are few",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

/// With fewer misses than this a small table is read, whatever the ratio.
const WORTH_A_LOOK: f64 = 1_000.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let limits = context.plan.nodes_of(|kind| kind == NodeKind::Limit);
    limits.filter_map(|limit| check_limit(context, limit)).collect()
}

fn check_limit(context: &Context<'_>, limit: &PlanNode) -> Option<Problem> {
    let scan = ordered_scan(context.plan, limit)?;
    let filter = scan.text("Filter")?;
    let discarded = scan.rows_of("Rows Removed by Filter")?;
    let kept = scan.rows()?;
    let per_row = discarded.low / kept.high.max(1.0);
    let many = discarded.low >= context.limit("min_discarded");
    let badly = per_row >= context.limit("min_discarded_per_row") && discarded.low >= WORTH_A_LOOK;
    if !many && !badly {
        return None;
    }
    let relation = scan.relation.as_deref().unwrap_or("the table");
    let index = scan.index.as_deref().unwrap_or("an index");
    let headline = format!(
        "ORDER BY … LIMIT walks `{index}` past {} of `{relation}` to find {}",
        Quantity::Rows(discarded.mid()),
        Quantity::Rows(kept.mid())
    );
    let mut problem = Problem::new(scan.id, headline)
        .at_stake(Stake::Own(scan.id))
        .evidence(Evidence::against("thrown away", Quantity::Rows(discarded.low), Quantity::Rows(context.limit("min_discarded"))))
        .evidence(Evidence::against(
            "thrown away for each row that is kept",
            Quantity::Times(per_row),
            Quantity::Times(context.limit("min_discarded_per_row")),
        ));
    problem.advice = advice(context, scan, filter, index);
    Some(problem)
}

/// The scan that a LIMIT stops: in index order, without a condition that narrows it.
fn ordered_scan<'p>(plan: &'p Plan, limit: &PlanNode) -> Option<&'p PlanNode> {
    let mut node = plan.child(limit.id, Role::Outer)?;
    while matches!(
        node.kind,
        NodeKind::NestedLoop | NodeKind::Result | NodeKind::SubqueryScan | NodeKind::LockRows | NodeKind::ProjectSet
    ) {
        node = plan.child(node.id, Role::Outer)?;
    }
    let is_ordered = matches!(node.kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan);
    (is_ordered && node.text("Index Cond").is_none()).then_some(node)
}

fn advice(context: &Context<'_>, scan: &PlanNode, filter: &str, index: &str) -> Vec<Advice> {
    let condition = expression::read(filter, scan.alias.as_deref());
    let equal = condition.compared.iter().filter(|compared| compared.how == expression::How::Equal && !compared.is_expression);
    let equal: Vec<String> = equal.map(|compared| compared.column.clone()).collect();
    let Some(first) = equal.first() else {
        return advice::index_for(context, scan, &[filter]);
    };
    if let Some(ordered) = advice::ordered_index_for(context, scan, filter, &equal) {
        return ordered;
    }
    let text = format!(
        "best is an index that begins with `{first}` and goes on with the columns of `{index}`: then the rows come in order \
         and none is thrown away"
    );
    let mut advice = advice::index_for(context, scan, &[filter]);
    advice.insert(0, Advice::text(text));
    advice
}
