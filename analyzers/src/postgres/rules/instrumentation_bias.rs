use crate::finding::{Advice, Confidence, Evidence};
use crate::postgres::plan::{NodeKind, Plan, PlanNode};
use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/instrumentation-bias"),
    summary: "reading the clock for each row took a large part of the measured time",
    docs: include_str!("instrumentation_bias.md"),
    thresholds: &[
        Threshold {
            name: "min_share",
            default: 0.4,
            unit: "share",
            reason: "with less the steps that took most are still the right ones; a quarter is reached by most plans of a million rows",
        },
        Threshold {
            name: "min_time",
            default: 50.0,
            unit: "ms",
            reason: "the times of shorter statements vary by as much anyway",
        },
        Threshold {
            name: "call",
            default: 80.0,
            unit: "ns",
            reason: "two readings of the usual clock (tsc) and adding them up: measured 80 to 92 on an idle machine; other clocks take ten times as long",
        },
    ],
    check: Check::Plan(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    check_plan(context).into_iter().collect()
}

fn check_plan(context: &Context<'_>) -> Option<Problem> {
    let whole = context.attribution.execution?;
    let calls: Vec<f64> = context.plan.nodes().iter().map(|node| calls(context.plan, node)).collect();
    let all: f64 = calls.iter().sum();
    let took = Ms(all * context.limit("call") / 1e6);
    let share = took.0 / whole.0.max(0.001);
    if share < context.limit("min_share") || took.0 < context.limit("min_time") {
        return None;
    }
    let most = (0..calls.len()).max_by(|left, right| calls[*left].total_cmp(&calls[*right]))?;
    let most = &context.plan.nodes()[most];
    let headline = format!(
        "about {} of the {whole} may be the measuring: steps were called {} times, and each call was timed",
        took.min(whole),
        grouped(all)
    );
    let mut problem = Problem::new(most.id, headline)
        .caused_by(most.id, Matter::Measuring)
        // Nobody measures when the statement runs for itself.
        .at_stake(Stake::Ms(Ms::ZERO))
        .evidence(Evidence::against(
            "measuring, estimated",
            Quantity::Time(took),
            Quantity::Time(Ms(context.limit("min_time"))),
        ))
        .evidence(Evidence::against(
            "part of the execution",
            Quantity::Share(share.min(1.0)),
            Quantity::Share(context.limit("min_share")),
        ))
        .evidence(Evidence::of("calls of this step", Quantity::Count(self::calls(context.plan, most))))
        .advice(Advice::text(
            "run it once with EXPLAIN (ANALYZE, TIMING OFF): the Execution Time is then that without measuring; trust rows and buffers more than the times of steps with many rows",
        ))
        .advice(Advice::text(
            "pg_test_timing says what a reading of this machine's clock takes; with a clock source other than tsc it is a multiple",
        ));
    problem.confidence = Confidence::Estimated;
    Some(problem)
}

/// How often a step was asked for a row, in the process that was waited for.
fn calls(plan: &Plan, node: &PlanNode) -> f64 {
    let Some(run) = node.run() else { return 0.0 };
    let calls = match node.kind {
        // These give all that they have at once.
        NodeKind::Hash | NodeKind::BitmapIndexScan | NodeKind::BitmapAnd | NodeKind::BitmapOr => run.loops,
        _ => run.loops * (1.0 + run.rows.mean),
    };
    calls / processes(plan, node)
}

/// How many processes share a node.
fn processes(plan: &Plan, node: &PlanNode) -> f64 {
    let mut below = node;
    for above in plan.ancestors(node.id) {
        if above.kind.is_gather()
            && let (Some(shared), Some(gather)) = (below.run(), above.run())
        {
            return (shared.loops / gather.loops.max(1.0)).max(1.0);
        }
        below = above;
    }
    1.0
}
