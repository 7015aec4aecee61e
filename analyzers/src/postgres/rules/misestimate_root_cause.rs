use crate::finding::Evidence;
use crate::postgres::advice;
use crate::postgres::estimates::{Error, Estimates};
use crate::postgres::plan::{NodeKind, PlanNode, Role, Strategy};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/misestimate-root-cause"),
    summary: "the planner was far off here, and a costly join, sort or aggregate above was chosen by that number",
    docs: include_str!("misestimate_root_cause.md"),
    thresholds: &[
        Threshold {
            name: "min_factor",
            default: 10.0,
            unit: "times",
            reason: "plans seldom change for less; ten times more rows is another join method",
        },
        Threshold {
            name: "min_harmed_share",
            default: 0.2,
            unit: "share",
            reason: "a wrong number that costs nothing is no finding",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Timing, Need::Costs], check),
};

/// Fewer rows than this, expected or actual, are a rounding matter.
const FEW: f64 = 100.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let estimates = Estimates::of(context.plan);
    let factor = context.limit("min_factor");
    let wrong = context.plan.nodes().iter().filter(|node| estimates.error(node.id).factor() >= factor);
    let causes = wrong.filter(|node| !estimates.inherits(node.id, factor));
    causes.filter_map(|node| check_cause(context, &estimates, node)).collect()
}

fn check_cause(context: &Context<'_>, estimates: &Estimates<'_>, node: &PlanNode) -> Option<Problem> {
    let actual = node.rows()?;
    let expected = node.expected_rows()?;
    if expected.max(actual.low) < FEW {
        return None;
    }
    let (harmed, stake, share) = harmed(context, estimates, node)?;
    let (factor, way) = match estimates.error(node.id) {
        Error::Unknown => return None,
        Error::Under(factor) => (factor, "more"),
        Error::Over(factor) => (factor, "fewer"),
    };
    let headline = format!(
        "{} gives {} {way} rows than planned, which misled #{} {}",
        node.label(),
        Quantity::Times(factor),
        harmed.id.number(),
        harmed.label()
    );
    let mut problem = Problem::new(node.id, headline)
        .at_stake(stake)
        .caused_by(node.id, Matter::Estimate)
        .evidence(Evidence::against("off by", Quantity::Times(factor), Quantity::Times(context.limit("min_factor"))))
        .evidence(Evidence::of("rows expected", Quantity::Rows(expected)))
        .evidence(Evidence::of("rows given", Quantity::Rows(actual.mid())));
    let limit = context.limit("min_harmed_share");
    problem = problem.evidence(Evidence::against("time of what was misled", Quantity::Share(share), Quantity::Share(limit)));
    problem.advice = advice::statistics_for(context, node);
    Some(problem)
}

/// The join, sort or aggregate above the node that the wrong number reaches and that took most itself. The node's own
/// method was chosen by what comes in, not by what comes out.
fn harmed<'p>(context: &Context<'p>, estimates: &Estimates<'_>, node: &'p PlanNode) -> Option<(&'p PlanNode, Stake, f64)> {
    let factor = context.limit("min_factor");
    let reached = |above: &&PlanNode| match estimates.error(above.id) {
        Error::Unknown => true,
        error => error.factor() >= factor,
    };
    let above = context.plan.ancestors(node.id).take_while(reached);
    // A join right above is misled by the number even where its own rows came out as planned.
    let parent = context.plan.ancestors(node.id).next().filter(|parent| !reached(parent));
    let depends = |node: &&PlanNode| {
        node.kind.is_join()
            || matches!(node.kind, NodeKind::Sort | NodeKind::Aggregate(Strategy::Hashed | Strategy::Sorted | Strategy::Mixed))
    };
    let harm = |harmed: &'p PlanNode| {
        let (stake, share) = harm(context, harmed, node)?;
        (share >= context.limit("min_harmed_share")).then_some((harmed, stake, share))
    };
    above.chain(parent).filter(depends).filter_map(harm).max_by(|left, right| left.2.total_cmp(&right.2))
}

/// What a node took itself because of its choice: a nested loop its look-ups, a hash join its hash table too.
fn harm(context: &Context<'_>, harmed: &PlanNode, cause: &PlanNode) -> Option<(Stake, f64)> {
    let whole = context.attribution.execution?;
    let mut time = context.attribution.time(harmed.id)?.own;
    if let Some(inner) = context.plan.child(harmed.id, Role::Inner) {
        let holds_cause = context.plan.subtree(inner.id).iter().any(|node| node.id == cause.id);
        let inner = context.attribution.time(inner.id)?;
        time += if harmed.kind == NodeKind::NestedLoop && !holds_cause { inner.total } else { inner.own };
    }
    (whole > Ms::ZERO).then(|| (Stake::Ms(time), time.0 / whole.0))
}
