use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{Estimate, NodeKind, PlanNode, Role, Value};
use crate::quantity::{Ms, Quantity, grouped};
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
    },
    Threshold {
        name: "min_full",
        default: 0.5,
        unit: "share",
        reason: "with twice the rows the planner no longer takes the hash table",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let subplans = context.plan.nodes().iter().filter(|node| node.role == Some(Role::SubPlan));
    subplans.filter_map(|subplan| quadratic(context, subplan).or_else(|| nearly(context, subplan))).collect()
}

/// Its rows are in a list.
fn quadratic(context: &Context<'_>, subplan: &PlanNode) -> Option<Problem> {
    let name = subplan.subplan_name.as_deref()?;
    let tested = context.plan.node(subplan.parent?);
    let rows = subplan.rows()?.low;
    // Up to PostgreSQL 16 NOT EXISTS is printed alike, but what it reads is not kept for the next run.
    let is_kept = subplan.kind == NodeKind::Materialize;
    if rows < context.limit("min_rows") || !excludes(tested, &format!("({name})"), is_kept) {
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
        .advice(rewritten());
    problem.advice.extend(memory_to_hash(context, subplan));
    Some(problem)
}

/// Its rows are in a hash table that the planner would not take for a few more.
fn nearly(context: &Context<'_>, subplan: &PlanNode) -> Option<Problem> {
    let name = subplan.subplan_name.as_deref()?;
    let tested = context.plan.node(subplan.parent?);
    let room = advice::work_mem_kb(context)? * advice::hash_mem_multiplier(context) * 1024.0;
    let rows = subplan.estimate?.rows.max(subplan.rows()?.low);
    let needed = rows * row_in_a_table(subplan.estimate?);
    let full = needed / room;
    if full < context.limit("min_full") || !excludes(tested, &format!("(hashed {name})"), true) || !says_not_in(context) {
        return None;
    }
    let headline = format!(
        "NOT IN is answered by a hash table of {}; from {} on it would go through all of them for each row outside",
        Quantity::Rows(rows),
        Quantity::Rows((room / row_in_a_table(subplan.estimate?)).floor() + 1.0)
    );
    Some(
        Problem::new(subplan.id, headline)
            .at_stake(Stake::Ms(Ms::ZERO))
            .evidence(Evidence::against("part of the memory", Quantity::Share(full), Quantity::Share(context.limit("min_full"))))
            .evidence(Evidence::of("rows of the subquery", Quantity::Rows(rows)))
            .advice(rewritten()),
    )
}

/// Whether the statement has a NOT IN: a hashed NOT EXISTS is printed alike, and falls back to look-ups instead.
fn says_not_in(context: &Context<'_>) -> bool {
    let words = context.subject.query.as_deref().map(str::to_lowercase).unwrap_or_default();
    words.split_whitespace().collect::<Vec<_>>().windows(2).any(|pair| pair[0] == "not" && pair[1].starts_with("in"))
}

fn rewritten() -> Advice {
    Advice::text(
        "write NOT EXISTS (SELECT FROM … WHERE inner = outer), which can be an anti-join; it also gives rows where NOT IN \
         gives none since the subquery has a NULL",
    )
}

/// Whether the node's condition denies what the reference in parentheses finds. In the words of PostgreSQL 16 and before
/// that may be EXISTS too, so that those count only where something else makes it certain.
fn excludes(tested: &PlanNode, reference: &str, is_certain: bool) -> bool {
    let plain = format!("NOT {reference}");
    let denies = |text: &str| {
        let mut any = text.split("NOT (ANY (").skip(1);
        let is_any = any.any(|group| first_subplan(group).is_some_and(|found| found.starts_with(reference)));
        is_certain && text.contains(&plain) || is_any
    };
    tested.properties.iter().any(|property| match &property.value {
        Value::Text(text) => denies(text),
        Value::List(texts) => texts.iter().filter_map(Value::text).any(denies),
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
    let estimate = subplan.estimate.filter(|_| subplan.kind == NodeKind::Materialize)?;
    let needed = estimate.rows * row_in_a_table(estimate) / 1024.0 / advice::hash_mem_multiplier(context);
    let is_enough = advice::work_mem_kb(context).is_some_and(|now| needed <= now);
    (!is_enough).then(|| advice::work_mem(context, needed, "or, so that the planner can hash the subquery's rows"))
}

/// What the planner counts for each row of the table, in bytes (`subplan_is_hashable`).
fn row_in_a_table(estimate: Estimate) -> f64 {
    const HEADER: f64 = 24.0;
    const ALIGNED: f64 = 8.0;
    (estimate.width / ALIGNED).ceil() * ALIGNED + HEADER
}
