use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{Estimate, NodeKind, Plan, PlanNode, Role};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/limit-gamble"),
    summary: "a plan was chosen since a LIMIT would stop it early, and it was not stopped",
    docs: include_str!("limit_gamble.md"),
    thresholds: &[
        Threshold {
            name: "min_hoped",
            default: 0.95,
            unit: "share",
            reason: "of a LIMIT that is a parameter the planner assumes that it saves nine tenths, which is no gamble on rows",
        },
        Threshold {
            name: "min_factor",
            default: 10.0,
            unit: "times",
            reason: "matching rows are never spread quite evenly; ten times later than hoped is another plan's turn",
        },
        Threshold {
            name: "min_rows",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are read in a few milliseconds",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Costs], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let limits = context.plan.nodes_of(|kind| kind == NodeKind::Limit);
    limits.filter_map(|limit| check_limit(context, limit)).collect()
}

fn check_limit(context: &Context<'_>, limit: &PlanNode) -> Option<Problem> {
    let path = pulled(context.plan, limit);
    let (input, scan) = (*path.first()?, *path.last()?);
    let fraction = fraction(limit.estimate?, input.estimate?)?;
    let read = read(scan)?;
    let factor = path.iter().filter_map(|node| overrun(node, fraction)).fold(0.0, f64::max);
    let factor = factor.max(overpaid(context, scan, fraction, read).unwrap_or(0.0));
    let factor = if is_exhausted(limit) { factor.max(1.0 / fraction) } else { factor };
    let hoped = 1.0 - fraction;
    if hoped < context.limit("min_hoped") || factor < context.limit("min_factor") || read < context.limit("min_rows") {
        return None;
    }
    let wanted = limit.estimate?.rows;
    let relation = scan.relation.as_deref().unwrap_or(&scan.type_name);
    let headline = format!(
        "LIMIT was to find {} among at most {} of `{relation}`, and {} were read",
        Quantity::Rows(wanted),
        grouped((read / factor).max(1.0).round()),
        grouped(read)
    );
    let mut problem = Problem::new(limit.id, headline)
        .at_stake(stake(limit, &path))
        .caused_by(scan.id, Matter::Access)
        .evidence(Evidence::against("more rows than hoped, at least", Quantity::Times(factor), Quantity::Times(context.limit("min_factor"))))
        .evidence(Evidence::against("rows read", Quantity::Rows(read), Quantity::Rows(context.limit("min_rows"))))
        .evidence(Evidence::against("work that it was to save", Quantity::Share(hoped), Quantity::Share(context.limit("min_hoped"))));
    problem.advice = advice(context, &path, scan);
    Some(problem)
}

/// The part of its input's run that the planner thought the LIMIT would need, as it did the sum.
fn fraction(limit: Estimate, input: Estimate) -> Option<f64> {
    let whole = input.total_cost - input.startup_cost;
    let part = limit.total_cost - input.startup_cost;
    (whole > 0.0 && part > 0.0).then(|| part / whole)
}

/// The nodes from which the LIMIT pulls row by row, from its input down to the scan that is read until there are enough.
fn pulled<'p>(plan: &'p Plan, limit: &PlanNode) -> Vec<&'p PlanNode> {
    let mut path: Vec<&PlanNode> = Vec::new();
    let mut next = plan.child(limit.id, Role::Outer);
    while let Some(node) = next {
        path.push(node);
        let streams = matches!(
            node.kind,
            NodeKind::NestedLoop
                | NodeKind::HashJoin
                | NodeKind::Result
                | NodeKind::SubqueryScan
                | NodeKind::LockRows
                | NodeKind::ProjectSet
        );
        next = plan.child(node.id, Role::Outer).filter(|_| streams);
    }
    if path.last().is_some_and(|node| reads_a_table(node)) { path } else { Vec::new() }
}

fn reads_a_table(node: &PlanNode) -> bool {
    matches!(
        node.kind,
        NodeKind::SeqScan | NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapHeapScan
    )
}

/// The rows that a scan looked at, whether it kept them or not.
fn read(scan: &PlanNode) -> Option<f64> {
    Some(scan.rows()?.low + scan.rows_of("Rows Removed by Filter")?.low)
}

/// How many times more rows a node gave than it would have, had the LIMIT stopped where the planner thought.
fn overrun(node: &PlanNode, fraction: f64) -> Option<f64> {
    Some(node.rows()?.low / (node.expected_rows()? * fraction).max(1.0))
}

/// How many times more rows a scan read than the planner can have counted on: each one costs `cpu_tuple_cost` at least.
fn overpaid(context: &Context<'_>, scan: &PlanNode, fraction: f64, read: f64) -> Option<f64> {
    const DEFAULT: f64 = 0.01;
    let each = context.setting("cpu_tuple_cost").and_then(|cost| cost.parse().ok()).unwrap_or(DEFAULT);
    let estimate = scan.estimate?;
    let paid = (estimate.total_cost - estimate.startup_cost) * fraction * scan.run()?.loops;
    (each > 0.0).then(|| read / (paid / each).max(1.0))
}

/// Whether all was read without finding enough. Of a LIMIT in a loop, or one above 1 of which fewer may have been asked
/// for, that is not known.
fn is_exhausted(limit: &PlanNode) -> bool {
    let (Some(run), Some(wanted)) = (limit.run(), limit.estimate.map(|estimate| estimate.rows)) else {
        return false;
    };
    run.loops <= 1.0 && run.rows.mean < wanted && (limit.parent.is_none() || wanted <= 1.0)
}

/// A scan alone is another rule's matter too: both mean its time.
fn stake(limit: &PlanNode, path: &[&PlanNode]) -> Stake {
    match path {
        [scan] => Stake::Own(scan.id),
        _ => Stake::Total(limit.id),
    }
}

fn advice(context: &Context<'_>, path: &[&PlanNode], scan: &PlanNode) -> Vec<Advice> {
    let mut advice = match scan.text("Filter") {
        Some(filter) => advice::index_for(context, scan, &[filter]),
        None => Vec::new(),
    };
    if path.iter().any(|node| node.kind.is_join()) {
        advice.push(Advice::text(
            "the rows that the join wants are not spread evenly among those that it looks at first; an index finds them only \
             where the column that picks them and the one that orders them stand in one table",
        ));
    }
    advice.push(Advice::text(
        "to see what the planner does without the hope: SELECT … FROM (the query without LIMIT, OFFSET 0) q ORDER BY … LIMIT …",
    ));
    advice
}
