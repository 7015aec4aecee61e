use std::collections::BTreeSet;

use crate::finding::{Advice, Evidence};
use crate::postgres::plan::NodeKind;
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/planning-dominates"),
    summary: "planning takes longer than the execution",
    docs: include_str!("planning_dominates.md"),
    thresholds: &[
        Threshold {
            name: "min_ratio",
            default: 1.0,
            unit: "times",
            reason: "a plan that is run once should not cost more than its run",
        },
        Threshold { name: "min_time", default: 20.0, unit: "ms", reason: "planning a statement of a few tables takes a few" },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Summary], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    check_statement(context).into_iter().collect()
}

fn check_statement(context: &Context<'_>) -> Option<Problem> {
    let statement = &context.plan.statement;
    let (planning, execution) = (statement.planning_ms?, statement.execution_ms?);
    let ratio = planning / execution.max(0.001);
    if planning < context.limit("min_time") || ratio < context.limit("min_ratio") {
        return None;
    }
    let headline = format!("planning took {}, the execution {}", Ms(planning), Ms(execution));
    let problem = Problem::of_statement(Matter::Planning, Stake::Planning(Ms(planning)), headline)
        .evidence(Evidence::against(
            "planning",
            Quantity::Time(Ms(planning)),
            Quantity::Time(Ms(context.limit("min_time"))),
        ))
        .evidence(Evidence::against(
            "as long as the execution",
            Quantity::Times(ratio),
            Quantity::Times(context.limit("min_ratio")),
        ));
    Some(advised(context, explained(context, problem)))
}

/// What made it long, as far as EXPLAIN says.
fn explained(context: &Context<'_>, problem: Problem) -> Problem {
    let relations = context.plan.nodes().iter().filter(|node| node.relation.is_some());
    let relations: BTreeSet<_> = relations.map(|node| (node.schema.as_deref(), node.alias.as_deref())).collect();
    let mut problem = problem
        .evidence(Evidence::of("tables and partitions in the plan", Quantity::Count(relations.len() as f64)))
        .evidence(Evidence::of("joins", Quantity::Count(context.plan.nodes_of(NodeKind::is_join).count() as f64)));
    let buffers = context.plan.statement.planning_counters.as_ref().map(|counters| counters.touched_blocks());
    if let Some(blocks) = buffers.filter(|blocks| *blocks > 0.0) {
        problem = problem.evidence(Evidence::of("read of the catalogue", Quantity::Blocks(blocks)));
    }
    problem
}

/// `join_collapse_limit` and `from_collapse_limit` as Postgres comes: of so many tables the orders are compared.
const DEFAULT_LIMIT: usize = 8;

fn advised(context: &Context<'_>, mut problem: Problem) -> Problem {
    problem = problem.advice(Advice::text(
        "prepare the statement once and execute it often: from the sixth time on Postgres may keep one plan for all values",
    ));
    let joins = context.plan.nodes_of(NodeKind::is_join).count();
    let raised = |name: &&str| {
        let value = context.setting(name).and_then(|value| value.parse::<usize>().ok());
        joins >= DEFAULT_LIMIT && value.is_some_and(|value| value > DEFAULT_LIMIT)
    };
    for name in ["join_collapse_limit", "from_collapse_limit"].into_iter().filter(raised) {
        let now = context.setting(name).unwrap_or_default();
        problem = problem.advice(Advice::sql(
            format!("{name} is {now}: the orders of so many tables are compared, and each table more multiplies them: go back to the default, or to 1 where the joins are written in the order to run them in"),
            format!("SET LOCAL {name} = {DEFAULT_LIMIT};"),
        ));
    }
    let appended = context.plan.nodes_of(|kind| matches!(kind, NodeKind::Append | NodeKind::MergeAppend));
    let partitions = appended.map(|append| context.plan.children(append.id).count()).max().unwrap_or(0);
    if partitions >= DEFAULT_LIMIT {
        problem = problem.advice(Advice::text(format!(
            "the plan reads {partitions} partitions, and each is planned by itself: compare the partition key with a constant, or make fewer and larger partitions"
        )));
    }
    problem
}
