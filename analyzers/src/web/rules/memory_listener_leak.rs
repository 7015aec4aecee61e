use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::leak;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/memory-listener-leak"),
    summary: "event listeners grow with each repeat of the steps",
    docs: include_str!("memory_listener_leak.md"),
    thresholds: &[
        Threshold { name: "warn_per_repeat", default: 0.5, unit: "listeners", reason: "what grows in half of the repeats keeps growing, though not steadily" },
        Threshold { name: "error_per_repeat", default: 1.0, unit: "listeners", reason: "what grows by one with each repeat is never given back" },
    ],
    check: Check::Page(&[Need::Memory], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let problem = leak(context, "event listeners", |memory| Some(memory.listeners))?;
    Some(problem.advice(
        "take off with removeEventListener, or an AbortSignal, what a component has put on window, document or something that \
         outlives it",
    ))
}
