use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::leak;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/memory-node-leak"),
    summary: "nodes of the page grow with each repeat of the steps",
    docs: include_str!("memory_node_leak.md"),
    thresholds: &[
        Threshold { name: "warn_per_repeat", default: 0.5, unit: "nodes", reason: "what grows in half of the repeats keeps growing, though not steadily" },
        Threshold { name: "error_per_repeat", default: 1.0, unit: "nodes", reason: "what grows by one with each repeat is never given back" },
    ],
    check: Check::Page(&[Need::Memory], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let problem = leak(context, "nodes in the page", |memory| Some(memory.nodes.saturating_sub(memory.detached.unwrap_or(0))))?;
    Some(problem.advice(
        "remove what the steps put into the page when it is no longer shown: closed dialogs, notifications, copies of templates",
    ))
}
