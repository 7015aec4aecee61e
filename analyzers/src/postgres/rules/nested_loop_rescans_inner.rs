use crate::finding::{Advice, Evidence};
use crate::postgres::{advice, expression};
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/nested-loop-rescans-inner"),
    summary: "a nested loop reads its whole inner side again for each outer row",
    docs: include_str!("nested_loop_rescans_inner.md"),
    thresholds: &[
        Threshold {
            name: "min_loops",
            default: 50.0,
            unit: "count",
            reason: "fewer passes over a table are what a planner chooses on purpose",
        },
        Threshold {
            name: "min_share",
            default: 0.1,
            unit: "share",
            reason: "below a tenth of the time another join would gain nothing that is felt",
        },
        Threshold {
            name: "min_unmatched",
            default: 0.5,
            unit: "share",
            reason: "where most of the rows match, an index would find the same ones, each by itself",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let joins = context.plan.nodes_of(|kind| kind == NodeKind::NestedLoop);
    joins.filter_map(|join| check_join(context, join)).collect()
}

fn check_join(context: &Context<'_>, join: &PlanNode) -> Option<Problem> {
    let inner = context.plan.child(join.id, Role::Inner)?;
    let scan = whole_scan(context.plan, inner)?;
    let loops = inner.run()?.loops;
    // The inner side's time and what the join took to go through its rows.
    let conditions = conditions(join, scan)?;
    let share = context.total_share(inner.id).unwrap_or(0.0) + context.own_share(join.id).unwrap_or(0.0);
    if loops < context.limit("min_loops") || share < context.limit("min_share") {
        return None;
    }
    let relation = scan.relation.as_deref().unwrap_or("its inner side");
    let given = inner.rows()?.low + scan.rows_of("Rows Removed by Filter").map_or(0.0, |discarded| discarded.low);
    if join.rows().is_some_and(|kept| 1.0 - kept.low / given.max(1.0) < context.limit("min_unmatched")) {
        return None;
    }
    let headline = format!(
        "the nested loop goes through `{relation}` {} times, {} in all",
        crate::quantity::grouped(loops),
        Quantity::Rows(given)
    );
    let stake = match (context.attribution.time(inner.id), context.attribution.time(join.id)) {
        (Some(inner), Some(join)) => Stake::Ms(inner.total + join.own),
        _ => Stake::Total(inner.id),
    };
    let mut problem = Problem::new(join.id, headline)
        .at_stake(stake)
        .caused_by(scan.id, Matter::Access)
        .evidence(Evidence::against("passes", Quantity::Count(loops), Quantity::Count(context.limit("min_loops"))))
        .evidence(Evidence::of("rows gone through", Quantity::Rows(given)));
    if let Some(rows) = join.rows() {
        problem = problem.evidence(Evidence::of("rows that the join gave", Quantity::Rows(rows.mid())));
    }
    problem.advice = advice::index_for(context, scan, &conditions);
    Some(problem.advice(Advice::text(
        "or make the condition one that a hash join can use: columns of the same type joined by =, without OR",
    )))
}

/// What the join compares; none where it has no condition, which is another matter: db/cartesian-join.
fn conditions<'p>(join: &'p PlanNode, scan: &'p PlanNode) -> Option<Vec<&'p str>> {
    let alias = scan.alias.as_deref().unwrap_or_default();
    let looks_outside = |text: &&str| text.contains('$') || expression::qualifiers(text).iter().any(|name| name != alias);
    let filter = scan.text("Filter");
    let compares = join.text("Join Filter").or_else(|| filter.filter(looks_outside))?;
    let own = filter.filter(|filter| *filter != compares);
    Some(std::iter::once(compares).chain(own).collect())
}

/// The scan that a pass reads whole: no condition on the outer row narrows it.
fn whole_scan<'p>(plan: &'p Plan, inner: &'p PlanNode) -> Option<&'p PlanNode> {
    let mut scan = inner;
    // Kept in memory, but gone through in each pass all the same.
    while scan.kind == NodeKind::Materialize {
        scan = plan.child(scan.id, Role::Outer)?;
    }
    let is_index = matches!(scan.kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan);
    (scan.kind == NodeKind::SeqScan || is_index && scan.text("Index Cond").is_none()).then_some(scan)
}
