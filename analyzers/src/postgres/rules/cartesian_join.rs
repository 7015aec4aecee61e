use std::collections::BTreeSet;

use crate::finding::{Advice, Confidence, Evidence};
use crate::postgres::expression;
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Property, Role, Value};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/cartesian-join"),
    summary: "two sides are joined without a condition: each row with each",
    docs: include_str!("cartesian_join.md"),
    thresholds: &[Threshold {
        name: "min_rows",
        default: 1_000.0,
        unit: "rows",
        reason: "a small list joined with a few rows on purpose is not worth a word",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

/// So much of the product must have come out: a condition inside would have cut it.
const WHOLE_PRODUCT: f64 = 0.9;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let loops = context.plan.nodes_of(|kind| kind == NodeKind::NestedLoop);
    loops.filter_map(|join| check_join(context, join)).collect()
}

fn check_join(context: &Context<'_>, join: &PlanNode) -> Option<Problem> {
    let plan = context.plan;
    let rows = join.rows()?;
    if join.text("Join Filter").is_some() || rows.low < context.limit("min_rows") {
        return None;
    }
    let (outer, inner) = (plan.child(join.id, Role::Outer)?, plan.child(join.id, Role::Inner)?);
    let left = outer.rows()?;
    let right = inner.rows()?.high / inner.run()?.loops.max(1.0);
    if left.low < 2.0 || right < 2.0 || rows.low < WHOLE_PRODUCT * left.high * right {
        return None;
    }
    let aliases: BTreeSet<&str> = plan.subtree(outer.id).iter().filter_map(|node| node.alias.as_deref()).collect();
    if aliases.is_empty() || plan.subtree(inner.id).iter().any(|node| refers_to(node, &aliases)) {
        return None;
    }
    let headline =
        format!("each of {} is joined with each of {}, without a condition", Quantity::Rows(left.mid()), Quantity::Rows(right));
    let mut problem = Problem::new(join.id, headline)
        .at_stake(context.handling_of(join))
        .evidence(Evidence::against("rows given", Quantity::Rows(rows.low), Quantity::Rows(context.limit("min_rows"))))
        .advice(Advice::text(format!(
            "say which rows of {} and {} belong together; if each with each is meant, write CROSS JOIN so that it shows",
            sides(plan, outer),
            sides(plan, inner)
        )));
    problem.confidence = if is_qualified(plan) { Confidence::Measured } else { Confidence::Guess };
    Some(problem)
}

fn refers_to(node: &PlanNode, aliases: &BTreeSet<&str>) -> bool {
    node.properties.iter().any(|property| property_refers_to(property, aliases))
}

fn property_refers_to(property: &Property, aliases: &BTreeSet<&str>) -> bool {
    let refers = |text: &str| {
        text.contains('$') || expression::qualifiers(text).iter().any(|name| aliases.contains(name.as_str()))
    };
    match &property.value {
        Value::Text(text) => refers(text),
        Value::List(values) => values.iter().filter_map(Value::text).any(refers),
        _ => false,
    }
}

/// Whether names in conditions say which relation they belong to, as VERBOSE prints them.
fn is_qualified(plan: &Plan) -> bool {
    plan.nodes().iter().any(|node| node.property("Output").is_some())
}

fn sides(plan: &Plan, side: &PlanNode) -> String {
    const NAMED: usize = 3;
    let mut names: Vec<String> =
        plan.subtree(side.id).iter().filter_map(PlanNode::relation_and_alias).map(|name| format!("`{name}`")).collect();
    names.dedup();
    if names.len() > NAMED {
        names.truncate(NAMED);
        names.push("…".to_owned());
    }
    names.join(", ")
}
