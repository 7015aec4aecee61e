use crate::finding::Evidence;
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-listeners"),
    summary: "the document has many event listeners",
    docs: include_str!("dom_listeners.md"),
    thresholds: &[
        Threshold { name: "warn_listeners", default: 1_000.0, unit: "listeners", reason: "more than a page has parts to click: one for each row of a list" },
        Threshold { name: "error_listeners", default: 5_000.0, unit: "listeners", reason: "each keeps its function, and what that refers to, alive" },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let listeners = context.page.capture.counts.rows()?.document.listeners as f64;
    let (severity, limit) = context.judge(listeners, "warn_listeners", "error_listeners")?;
    let headline = format!("the document has {} event listeners", grouped(listeners));
    let problem = Problem::of(severity, WHOLE_PAGE, headline)
        .evidence(Evidence::against("listeners", Quantity::Count(listeners), Quantity::Count(limit)));
    Some(problem.advice(
        "listen once on an element around them, and look at event.target to see which one it was (event delegation)",
    ))
}
