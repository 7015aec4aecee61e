use crate::finding::{Advice, Evidence};
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/unexplained-time"),
    summary: "a large part of the execution is in no step of the plan",
    docs: include_str!("unexplained_time.md"),
    thresholds: &[
        Threshold { name: "min_share", default: 0.1, unit: "share", reason: "starting and stopping usually takes a few per cent" },
        Threshold { name: "min_time", default: 20.0, unit: "ms", reason: "less is hardly felt" },
    ],
    check: Check::Plan(&[Need::Timing, Need::Summary], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    check_statement(context).into_iter().collect()
}

fn check_statement(context: &Context<'_>) -> Option<Problem> {
    let outside = context.attribution.frame("Start/stop")?;
    let share = context.stake_share(Stake::Ms(outside))?;
    if share < context.limit("min_share") || outside.0 < context.limit("min_time") {
        return None;
    }
    let whole = context.attribution.execution?;
    let headline = format!("{outside} of {whole} went by before the first step or after the last");
    let mut problem = Problem::of_statement(Matter::StartAndStop, Stake::Ms(outside), headline)
        .evidence(Evidence::against(
            "in no step",
            Quantity::Time(outside),
            Quantity::Time(Ms(context.limit("min_time"))),
        ))
        .evidence(Evidence::against(
            "part of the execution",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_share")),
        ));
    problem.advice.extend(about_foreign_tables(context));
    let steps = context.plan.nodes().len();
    if steps >= MANY {
        problem = problem
            .evidence(Evidence::of("steps to set up", Quantity::Count(steps as f64)))
            .advice(Advice::text("each step is set up before the first row, also those that never run: read fewer partitions"));
    }
    let makes_table = context.subject.query.as_deref().is_none_or(makes_table);
    if makes_table {
        problem = problem.advice(Advice::text(
            "with CREATE TABLE AS, SELECT INTO or a materialized view it is the writing of the rows, which no step shows: fewer columns, or an UNLOGGED table",
        ));
    }
    let or = if problem.advice.is_empty() { "" } else { "or " };
    Some(problem.advice(Advice::text(format!(
        "{or}it is memory and temporary files that are given back, parallel workers that are waited for, or an extension that hooks into the executor: see what the backend waits for (pg_stat_activity.wait_event), or sample it with perf"
    ))))
}

/// Setting up a step takes some microseconds, more with a table to open.
const MANY: usize = 500;

/// Whether a statement keeps its rows in a table of its own.
fn makes_table(query: &str) -> bool {
    let mut words = query.split_whitespace();
    words.next().is_some_and(|first| first.eq_ignore_ascii_case("create")) || words.any(|word| word.eq_ignore_ascii_case("into"))
}

/// Connections are made before the first step: for scans of foreign tables, joins of them, and changes to them.
fn about_foreign_tables(context: &Context<'_>) -> Option<Advice> {
    let is_foreign = |node: &&PlanNode| node.kind == NodeKind::ForeignScan || node.property("Remote SQL").is_some();
    let mut foreign = context.plan.nodes().iter().filter(is_foreign).peekable();
    foreign.peek()?;
    let names: Vec<String> = foreign.filter_map(PlanNode::relation_and_alias).take(3).collect();
    let of = if names.is_empty() { "the foreign tables".to_owned() } else { names.join(", ") };
    Some(Advice::text(format!(
        "opening and closing a foreign table is no part of its scan: look how long connecting to the server of {of} takes, or how long its program runs on"
    )))
}
