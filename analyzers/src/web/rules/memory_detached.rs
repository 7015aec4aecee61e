use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::leak;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/memory-detached"),
    summary: "elements that are in no page any more are kept alive, more with each repeat",
    docs: include_str!("memory_detached.md"),
    thresholds: &[
        Threshold { name: "warn_per_repeat", default: 1.0, unit: "nodes", reason: "one that stays with each repeat is never given back" },
        Threshold { name: "error_per_repeat", default: 10.0, unit: "nodes", reason: "a whole part of the page stays each time" },
    ],
    check: Check::Page(&[Need::Memory], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let problem = leak(context, "detached nodes", |memory| memory.detached)?;
    Some(problem.advice(
        "let go of elements that leave the page: clear arrays, maps and variables that hold them, and take off listeners whose \
         functions do; a WeakMap or WeakRef does not keep them",
    ))
}
