use crate::finding::{Advice, Confidence, Evidence};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/timing-inconsistent"),
    summary: "steps took longer than the steps above them, so their own times are uncertain",
    docs: include_str!("timing_inconsistent.md"),
    thresholds: &[
        Threshold {
            name: "min_share",
            default: 0.01,
            unit: "share",
            reason: "less moves no step up or down in the order of who took most",
        },
        Threshold {
            name: "min_time",
            default: 1.0,
            unit: "ms",
            reason: "Postgres prints times to a microsecond, and many of them are added up",
        },
    ],
    check: Check::Plan(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    check_plan(context).into_iter().collect()
}

fn check_plan(context: &Context<'_>) -> Option<Problem> {
    let whole = context.attribution.execution?;
    let cut = context.attribution.squeezed;
    let over = context.attribution.remainder.map_or(Ms::ZERO, |remainder| Ms(-remainder.0));
    let doubtful = cut.max(over);
    let share = (doubtful.0 / whole.0.max(0.001)).min(1.0);
    if share < context.limit("min_share") || doubtful.0 < context.limit("min_time") {
        return None;
    }
    let headline = if cut >= over {
        format!("steps took {cut} longer than the steps that waited for them: their own times are uncertain")
    } else {
        format!("the steps took {over} longer than the execution as a whole: their times are uncertain")
    };
    // There is no time to win, and no step to blame.
    let mut problem = Problem::of_statement(Matter::Measuring, Stake::Ms(Ms::ZERO), headline)
        .evidence(Evidence::against(
            "part of the execution",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_share")),
        ))
        .evidence(Evidence::against(
            "uncertain",
            Quantity::Time(doubtful),
            Quantity::Time(Ms(context.limit("min_time"))),
        ))
        .advice(Advice::text(
            "record it with EXPLAIN (ANALYZE, VERBOSE): only then does the plan say where each InitPlan is used and what each worker did; judge the whole plan, not a part of it",
        ));
    problem.confidence = Confidence::Guess;
    Some(problem)
}
