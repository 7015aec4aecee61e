use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::ComponentRenders;
use crate::web::{Context, Need, Problem};

use super::shared::component;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/react-wasted"),
    summary: "a component is rendered although nothing it shows has changed",
    docs: include_str!("react_wasted.md"),
    thresholds: &[
        Threshold {
            name: "min_renders",
            default: 20.0,
            unit: "renders",
            reason: "a few renders for nothing cannot be felt",
        },
        Threshold {
            name: "warn_share",
            default: 0.5,
            unit: "share",
            reason: "more renders for nothing than for something",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let components = context.page.capture.counts.rows().and_then(|counts| counts.react.as_deref());
    components.unwrap_or_default().iter().filter_map(|row| check_component(context, row)).collect()
}

/// Loading is judged apart from the steps: first renders, which most of loading consists of, are never for nothing.
fn check_component(context: &Context<'_>, row: &ComponentRenders) -> Option<Problem> {
    let load = (row.renders.load, row.wasted.load, row.by_reference.load, "while the page loaded");
    let steps = (row.renders.steps, row.wasted.steps, row.by_reference.steps, "during the steps");
    let share = |(renders, same, references, _): &(u64, u64, u64, _)| (same + references) as f64 / (*renders).max(1) as f64;
    let limit = context.limit("warn_share");
    let worst = if share(&load) > share(&steps) { load } else { steps };
    let (renders, same, references, when) = worst;
    if renders == 0 || (renders as f64) < context.limit("min_renders") || share(&worst) < limit {
        return None;
    }
    let vain = grouped((same + references) as f64);
    let headline = format!("rendered for nothing in {vain} of {} times {when}", grouped(renders as f64));
    Some(
        component(Severity::Warn, row, &headline)
            .evidence(Evidence::against("for nothing", Quantity::Share(share(&worst)), Quantity::Share(limit)))
            .evidence(Evidence::of("with nothing changed", Quantity::Count(same as f64)))
            .evidence(Evidence::of("with only references changed", Quantity::Count(references as f64)))
            .advice(
                "where only references changed, find who makes the new object: often a selector without a cache of its \
                 own, an inline object or function; where nothing did, wrap the component in memo",
            ),
    )
}
