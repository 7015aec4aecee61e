use crate::finding::Evidence;
use crate::postgres::advice::{self, statistics};
use crate::postgres::estimates::{Error, Estimates};
use crate::postgres::expression::How;
use crate::postgres::harm::harmed;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/correlated-columns"),
    summary: "columns that depend on each other are compared, and the planner takes them for independent",
    docs: include_str!("correlated_columns.md"),
    thresholds: &[
        Threshold {
            name: "min_factor",
            default: 10.0,
            unit: "times",
            reason: "ten times more rows than expected is where another join would be chosen",
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

/// Fewer rows than this are a rounding matter.
const FEW: f64 = 100.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = |kind| {
        matches!(
            kind,
            NodeKind::SeqScan | NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapHeapScan
        )
    };
    let mut several = context.plan.nodes_of(scans).filter(|scan| equal_columns(scan).len() > 1).peekable();
    if several.peek().is_none() {
        return Vec::new();
    }
    let estimates = Estimates::of(context.plan);
    several.filter_map(|scan| check_scan(context, &estimates, scan)).collect()
}

/// The columns that are compared with constants by `=`, as the plan prints them.
fn equal_columns(scan: &PlanNode) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for compared in statistics::compared(scan) {
        // An element of a list is one of several values, and NULL is counted by itself.
        let is_one_value = compared.how == How::Equal && compared.constant.is_some_and(|constant| constant != "NULL");
        if is_one_value && !compared.is_expression && !columns.contains(&compared.column) {
            columns.push(compared.column);
        }
    }
    columns
}

fn check_scan(context: &Context<'_>, estimates: &Estimates<'_>, scan: &PlanNode) -> Option<Problem> {
    let (given, expected) = (scan.rows()?, scan.expected_rows()?);
    let Error::Under(factor) = estimates.error(scan.id) else {
        return None;
    };
    if factor < context.limit("min_factor") || given.low < FEW {
        return None;
    }
    let (harmed, stake, share) = harmed(context, estimates, scan)?;
    let columns = equal_columns(scan);
    let headline = format!(
        "{} of `{}` depend on each other: {} times more rows than planned, which misled #{} {}",
        in_words(&columns),
        scan.relation.as_deref().unwrap_or("the table"),
        crate::quantity::grouped(factor),
        harmed.id.number(),
        harmed.label()
    );
    let table = advice::table(scan)?;
    let relation = context.relation(scan);
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let problem = Problem::new(scan.id, headline)
        .at_stake(stake)
        .caused_by(scan.id, Matter::Estimate)
        .evidence(Evidence::against("off by", Quantity::Times(factor), Quantity::Times(context.limit("min_factor"))))
        .evidence(Evidence::of("rows expected", Quantity::Rows(expected)))
        .evidence(Evidence::of("rows given", Quantity::Rows(given.mid())))
        .evidence(Evidence::against(
            "time of what was misled",
            Quantity::Share(share),
            Quantity::Share(context.limit("min_harmed_share")),
        ))
        .advice(statistics::of_columns(relation, scan, &table, &names));
    Some(problem.advice(statistics::age(relation, &table)))
}

/// `a and b`, `a, b and c`.
fn in_words(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}
