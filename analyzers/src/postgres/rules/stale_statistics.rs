use std::collections::BTreeSet;

use crate::finding::{Confidence, Evidence};
use crate::postgres::advice::{self, statistics};
use crate::postgres::catalogue::Relation;
use crate::postgres::estimates::{Error, Estimates};
use crate::postgres::harm::misled;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/stale-statistics"),
    summary: "the planner's statistics of a table are older than its rows",
    docs: include_str!("stale_statistics.md"),
    thresholds: &[
        Threshold {
            name: "min_factor",
            default: 2.0,
            unit: "times",
            reason: "a scan without a condition gives all rows: even twice as many as expected means that nobody counted them",
        },
        Threshold {
            name: "min_changed",
            default: 0.1,
            unit: "share",
            reason: "autovacuum looks again when a tenth of the rows has changed, so more than that is a table that it missed",
        },
        Threshold {
            name: "min_rows",
            default: 1_000.0,
            unit: "rows",
            reason: "of fewer rows no plan is a bad one",
        },
        Threshold {
            name: "min_share",
            default: 0.05,
            unit: "share",
            reason: "where what was chosen by the wrong number takes less than a twentieth, fresh statistics change nothing that is felt",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Costs], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let estimates = Estimates::of(context.plan);
    let scans: Vec<&PlanNode> = context.plan.nodes_of(is_scan).collect();
    let mut problems: Vec<Problem> = scans.iter().filter_map(|scan| check_scan(context, &estimates, scan)).collect();
    // Of a table that is read several times the worst place is enough.
    problems.sort_by(|left, right| stake(right).total_cmp(&stake(left)));
    let mut seen = BTreeSet::new();
    problems.retain(|problem| {
        let node = problem.node.map(|id| context.plan.node(id));
        node.is_none_or(|node| seen.insert((node.schema.clone(), node.relation.clone())))
    });
    problems
}

fn is_scan(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::SeqScan | NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapHeapScan)
}

fn stake(problem: &Problem) -> f64 {
    if let Stake::Ms(ms) = problem.stake { ms.0 } else { 0.0 }
}

fn check_scan(context: &Context<'_>, estimates: &Estimates<'_>, scan: &PlanNode) -> Option<Problem> {
    let relation = context.relation(scan);
    let (given, expected) = (scan.rows()?, scan.expected_rows()?);
    let (factor, way) = match estimates.error(scan.id) {
        Error::Unknown => return None,
        Error::Under(factor) => (factor, "more"),
        Error::Over(factor) => (factor, "fewer"),
    };
    let is_wrong = factor >= context.limit("min_factor") && given.high.max(expected) >= context.limit("min_rows");
    let is_old = relation.is_some_and(|relation| is_old(context, relation));
    // Without the catalogue only the number of all rows tells: a condition can be misjudged with fresh statistics, too.
    if !is_wrong || !is_old && (relation.is_some() || has_condition(scan)) {
        return None;
    }
    let name = scan.relation.as_deref()?;
    let headline = match relation.filter(|_| is_old) {
        Some(relation) if !relation.is_analysed() => {
            format!("`{name}` was never analysed, and its scan gives {} {way} rows than planned", Quantity::Times(factor))
        }
        Some(relation) => format!(
            "{}, and its scan gives {} {way} rows than planned",
            statistics::changes(relation),
            Quantity::Times(factor)
        ),
        None => format!("the scan of all `{name}` gives {} {way} rows than planned: its statistics are old", Quantity::Times(factor)),
    };
    let harm = misled(context, estimates, scan, context.limit("min_factor"));
    let stake = harm.map_or(Stake::Ms(Ms::ZERO), |(_, stake, _)| stake);
    if context.plan.is_timed() && !context.is_worth_it(stake) {
        return None;
    }
    let mut problem = Problem::new(scan.id, headline)
        .caused_by(scan.id, Matter::Estimate)
        .at_stake(stake)
        .evidence(Evidence::against("off by", Quantity::Times(factor), Quantity::Times(context.limit("min_factor"))))
        .evidence(Evidence::of("rows expected", Quantity::Rows(expected)))
        .evidence(Evidence::against("rows given", Quantity::Rows(given.mid()), Quantity::Rows(context.limit("min_rows"))));
    if let Some(changed) = relation.and_then(Relation::changed) {
        let limit = Quantity::Share(context.limit("min_changed"));
        problem = problem.evidence(Evidence::against("changed since ANALYZE", Quantity::Share(changed), limit));
    }
    Some(advised(problem, scan, relation))
}

fn is_old(context: &Context<'_>, relation: &Relation) -> bool {
    let has_changed = || relation.changed().is_some_and(|changed| changed >= context.limit("min_changed"));
    !relation.is_analysed() || has_changed() && relation.bears_out_changes()
}

fn has_condition(scan: &PlanNode) -> bool {
    ["Filter", "Index Cond", "Recheck Cond"].iter().any(|name| scan.text(name).is_some())
}

fn advised(mut problem: Problem, scan: &PlanNode, relation: Option<&Relation>) -> Problem {
    let Some(table) = advice::table(scan) else {
        return problem;
    };
    if relation.is_none() {
        problem.confidence = Confidence::Guess;
    }
    problem
        .advice(crate::finding::Advice::sql("let the planner look at the table again", format!("ANALYZE {table};")))
        .advice(crate::finding::Advice::sql(
            "if it comes back, let autovacuum look sooner; after loading many rows, ANALYZE belongs into the load",
            format!("ALTER TABLE {table} SET (autovacuum_analyze_scale_factor = 0.02);"),
        ))
}
