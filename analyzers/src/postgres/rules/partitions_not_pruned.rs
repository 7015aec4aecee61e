use crate::finding::{Advice, Confidence, Evidence};
use crate::postgres::expression;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/partitions-not-pruned"),
    summary: "many partitions are read that hold nothing of what is asked for",
    docs: include_str!("partitions_not_pruned.md"),
    thresholds: &[
        Threshold {
            name: "min_partitions",
            default: 8.0,
            unit: "count",
            reason: "a few partitions are quickly found to be empty of it",
        },
        Threshold {
            name: "min_empty",
            default: 0.75,
            unit: "share",
            reason: "where most give rows, there is little to leave out",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let appends = context.plan.nodes_of(|kind| matches!(kind, NodeKind::Append | NodeKind::MergeAppend));
    appends.filter_map(|append| check_append(context, append)).collect()
}

fn check_append(context: &Context<'_>, append: &PlanNode) -> Option<Problem> {
    if append.number("Subplans Removed").is_some_and(|removed| removed > 0.0) {
        return None;
    }
    let scans: Vec<&PlanNode> = context.plan.children(append.id).filter(|child| child.run().is_some()).collect();
    if !scans.iter().all(|scan| context.is_partition(scan)) {
        return None;
    }
    let empty: Vec<&PlanNode> = scans.iter().copied().filter(|scan| scan.rows().is_some_and(|rows| rows.high < 1.0)).collect();
    let (read, without) = (scans.len() as f64, empty.len() as f64);
    let share = without / read.max(1.0);
    if read < context.limit("min_partitions") || share < context.limit("min_empty") {
        return None;
    }
    let headline = format!("{} of the {} partitions that were read hold nothing of what is asked for", grouped(without), grouped(read));
    let times = empty.iter().map(|scan| context.attribution.time(scan.id).map(|time| time.total));
    let stake = times.sum::<Option<Ms>>().map_or(Stake::Total(append.id), Stake::Ms);
    let mut problem = Problem::new(append.id, headline)
        .at_stake(stake)
        .evidence(Evidence::against("partitions read", Quantity::Count(read), Quantity::Count(context.limit("min_partitions"))))
        .evidence(Evidence::against("without a row", Quantity::Share(share), Quantity::Share(context.limit("min_empty"))));
    let condition = empty.iter().find_map(|scan| condition(scan));
    let hidden = condition.and_then(|text| {
        let compared = expression::read(text, empty.first()?.alias.as_deref()).compared;
        compared.into_iter().find(|compared| compared.is_expression).map(|compared| compared.column)
    });
    if hidden.is_none() {
        // Which column is the key is not printed: the condition may be on another one.
        problem.confidence = Confidence::Guess;
    }
    problem.advice = advice(condition, hidden.as_deref());
    Some(problem)
}

fn condition(scan: &PlanNode) -> Option<&str> {
    ["Filter", "Index Cond", "Recheck Cond"].into_iter().find_map(|name| scan.text(name))
}

fn advice(condition: Option<&str>, hidden: Option<&str>) -> Vec<Advice> {
    match (condition, hidden) {
        (_, Some(hidden)) => vec![Advice::text(format!(
            "`{hidden}` hides the column from pruning: compare the partition key itself, with constants or parameters of its own type"
        ))],
        (Some(condition), None) => vec![
            Advice::text(format!(
                "partitions are left out by their key only: add a condition on it to `{condition}`, even one that follows from what is \
                 there"
            )),
            Advice::text("if statements never ask by that key, partition by what they ask for"),
        ],
        (None, None) => vec![Advice::text("add a condition on the partition key: without one all partitions are read")],
    }
}
