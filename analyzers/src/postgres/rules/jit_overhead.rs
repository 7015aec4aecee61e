use crate::finding::{Advice, Evidence};
use crate::postgres::plan::Jit;
use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/jit-overhead"),
    summary: "compiling just in time takes a large part of the time",
    docs: include_str!("jit_overhead.md"),
    thresholds: &[
        Threshold {
            name: "min_share",
            default: 0.2,
            unit: "share",
            reason: "compiled expressions rarely save as much as a fifth of a statement, which then is all lost",
        },
        Threshold { name: "min_time", default: 20.0, unit: "ms", reason: "less is hardly felt, however often it is run" },
    ],
    check: Check::Plan(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let jit = context.plan.statement.jit.as_ref();
    jit.and_then(|jit| check_jit(context, jit)).into_iter().collect()
}

fn check_jit(context: &Context<'_>, jit: &Jit) -> Option<Problem> {
    let took = context.attribution.frame("JIT")?;
    let share = context.stake_share(Stake::Ms(took))?;
    if share < context.limit("min_share") || took.0 < context.limit("min_time") {
        return None;
    }
    let compiled = grouped(jit.functions);
    let headline = format!("compiling {compiled} functions just in time took {took} of {}", context.attribution.execution?);
    let mut problem = Problem::of_statement(Matter::Compilation, Stake::Ms(took), headline)
        .evidence(Evidence::against("compiling", Quantity::Time(took), Quantity::Time(Ms(context.limit("min_time")))))
        .evidence(Evidence::against(
            "part of the execution",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_share")),
        ));
    for (part, what) in [
        ("Generation", "generation"),
        ("Inlining", "inlining"),
        ("Optimization", "optimization"),
        ("Emission", "emission"),
    ] {
        if let Some((_, ms)) = jit.timing.iter().find(|(name, ms)| &**name == part && *ms > 0.0) {
            problem = problem.evidence(Evidence::of(what, Quantity::Time(Ms(*ms))));
        }
    }
    Some(advised(context, problem))
}

fn advised(context: &Context<'_>, problem: Problem) -> Problem {
    let now = context.setting("jit_above_cost").map_or(String::new(), |now| format!(" (now {now})"));
    let problem = problem.advice(Advice::sql(
        "run it once without, and compare: if it is not slower, switch compiling off for this statement, or for the role that runs short ones",
        "SET LOCAL jit = off;",
    ));
    let Some(cost) = context.plan.root().estimate.map(|estimate| estimate.total_cost) else {
        return problem;
    };
    problem.advice(Advice::text(format!(
        "the planner compiles because it expects a cost of {}: a jit_above_cost{now} higher than that leaves it out; where the expected rows are far too many, mend the estimate first",
        grouped(cost)
    )))
}
