use crate::finding::Evidence;
use crate::postgres::advice;
use crate::postgres::estimates::{Error, Estimates};
use crate::postgres::harm::{self, harmed};
use crate::postgres::plan::PlanNode;
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/misestimate-root-cause"),
    summary: "the planner was far off here, and a costly join, sort or aggregate above was chosen by that number",
    docs: include_str!("misestimate_root_cause.md"),
    thresholds: &[harm::MIN_FACTOR, harm::MIN_HARMED_SHARE],
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
    let limit = context.limit("min_harmed_share");
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
    problem = problem.evidence(Evidence::against("time of what was misled", Quantity::Share(share), Quantity::Share(limit)));
    problem.advice = advice::statistics_for(context, node);
    Some(problem)
}
