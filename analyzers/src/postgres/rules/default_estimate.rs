use crate::finding::{Advice, Evidence};
use crate::postgres::estimates::{Error, Estimates};
use crate::postgres::harm::{self, harmed};
use crate::postgres::plan::{NodeKind, Plan, PlanNode};
use crate::quantity::Quantity;
use crate::postgres::advice;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/default-estimate"),
    summary: "the planner knows nothing of a function's rows, and a costly join, sort or aggregate was chosen by its guess",
    docs: include_str!("default_estimate.md"),
    thresholds: &[harm::MIN_FACTOR, harm::MIN_HARMED_SHARE],
    check: Check::Plan(&[Need::Analyze, Need::Timing, Need::Costs], check),
};

/// Fewer rows than this, expected or actual, are a rounding matter.
const FEW: f64 = 100.0;

/// What the planner guesses without looking at anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    Function,
    Recursion,
    Round,
}

fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut guessed = context.plan.nodes().iter().filter_map(|node| Some((node, guess(context.plan, node)?))).peekable();
    if guessed.peek().is_none() {
        return Vec::new();
    }
    let estimates = Estimates::of(context.plan);
    guessed.filter_map(|(node, guess)| check_node(context, &estimates, (node, guess))).collect()
}

fn guess(plan: &Plan, node: &PlanNode) -> Option<Guess> {
    match node.kind {
        // With a filter, the filter's guess may be the wrong one.
        NodeKind::FunctionScan | NodeKind::TableFunctionScan if node.text("Filter").is_none() => Some(Guess::Function),
        NodeKind::ProjectSet => Some(Guess::Function),
        NodeKind::WorkTableScan if node.text("Filter").is_none() => Some(Guess::Round),
        NodeKind::CteScan if node.text("Filter").is_none() && reads_recursion(plan, node) => Some(Guess::Recursion),
        _ => None,
    }
}

fn reads_recursion(plan: &Plan, scan: &PlanNode) -> bool {
    let name = scan.text("CTE Name").unwrap_or_default();
    let is_query = |node: &&PlanNode| node.subplan_name.as_deref().and_then(|it| it.strip_prefix("CTE ")) == Some(name);
    plan.nodes_of(|kind| kind == NodeKind::RecursiveUnion).any(|node| is_query(&node))
}

fn check_node(context: &Context<'_>, estimates: &Estimates<'_>, at: (&PlanNode, Guess)) -> Option<Problem> {
    let (node, guess) = at;
    let (actual, expected) = (node.rows()?, node.expected_rows()?);
    let (factor, way) = match estimates.error(node.id) {
        Error::Unknown => return None,
        Error::Under(factor) => (factor, "more"),
        Error::Over(factor) => (factor, "fewer"),
    };
    let limit = context.limit("min_factor");
    if factor < limit || estimates.inherits(node.id, limit) || expected.max(actual.low) < FEW {
        return None;
    }
    let (harmed, stake, share) = harmed(context, estimates, node)?;
    let headline = format!(
        "{} gives {} {way} rows than the planner's guess, which misled #{} {}",
        name(node),
        Quantity::Times(factor),
        harmed.id.number(),
        harmed.label()
    );
    let mut problem = Problem::new(node.id, headline)
        .at_stake(stake)
        .caused_by(node.id, Matter::Estimate)
        .evidence(Evidence::against("off by", Quantity::Times(factor), Quantity::Times(limit)))
        .evidence(Evidence::of("rows guessed", Quantity::Rows(expected)))
        .evidence(Evidence::of("rows given", Quantity::Rows(actual.mid())))
        .evidence(Evidence::against(
            "time of what was misled",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_harmed_share")),
        ));
    problem.advice = advice(node, guess);
    Some(problem)
}

fn name(node: &PlanNode) -> String {
    match node.text("Function Name") {
        Some(function) => format!("function `{function}`"),
        None => node.label(),
    }
}

fn advice(node: &PlanNode, guess: Guess) -> Vec<Advice> {
    let function = node.text("Function Name").or(node.relation.as_deref());
    let own = function.filter(|_| node.schema.as_deref().is_some_and(|schema| schema != "pg_catalog"));
    match (guess, own) {
        (Guess::Function, Some(function)) => vec![
            Advice::sql(
                "tell the planner how many rows a call gives (where several functions have that name, with the arguments' types)",
                format!("ALTER FUNCTION {} ROWS {:.0};", advice::in_schema(node.schema.as_deref(), function), per_call(node)),
            ),
            Advice::text(
                "where calls differ much, put the rows into a temporary table, ANALYZE it, and join that; a function in SQL that \
                 is STABLE, a single SELECT and not STRICT becomes a part of the statement and is planned with it",
            ),
        ],
        (Guess::Function, None) => vec![Advice::text(
            "put the rows into a temporary table, ANALYZE it, and join that; of ids that come as a parameter the planner knows \
             more in `= ANY ($1)` than in a join with unnest($1)",
        )],
        (Guess::Recursion, _) => vec![Advice::text(
            "put the rows of the recursive query into a temporary table, ANALYZE it, and join that: they are taken to be ten \
             times those of its first part in each round, whatever it does",
        )],
        (Guess::Round, _) => vec![Advice::text(
            "each round of the recursion is planned for ten times the rows of its first part: where another join would be \
             faster, do the rounds in a loop, with a temporary table that is analysed",
        )],
    }
}

fn per_call(node: &PlanNode) -> f64 {
    node.run().map_or(1.0, |run| run.rows.mean.max(1.0))
}
