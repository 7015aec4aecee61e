use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode, Role, Value};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/not-in-subplan"),
    summary: "NOT IN goes through the rows of its subquery for each row outside",
    docs: include_str!("not_in_subplan.md"),
    thresholds: &[Threshold {
        name: "min_rows",
        default: 100_000.0,
        unit: "rows",
        reason: "fewer comparisons are done in a few milliseconds",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let subplans = context.plan.nodes().iter().filter(|node| node.role == Some(Role::SubPlan));
    subplans.filter_map(|subplan| check_subplan(context, subplan)).collect()
}

fn check_subplan(context: &Context<'_>, subplan: &PlanNode) -> Option<Problem> {
    let name = subplan.subplan_name.as_deref()?;
    let tested = context.plan.node(subplan.parent?);
    let rows = subplan.rows()?.low;
    if rows < context.limit("min_rows") || !is_excluded(tested, subplan, name) {
        return None;
    }
    let runs = subplan.run()?.loops;
    let headline =
        format!("NOT IN goes through its subquery {} times, {} in all", grouped(runs), Quantity::Rows(rows));
    // The comparisons themselves are work of the node whose rows are tested.
    let stake = match (context.attribution.time(subplan.id), context.attribution.time(tested.id)) {
        (Some(subplan), Some(tested)) => Stake::Ms(subplan.total + tested.own),
        _ => Stake::Total(subplan.id),
    };
    let mut problem = Problem::new(subplan.id, headline)
        .at_stake(stake)
        .caused_by(context.heaviest(subplan.id), Matter::Access)
        .evidence(Evidence::against("rows compared", Quantity::Rows(rows), Quantity::Rows(context.limit("min_rows"))))
        .evidence(Evidence::of("runs", Quantity::Count(runs)))
        .advice(Advice::text(
            "write NOT EXISTS (SELECT FROM … WHERE inner = outer), which can be an anti-join; it also gives rows where \
             NOT IN gives none since the subquery has a NULL",
        ));
    problem.advice.extend(memory_to_hash(context, subplan));
    Some(problem)
}

/// Whether the node's condition holds a NOT IN on the subplan, and not a hashed one.
fn is_excluded(tested: &PlanNode, subplan: &PlanNode, name: &str) -> bool {
    // Up to PostgreSQL 16 NOT EXISTS is printed alike, but what it reads is not kept for the next run.
    let is_kept = subplan.kind == NodeKind::Materialize;
    let plain = format!("NOT ({name})");
    let compared = format!("({name})");
    let excludes = |text: &str| {
        let any = text.split("NOT (ANY (").skip(1);
        is_kept && text.contains(&plain) || any.into_iter().any(|group| first_subplan(group).is_some_and(|it| it.starts_with(&compared)))
    };
    tested.properties.iter().any(|property| match &property.value {
        Value::Text(text) => excludes(text),
        Value::List(texts) => texts.iter().filter_map(Value::text).any(excludes),
        _ => false,
    })
}

/// From the parenthesis on that holds the first subplan of a text: `(SubPlan 1).col1`, `(hashed SubPlan 1).col1`.
fn first_subplan(text: &str) -> Option<&str> {
    let name = text.find("SubPlan ")?;
    text.get(text[..name].rfind('(')?..)
}

/// The memory from which on the planner takes a hash table, as far as it is memory that keeps it from that.
fn memory_to_hash(context: &Context<'_>, subplan: &PlanNode) -> Option<Advice> {
    const HEADER: f64 = 24.0;
    const ALIGNED: f64 = 8.0;
    let estimate = subplan.estimate.filter(|_| subplan.kind == NodeKind::Materialize)?;
    let row = (estimate.width / ALIGNED).ceil() * ALIGNED + HEADER;
    let needed = estimate.rows * row / 1024.0 / advice::hash_mem_multiplier(context);
    let is_enough = advice::work_mem_kb(context).is_some_and(|now| needed <= now);
    (!is_enough).then(|| advice::work_mem(context, needed, "or, so that the planner can hash the subquery's rows"))
}
