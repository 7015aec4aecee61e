use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::{Growth, growth};
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/memory-collection-growth"),
    summary: "Maps, Sets or arrays grow with each repeat of the steps",
    docs: include_str!("memory_collection_growth.md"),
    thresholds: &[
        Threshold {
            name: "error_per_repeat",
            default: 1.0,
            unit: "Maps, Sets or entries of them",
            reason: "what grows by the same number with each repeat is a cache or register that nothing is taken out of",
        },
        Threshold {
            name: "warn_per_repeat",
            default: 1.0,
            unit: "arrays, entries of them or plain objects",
            reason: "the same; but a list that is meant to grow is made of these, so it is no error",
        },
    ],
    check: Check::Page(&[Need::Collections], check),
};

/// The most telling first.
const KINDS: [(&str, Severity); 7] = [
    ("entries of Maps", Severity::Error),
    ("entries of Sets", Severity::Error),
    ("Maps", Severity::Error),
    ("Sets", Severity::Error),
    ("entries of arrays", Severity::Warn),
    ("arrays", Severity::Warn),
    ("plain objects", Severity::Warn),
];

struct Growing {
    what: &'static str,
    severity: Severity,
    each: u64,
    limit: f64,
}

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

/// What one leak makes grow is one finding: an entry of a Map is often an array too.
fn find(context: &Context<'_>) -> Option<Problem> {
    let collections = &context.page.capture.census.rows()?.collections;
    let growing = KINDS.into_iter().filter_map(|kind| {
        let (_, series) = collections.iter().find(|(name, _)| name == kind.0)?;
        grows(context, kind, series)
    });
    let growing: Vec<Growing> = growing.collect();
    let Growing { what, severity, each, .. } = growing.first()?;
    let each = Quantity::Count(*each as f64);
    let problem = Problem::of(*severity, WHOLE_PAGE, format!("{what} grow by {each} with each repeat of the steps"));
    let evidence = growing.iter().map(|Growing { what, each, limit, .. }| {
        Evidence::against(what, Quantity::Count(*each as f64), Quantity::Count(*limit))
    });
    Some(problem.with(evidence.collect()).identified_by(what).advice(
        "give caches a bound, or keys that end with what they belong to (WeakMap); take out of a register what has put \
         itself in when it goes",
    ))
}

/// By the same number with each repeat: the engine and libraries make a few of their own now and then.
fn grows(context: &Context<'_>, (what, severity): (&'static str, Severity), series: &[u64]) -> Option<Growing> {
    let Growth::Steady(each) = growth(series)? else { return None };
    let name = if severity == Severity::Error { "error_per_repeat" } else { "warn_per_repeat" };
    let limit = context.limit(name);
    (each as f64 >= limit).then_some(Growing { what, severity, each, limit })
}
