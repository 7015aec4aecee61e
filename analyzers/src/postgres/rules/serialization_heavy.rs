use crate::finding::{Advice, Evidence};
use crate::postgres::plan::{Serialization, Value};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/serialization-heavy"),
    summary: "turning the rows into what is sent takes a large part of the time",
    docs: include_str!("serialization_heavy.md"),
    thresholds: &[
        Threshold {
            name: "min_share",
            default: 0.2,
            unit: "share",
            reason: "some rows are always sent; a fifth of the time is more than narrow rows need",
        },
        Threshold { name: "min_time", default: 20.0, unit: "ms", reason: "less is hardly felt" },
    ],
    check: Check::Plan(&[Need::Timing, Need::Serialization], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let serialization = context.plan.statement.serialization.as_ref();
    serialization.and_then(|serialization| check_output(context, serialization)).into_iter().collect()
}

fn check_output(context: &Context<'_>, serialization: &Serialization) -> Option<Problem> {
    let took = Ms(serialization.time_ms?);
    let share = context.stake_share(Stake::Ms(took))?;
    if share < context.limit("min_share") || took.0 < context.limit("min_time") {
        return None;
    }
    let rows = context.plan.root().rows()?.mid();
    let bytes = serialization.output_kb * 1024.0;
    let headline = format!(
        "turning {} into {} of {} took {took}",
        Quantity::Rows(rows),
        Quantity::Bytes(bytes),
        match &*serialization.format {
            "binary" => "binary output",
            _ => "text",
        }
    );
    let mut problem = Problem::of_statement(Matter::Output, Stake::Ms(took), headline)
        .evidence(Evidence::against(
            "serialization",
            Quantity::Time(took),
            Quantity::Time(Ms(context.limit("min_time"))),
        ))
        .evidence(Evidence::against(
            "part of the execution",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_share")),
        ))
        .evidence(Evidence::of("a row as it is sent", Quantity::Bytes(bytes / rows.max(1.0))));
    if let Some(Value::List(columns)) = context.plan.root().property("Output") {
        problem = problem.evidence(Evidence::of("columns", Quantity::Count(columns.len() as f64)));
    }
    if let Some(counters) = serialization.counters.as_ref().filter(|counters| counters.touched_blocks() > 0.0) {
        problem = problem
            .evidence(Evidence::of("read of values stored apart", Quantity::Blocks(counters.touched_blocks())))
            .advice(Advice::text(
                "long values are stored apart from their row (TOAST) and fetched and decompressed only now: name the columns that are needed instead of *",
            ));
    }
    Some(problem.advice(Advice::text(
        "send less: fewer columns, fewer rows (a LIMIT, or a sum where only the sum is looked at), or a part at a time with a cursor",
    )))
}
