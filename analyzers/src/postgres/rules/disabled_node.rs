use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Advice, Evidence};
use crate::postgres::plan::{Estimate, NodeId, NodeKind, Plan, PlanNode, Role, Strategy, Value};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/disabled-node"),
    summary: "a step was taken although a setting switches its kind off",
    docs: include_str!("disabled_node.md"),
    thresholds: &[],
    check: Check::Plan(&[Need::Disabled], check),
};

/// What PostgreSQL up to 17 adds to the cost of a step whose kind is switched off (`disable_cost`).
const DISABLE_COST: f64 = 1e10;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut by_setting: BTreeMap<&str, Vec<&PlanNode>> = BTreeMap::new();
    for node in context.plan.nodes().iter().filter(|node| is_disabled(context.plan, node)) {
        by_setting.entry(setting(node).unwrap_or_default()).or_default().push(node);
    }
    by_setting.into_iter().filter_map(|(setting, nodes)| problem(context, setting, &nodes)).collect()
}

fn is_disabled(plan: &Plan, node: &PlanNode) -> bool {
    match node.property("Disabled") {
        Some(Value::Bool(disabled)) => return *disabled,
        Some(Value::Text(disabled)) => return &**disabled == "true",
        _ => {}
    }
    let Some(estimate) = node.estimate else { return false };
    // What is below hands its start on: only what is added here is this node's own.
    let below: f64 = plan.children(node.id).filter_map(|child| child.estimate).map(|child| child.startup_cost).sum();
    estimate.startup_cost - below >= DISABLE_COST * 0.9
}

/// The setting that switches steps of this kind off.
fn setting(node: &PlanNode) -> Option<&'static str> {
    Some(match node.kind {
        NodeKind::SeqScan => "enable_seqscan",
        NodeKind::IndexScan => "enable_indexscan",
        NodeKind::IndexOnlyScan => "enable_indexonlyscan",
        NodeKind::BitmapHeapScan => "enable_bitmapscan",
        NodeKind::TidScan | NodeKind::TidRangeScan => "enable_tidscan",
        NodeKind::Sort => "enable_sort",
        NodeKind::IncrementalSort => "enable_incremental_sort",
        NodeKind::Aggregate(Strategy::Hashed | Strategy::Mixed) => "enable_hashagg",
        NodeKind::Materialize => "enable_material",
        NodeKind::NestedLoop => "enable_nestloop",
        NodeKind::MergeJoin => "enable_mergejoin",
        NodeKind::HashJoin => "enable_hashjoin",
        NodeKind::GatherMerge => "enable_gathermerge",
        _ => return None,
    })
}

fn problem(context: &Context<'_>, setting: &str, nodes: &[&PlanNode]) -> Option<Problem> {
    let took = |node: &PlanNode| context.attribution.time(node.id).map_or(context.attribution.node(node.id).own_cost, |time| time.own.0);
    let node = *nodes.iter().max_by(|left, right| took(left).total_cmp(&took(right)).then(right.id.cmp(&left.id)))?;
    let is_known = context.setting(setting) == Some("off");
    let headline = match setting {
        "" => format!("{} was planned although its kind is switched off", node.label()),
        _ if is_known => format!("{} was planned although {setting} is off", node.label()),
        _ => format!("{} was planned although it was to be avoided", node.label()),
    };
    let mut problem = Problem::new(node.id, headline).at_stake(stake(context, nodes, node)).caused_by(node.id, Matter::Settings);
    if nodes.len() > 1 {
        problem = problem.evidence(Evidence::of("steps of that kind", Quantity::Count(nodes.len() as f64)));
    }
    let outweighing = node.estimate.filter(|estimate| estimate.startup_cost >= DISABLE_COST);
    if let Some(estimate) = outweighing {
        problem = problem.evidence(Evidence::of("before the first row", Quantity::Cost(estimate.startup_cost)));
    }
    problem.advice = advice(setting, is_known, outweighing);
    Some(problem)
}

fn stake(context: &Context<'_>, nodes: &[&PlanNode], most: &PlanNode) -> Stake {
    if context.attribution.execution.is_none() {
        return Stake::Own(most.id);
    }
    let own = |node: &PlanNode| context.attribution.time(node.id).map_or(Ms::ZERO, |time| time.own);
    // A nested loop is asked for with its look-ups.
    let inner = |node: &PlanNode| context.plan.child(node.id, Role::Inner).filter(|_| node.kind == NodeKind::NestedLoop);
    let looked_up = |node: &PlanNode| inner(node).and_then(|inner| context.attribution.time(inner.id)).map_or(Ms::ZERO, |time| time.total);
    let mut concerned: BTreeSet<NodeId> = nodes.iter().map(|node| node.id).collect();
    // By so high a cost all that stands above was chosen blindly.
    let outweighed = nodes.iter().filter(|node| node.estimate.is_some_and(|estimate| estimate.startup_cost >= DISABLE_COST));
    concerned.extend(outweighed.flat_map(|node| context.plan.ancestors(node.id)).map(|above| above.id));
    let own: Ms = concerned.iter().map(|id| own(context.plan.node(*id))).sum();
    Stake::Ms(own + nodes.iter().map(|node| looked_up(node)).sum())
}

fn advice(setting: &str, is_known: bool, outweighed: Option<Estimate>) -> Vec<Advice> {
    const FIND: &str = "SELECT name, source, sourcefile, sourceline FROM pg_settings WHERE name LIKE 'enable\\_%' AND setting = 'off';";
    if is_known {
        let why = if outweighed.is_some() {
            "all other costs vanish beside that of the step, so that what stands above it was chosen blindly: switch it on again"
        } else {
            "nothing else was possible here, but elsewhere in the statement the best plan may be shut out: switch it on again"
        };
        return vec![
            Advice::sql(why, format!("RESET {setting};")),
            Advice::sql("if it comes back, see where it is set", FIND),
        ];
    }
    let doubt = if setting == "enable_hashjoin" {
        "; the planner also avoids a hash join where one value is so frequent that its rows alone would fill the memory"
    } else {
        ""
    };
    vec![Advice::sql(format!("see what is switched off, and where it is set{doubt}"), FIND)]
}
