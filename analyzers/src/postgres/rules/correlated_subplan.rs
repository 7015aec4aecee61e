use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/correlated-subplan"),
    summary: "a subquery is run again for each row outside",
    docs: include_str!("correlated_subplan.md"),
    thresholds: &[
        Threshold {
            name: "min_loops",
            default: 1_000.0,
            unit: "count",
            reason: "so many runs are worth one join, however short each is",
        },
        Threshold {
            name: "min_loops_if_slow",
            default: 100.0,
            unit: "count",
            reason: "fewer runs count where they take a large part of the time",
        },
        Threshold {
            name: "slow_share",
            default: 0.2,
            unit: "share",
            reason: "a fifth of the time is felt by whoever waits",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.plan.nodes().iter().filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    if node.role != Some(Role::SubPlan) {
        return None;
    }
    let loops = node.run()?.loops;
    let is_slow = context.total_share(node.id).is_some_and(|share| share >= context.limit("slow_share"));
    let limit = if is_slow { context.limit("min_loops_if_slow") } else { context.limit("min_loops") };
    if loops < limit {
        return None;
    }
    let name = node.subplan_name.as_deref().unwrap_or("a subquery");
    let headline = format!("{name} is run {} times, once for each row outside", crate::quantity::grouped(loops));
    let cause = context.heaviest(node.id);
    let mut problem = Problem::new(node.id, headline)
        .at_stake(Stake::Total(node.id))
        .caused_by(cause, Matter::Access)
        .evidence(Evidence::against("runs", Quantity::Count(loops), Quantity::Count(limit)));
    if let Some(time) = context.attribution.time(node.id) {
        let each = crate::quantity::Ms(time.total.0 / loops);
        problem = problem.evidence(Evidence::of("time of each run", Quantity::Time(each)));
    }
    // The scan below decides what each run costs: an index on what it is searched by helps at once.
    let scan = context.plan.node(cause);
    if let Some(filter) = scan.text("Filter").filter(|_| scan.kind == crate::postgres::NodeKind::SeqScan) {
        if let Some(discarded) = scan.rows_of("Rows Removed by Filter") {
            problem = problem.evidence(Evidence::of("rows thrown away in all runs", Quantity::Rows(discarded.low)));
        }
        problem.advice = advice::index_for(context, scan, &[filter]);
    }
    let above = node.parent.and_then(|parent| context.plan.node(parent).text("Filter"));
    Some(problem.advice(Advice::text(if above.is_some_and(|filter| filter.contains("NOT (SubPlan")) {
        "write NOT EXISTS in place of NOT IN: it becomes a join"
    } else {
        "compute it once: join with the grouped subquery (JOIN … GROUP BY), or take a window function or LATERAL"
    })))
}
