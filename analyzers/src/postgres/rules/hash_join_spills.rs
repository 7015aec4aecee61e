use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode, Role};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/hash-join-spills"),
    summary: "the table of a hash join does not fit into memory",
    docs: include_str!("hash_join_spills.md"),
    thresholds: &[Threshold {
        name: "min_batches",
        default: 2.0,
        unit: "count",
        reason: "from two batches on, both sides of the join are written to disk and read again",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let hashes = context.plan.nodes_of(|kind| kind == NodeKind::Hash);
    hashes.filter_map(|hash| check_hash(context, hash)).collect()
}

fn check_hash(context: &Context<'_>, hash: &PlanNode) -> Option<Problem> {
    let batches = hash.number("Hash Batches")?;
    if batches < context.limit("min_batches") {
        return None;
    }
    let join = hash.parent.map(|parent| context.plan.node(parent)).filter(|join| join.kind == NodeKind::HashJoin)?;
    let original = hash.number("Original Hash Batches").unwrap_or(batches);
    let peak = hash.number("Peak Memory Usage").unwrap_or(0.0);
    let built = context.plan.child(hash.id, Role::Outer).map_or_else(|| hash.label(), PlanNode::label);
    let headline = format!(
        "the hash table of {} over `{built}` was split into {} batches",
        Quantity::Rows(hash.rows()?.mid()),
        grouped(batches)
    );
    let stake = match (context.attribution.time(hash.id), context.attribution.time(join.id)) {
        (Some(hash), Some(join)) => Stake::Ms(hash.own + join.own),
        _ => Stake::Own(join.id),
    };
    let mut problem = Problem::new(join.id, headline)
        .at_stake(stake)
        .caused_by(hash.id, Matter::Memory)
        .evidence(Evidence::against("batches", Quantity::Count(batches), Quantity::Count(context.limit("min_batches"))))
        .evidence(Evidence::of("batches planned", Quantity::Count(original)))
        .evidence(Evidence::of("memory of a batch", Quantity::Bytes(peak * 1024.0)));
    if let Some(own) = context.attribution.own_counters(join) {
        problem = problem.evidence(Evidence::of("temporary blocks", Quantity::Blocks(own.temp_blocks())));
    }
    problem = problem.advice(advice::work_mem(
        context,
        peak * batches / advice::hash_mem_multiplier(context),
        "the whole hash table needs more memory",
    ));
    if batches >= 4.0 * original {
        problem = problem.advice(Advice::text(
            "the planner expected far fewer rows, or wider spread: mend the estimate (ANALYZE, CREATE STATISTICS)",
        ));
    }
    Some(problem.advice(Advice::text("carry fewer columns through the join, or filter before it")))
}
