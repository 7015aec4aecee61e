use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::estimates::{Error, Estimates, may_have_been_stopped};
use crate::postgres::plan::{NodeId, NodeKind, PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/hash-built-on-larger-side"),
    summary: "a hash join keeps its larger side in memory and walks the smaller one",
    docs: include_str!("hash_built_on_larger_side.md"),
    thresholds: &[
        Threshold {
            name: "min_factor",
            default: 5.0,
            unit: "times",
            reason: "sides of about one size may be built either way; widths are the planner's guess",
        },
        Threshold {
            name: "min_build_share",
            default: 0.2,
            unit: "share",
            reason: "a hash table that fits and is built in less than a fifth of the time harms little",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Timing, Need::Costs], check),
};

/// From so many times on an estimate is called wrong.
const WRONG: f64 = 2.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut joins = context.plan.nodes_of(|kind| kind == NodeKind::HashJoin).peekable();
    if joins.peek().is_none() {
        return Vec::new();
    }
    let estimates = Estimates::of(context.plan);
    joins.filter_map(|join| check_join(context, &estimates, join)).collect()
}

fn check_join(context: &Context<'_>, estimates: &Estimates<'_>, join: &PlanNode) -> Option<Problem> {
    // What looks for a match, or for none, was bound to build on its inner side before PostgreSQL 16 and 18.
    if matches!(join.text("Join Type"), Some("Semi" | "Anti")) {
        return None;
    }
    let outer = context.plan.child(join.id, Role::Outer)?;
    let hash = context.plan.child(join.id, Role::Inner).filter(|inner| inner.kind == NodeKind::Hash)?;
    let built = context.plan.child(hash.id, Role::Outer)?;
    // Of a side that nobody read to its end the size is not known.
    if may_have_been_stopped(context.plan, outer) {
        return None;
    }
    let (kept, walked) = (rows_of_a_table(hash)?, outer.rows()?.high);
    let factor = kept * built.estimate?.width / (walked * outer.estimate?.width).max(1.0);
    let share = context.total_share(hash.id)?;
    let spills = hash.number("Hash Batches").is_some_and(|batches| batches > 1.0);
    if factor < context.limit("min_factor") || !spills && share < context.limit("min_build_share") {
        return None;
    }
    let headline = format!(
        "the hash join builds its table of {} of `{}` and walks {} of `{}`",
        Quantity::Rows(kept),
        name(built),
        Quantity::Rows(outer.rows()?.mid()),
        name(outer)
    );
    let mut problem = Problem::new(join.id, headline)
        .at_stake(stake(context, join, hash))
        .evidence(Evidence::against("more to keep", Quantity::Times(factor), Quantity::Times(context.limit("min_factor"))))
        .evidence(Evidence::of("rows kept, as expected", Quantity::Rows(built.estimate?.rows)))
        .evidence(Evidence::of("rows walked, as expected", Quantity::Rows(outer.estimate?.rows)))
        .evidence(Evidence::against(
            "time of the table",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_build_share")),
        ));
    if let Some(batches) = hash.number("Hash Batches") {
        problem = problem.evidence(Evidence::of("batches", Quantity::Count(batches)));
    }
    // Where the planner knew the sizes it had its reasons: rows of a side that must be kept, an inner side that is unique.
    let wrong = [built, outer].into_iter().map(|side| estimates.root_cause(side.id, WRONG));
    let factor = |id: NodeId| estimates.error(id).factor();
    let cause = wrong.filter(|id| factor(*id) >= WRONG).max_by(|left, right| factor(*left).total_cmp(&factor(*right)))?;
    problem.advice = advice(context, estimates, context.plan.node(cause));
    Some(problem.caused_by(cause, Matter::Estimate))
}

/// The rows of one copy of the table: each process below a Gather builds its own, unless they share one.
fn rows_of_a_table(hash: &PlanNode) -> Option<f64> {
    let copies = if hash.parallel { 1.0 } else { hash.run()?.loops.max(1.0) };
    Some(hash.rows()?.low / copies)
}

fn advice(context: &Context<'_>, estimates: &Estimates<'_>, cause: &PlanNode) -> Vec<Advice> {
    let way = match estimates.error(cause.id) {
        Error::Over(factor) => format!("{} fewer", Quantity::Times(factor)),
        error => format!("{} more", Quantity::Times(error.factor())),
    };
    let mut advice = vec![Advice::text(format!(
        "mend the estimate where it begins, at #{} {}, which gives {way} rows than planned: with the right number the smaller \
         side is kept",
        cause.id.number(),
        cause.label()
    ))];
    advice.extend(advice::table(cause).map(|table| advice::statistics::age(context.relation(cause), &table)));
    advice
}

/// Building and asking the table; reading both sides stays.
fn stake(context: &Context<'_>, join: &PlanNode, hash: &PlanNode) -> Stake {
    match (context.attribution.time(join.id), context.attribution.time(hash.id)) {
        (Some(join), Some(hash)) => Stake::Ms(join.own + hash.own),
        _ => Stake::Own(join.id),
    }
}

fn name(side: &PlanNode) -> String {
    side.relation_and_alias().unwrap_or_else(|| side.label())
}
