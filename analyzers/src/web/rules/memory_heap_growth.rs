use crate::finding::Evidence;
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::theil_sen;
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/memory-heap-growth"),
    summary: "JavaScript keeps more memory after each repeat of the steps",
    docs: include_str!("memory_heap_growth.md"),
    thresholds: &[
        Threshold { name: "warn_bytes", default: 50_000.0, unit: "bytes", reason: "less is what engines need for themselves" },
        Threshold { name: "error_bytes", default: 500_000.0, unit: "bytes", reason: "a hundred repeats are 50 MB" },
    ],
    check: Check::Page(&[Need::Memory], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let memory = &context.page.capture.census.rows()?.memory;
    let heap: Vec<u64> = memory.iter().map(|memory| memory.heap_bytes).collect();
    // The first repeat warms up: caches are filled and code is compiled once.
    let slope = theil_sen(heap.get(1..).filter(|repeats| repeats.len() >= 2)?);
    let (severity, limit) = context.judge(slope, "warn_bytes", "error_bytes")?;
    let bytes = Quantity::Bytes;
    let problem = Problem::of(severity, WHOLE_PAGE, format!("memory grows by {} with each repeat", bytes(slope)))
        .evidence(Evidence::against("grows with each repeat", bytes(slope), bytes(limit)))
        .evidence(Evidence::of("heap in use after loading", bytes(*heap.first()? as f64)))
        .evidence(Evidence::of("heap in use after the last repeat", bytes(*heap.last()? as f64)));
    Some(problem.advice(
        "find what is kept: caches without a bound, lists that only grow, closures of listeners and timers; \
         web/memory-detached, web/memory-listener-leak and web/selector-leak name some of it",
    ))
}
