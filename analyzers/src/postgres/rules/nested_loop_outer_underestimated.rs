use crate::finding::{Advice, Evidence};
use crate::postgres::estimates::{Error, Estimates};
use crate::postgres::plan::{NodeKind, PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/nested-loop-outer-underestimated"),
    summary: "a nested loop was chosen for a few outer rows, and many came",
    docs: include_str!("nested_loop_outer_underestimated.md"),
    thresholds: &[
        Threshold {
            name: "min_outer_rows",
            default: 1_000.0,
            unit: "rows",
            reason: "fewer look-ups take a few milliseconds",
        },
        Threshold {
            name: "min_factor",
            default: 10.0,
            unit: "times",
            reason: "with ten times fewer rows another join would hardly have been chosen",
        },
        Threshold {
            name: "min_inner_share",
            default: 0.3,
            unit: "share",
            reason: "the look-ups must be what takes the time",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Costs], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut joins = context.plan.nodes_of(|kind| kind == NodeKind::NestedLoop).peekable();
    if joins.peek().is_none() {
        return Vec::new();
    }
    let estimates = Estimates::of(context.plan);
    joins.filter_map(|join| check_join(context, &estimates, join)).collect()
}

/// The look-ups and the join that asks for them.
fn look_ups(context: &Context<'_>, join: &PlanNode, inner: &PlanNode) -> Stake {
    match (context.attribution.time(join.id), context.attribution.time(inner.id)) {
        (Some(join), Some(inner)) => Stake::Ms(join.own + inner.total),
        _ => Stake::Total(inner.id),
    }
}

fn check_join(context: &Context<'_>, estimates: &Estimates<'_>, join: &PlanNode) -> Option<Problem> {
    let outer = context.plan.child(join.id, Role::Outer)?;
    let inner = context.plan.child(join.id, Role::Inner)?;
    let rows = outer.rows()?;
    let expected = outer.expected_rows()?;
    let factor = rows.low / expected.max(1.0);
    let share = context.total_share(inner.id)?;
    if rows.low < context.limit("min_outer_rows")
        || factor < context.limit("min_factor")
        || share < context.limit("min_inner_share")
    {
        return None;
    }
    let headline = format!(
        "the nested loop was planned for {} and got {}, each a look-up in `{}`",
        Quantity::Rows(expected),
        Quantity::Rows(rows.mid()),
        inner.relation.as_deref().unwrap_or(&inner.type_name)
    );
    let cause = estimates.root_cause(outer.id, context.limit("min_factor"));
    let mut problem = Problem::new(join.id, headline)
        .at_stake(look_ups(context, join, inner))
        .caused_by(cause, Matter::Estimate)
        .evidence(Evidence::against("outer rows", Quantity::Rows(rows.low), Quantity::Rows(context.limit("min_outer_rows"))))
        .evidence(Evidence::against(
            "more than expected",
            Quantity::Times(factor),
            Quantity::Times(context.limit("min_factor")),
        ))
        .evidence(Evidence::against(
            "time of the look-ups",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_inner_share")),
        ));
    let began = context.plan.node(cause);
    if matches!(estimates.error(cause), Error::Under(_)) {
        let place = format!("#{} {}", began.id.number(), began.label());
        problem = problem.advice(Advice::text(format!("mend the estimate where it begins, at {place}: ANALYZE, CREATE STATISTICS")));
    }
    Some(problem.advice(Advice::sql(
        "see what the planner would do without the loop, in a session of your own",
        "SET enable_nestloop = off;",
    )))
}
