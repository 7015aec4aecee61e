use crate::finding::{Advice, Evidence};
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/join-explodes-rows"),
    summary: "a join gives many times more rows than either side has",
    docs: include_str!("join_explodes_rows.md"),
    thresholds: &[
        Threshold {
            name: "min_rows",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are handled in a few milliseconds",
        },
        Threshold {
            name: "min_factor",
            default: 10.0,
            unit: "times",
            reason: "a join along a key gives about as many rows as its larger side",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let joins = context.plan.nodes_of(NodeKind::is_join);
    joins.filter_map(|join| check_join(context, join)).collect()
}

fn check_join(context: &Context<'_>, join: &PlanNode) -> Option<Problem> {
    let given = join.rows()?;
    let outer = distinct_rows(context.plan, context.plan.child(join.id, Role::Outer)?)?;
    let inner = distinct_rows(context.plan, context.plan.child(join.id, Role::Inner)?)?;
    // Look-ups give the join's rows and no more: how many the side has is not known.
    if join.kind == NodeKind::NestedLoop && inner >= given.low {
        return None;
    }
    let larger = outer.max(inner);
    let factor = given.low / larger.max(1.0);
    if given.low < context.limit("min_rows") || factor < context.limit("min_factor") {
        return None;
    }
    let headline = format!(
        "the join makes {} out of {} and {}",
        Quantity::Rows(given.mid()),
        Quantity::Rows(outer),
        Quantity::Rows(inner)
    );
    let mut problem = Problem::new(join.id, headline)
        .at_stake(context.handling_of(join))
        .evidence(Evidence::against("rows given", Quantity::Rows(given.low), Quantity::Rows(context.limit("min_rows"))))
        .evidence(Evidence::against(
            "more than the larger side",
            Quantity::Times(factor),
            Quantity::Times(context.limit("min_factor")),
        ));
    if let Some(reduced) = reduced_above(context.plan, join, given.low) {
        problem = problem
            .evidence(Evidence::of("rows left above", Quantity::Rows(reduced)))
            .advice(Advice::text("the rows are thrown together again above: aggregate before the join, or use EXISTS"));
    }
    Some(problem.advice(Advice::text(
        "look for a condition that is missing from the join, or a key that is not unique where it should be",
    )))
}

/// Rows that a side has, once: a merge join steps back and a nested loop starts anew, and both count rows again.
fn distinct_rows(plan: &Plan, side: &PlanNode) -> Option<f64> {
    let mut input = side;
    while matches!(
        input.kind,
        NodeKind::Sort | NodeKind::IncrementalSort | NodeKind::Materialize | NodeKind::Hash | NodeKind::Memoize
    ) {
        input = plan.child(input.id, Role::Outer)?;
    }
    let run = input.run()?;
    let is_reread = input.kind == NodeKind::SeqScan && !input.parallel && side.role == Some(Role::Inner);
    let rows = input.rows()?;
    Some(if is_reread { rows.mid() / run.loops.max(1.0) } else { rows.high })
}

/// The rows of an aggregate or a Unique not far above that leaves a tenth or less.
fn reduced_above(plan: &Plan, join: &PlanNode, given: f64) -> Option<f64> {
    const NEAR: usize = 3;
    let reduces = |node: &&PlanNode| matches!(node.kind, NodeKind::Aggregate(_) | NodeKind::Unique | NodeKind::Group);
    let above = plan.ancestors(join.id).take(NEAR).find(reduces)?;
    let left = above.rows()?.high;
    (left * 10.0 <= given).then_some(left)
}
