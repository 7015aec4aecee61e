use crate::finding::{Advice, Evidence};
use crate::postgres::order;
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/merge-join-sorts-input"),
    summary: "a merge join spends its time sorting what it is to merge",
    docs: include_str!("merge_join_sorts_input.md"),
    thresholds: &[Threshold {
        name: "min_share",
        default: 0.2,
        unit: "share",
        reason: "less than a fifth of the time is not worth an index that every write must keep up",
    }],
    check: Check::Plan(&[Need::Analyze, Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let joins = context.plan.nodes_of(|kind| kind == NodeKind::MergeJoin);
    joins.filter_map(|join| check_join(context, join)).collect()
}

fn check_join(context: &Context<'_>, join: &PlanNode) -> Option<Problem> {
    let own = |sort: &PlanNode| context.attribution.time(sort.id).map_or(Ms::ZERO, |time| time.own);
    let sides = [Role::Outer, Role::Inner].into_iter().filter_map(|role| context.plan.child(join.id, role));
    let sorts: Vec<&PlanNode> = sides.filter_map(|side| sort_of(context.plan, side)).collect();
    let sorting: Ms = sorts.iter().map(|sort| own(sort)).sum();
    let share = context.stake_share(Stake::Ms(sorting))?;
    if share < context.limit("min_share") {
        return None;
    }
    let rows: f64 = sorts.iter().filter_map(|sort| sort.rows()).map(crate::quantity::Interval::mid).sum();
    let headline = format!(
        "the merge join sorts {} first, {}",
        if sorts.len() > 1 { "both sides" } else { "one side" },
        Quantity::Rows(rows)
    );
    let mut problem = Problem::new(join.id, headline)
        .at_stake(Stake::Ms(sorting))
        // Sorts that spill are the same matter: they have to go, or to fit.
        .caused_by(join.id, Matter::Memory)
        .evidence(Evidence::against("time of sorting", Quantity::Share(share), Quantity::Share(context.limit("min_share"))));
    for sort in &sorts {
        let rows = sort.rows().map_or(0.0, crate::quantity::Interval::mid);
        problem = problem.evidence(Evidence::of("rows sorted", Quantity::Rows(rows)));
        let why = format!("an index in the order of {} spares the sort", order::sort_keys(sort).join(", "));
        problem.advice.extend(order::covering_index_for(context, sort, &why));
    }
    let or = if problem.advice.is_empty() { "" } else { "or " };
    Some(problem.advice(Advice::text(format!(
        "{or}make room for a hash join: more work_mem, so that its table fits, and equalities of types that can be hashed"
    ))))
}

/// The sort that a side of the join is read through.
fn sort_of<'p>(plan: &'p Plan, side: &'p PlanNode) -> Option<&'p PlanNode> {
    let mut node = side;
    while node.kind == NodeKind::Materialize {
        node = plan.child(node.id, Role::Outer)?;
    }
    matches!(node.kind, NodeKind::Sort | NodeKind::IncrementalSort).then_some(node)
}
