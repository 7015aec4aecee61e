use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::trace::{Invalidation, Trigger};
use crate::web::{Context, Need, Problem};

use super::sheets::short;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-invalidation"),
    summary: "a change of a class, id, attribute or state makes the styles of very many elements invalid",
    docs: include_str!("css_invalidation.md"),
    thresholds: &[
        Threshold {
            name: "warn_nodes",
            default: 1_000.0,
            unit: "elements",
            reason: "after one change; new styles for so many take some 10 ms on a phone, more than a frame",
        },
        Threshold {
            name: "error_nodes",
            default: 5_000.0,
            unit: "elements",
            reason: "after one change; new styles for so many are a pause that people feel",
        },
        Threshold {
            name: "warn_changes",
            default: 50.0,
            unit: "changes",
            reason: "of one kind from one place, which reach more elements than their own: one change would do",
        },
    ],
    check: Check::Page(&[Need::Invalidation], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let rows = context.page.capture.invalidation.rows();
    let causes = rows.into_iter().flat_map(|rows| &rows.causes);
    causes.filter_map(|cause| check_reach(context, cause).or_else(|| check_changes(context, cause))).collect()
}

fn check_reach(context: &Context<'_>, cause: &Invalidation) -> Option<Problem> {
    let (severity, limit) = context.judge(cause.most_nodes as f64, "warn_nodes", "error_nodes")?;
    let nodes = grouped(cause.most_nodes as f64);
    let headline = format!("{} makes the styles of {nodes} elements invalid", change(&cause.trigger));
    let most = Quantity::Count(cause.most_nodes as f64);
    let problem = about(severity, cause, headline)
        .evidence(Evidence::against("elements after one change", most, Quantity::Count(limit)))
        .evidence(Evidence::of("changes", Quantity::Count(cause.changes as f64)));
    Some(explained(problem, cause))
}

/// Changes that each reach little, and together much.
fn check_changes(context: &Context<'_>, cause: &Invalidation) -> Option<Problem> {
    let limit = context.limit("warn_changes");
    if (cause.changes as f64) < limit || cause.nodes <= cause.changes || cause.site.is_none() {
        return None;
    }
    let (times, nodes) = (grouped(cause.changes as f64), grouped(cause.nodes as f64));
    let headline = format!("{}, {times} times, makes {nodes} styles invalid", change(&cause.trigger));
    let changes = Quantity::Count(cause.changes as f64);
    let problem = about(Severity::Warn, cause, headline)
        .evidence(Evidence::against("changes", changes, Quantity::Count(limit)))
        .evidence(Evidence::of("most after one of them", Quantity::Count(cause.most_nodes as f64)));
    Some(explained(problem, cause))
}

fn about(severity: Severity, cause: &Invalidation, headline: String) -> Problem {
    let problem = match &cause.site {
        Some(site) => Problem::at(severity, site.clone(), headline),
        None => Problem::of(severity, format!("changes of {}", cause.node), headline),
    };
    problem.identified_by(&change(&cause.trigger))
}

fn explained(problem: Problem, cause: &Invalidation) -> Problem {
    let mut problem = problem
        .evidence(Evidence::of("elements in all", Quantity::Count(cause.nodes as f64)))
        .evidence(Evidence::of("selectors that say so", Quantity::Count(cause.selectors.len() as f64)));
    if let Some(first) = cause.selectors.first() {
        let selector = short(&first.selector);
        problem = problem.advice(format!(
            "the selector {selector} makes the change of {} reach so far: make the change on an element nearer to what \
             it is meant for, or let the rule name less below it",
            short(&cause.node)
        ));
    }
    problem.advice("give what changes to the elements by a custom property, or change a class once instead of many times")
}

fn change(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Class(name) => format!("a change of the class {}", short(name)),
        Trigger::Id(name) => format!("a change of the id {}", short(name)),
        Trigger::Attribute(name) => format!("a change of the attribute {}", short(name)),
        Trigger::Pseudo(name) => format!("a change of the state :{}", short(name)),
        Trigger::Other(what) => format!("a change ({})", short(what)),
    }
}
