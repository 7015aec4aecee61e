use crate::finding::{Evidence};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::ComponentRenders;
use crate::web::{Context, Need, Problem};

use super::shared::component;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/react-renders"),
    summary: "a component is rendered many times in one step",
    docs: include_str!("react_renders.md"),
    thresholds: &[
        Threshold {
            name: "warn_renders",
            default: 10.0,
            unit: "renders",
            reason: "what a user does concerns a few components of a kind",
        },
        Threshold {
            name: "error_renders",
            default: 100.0,
            unit: "renders",
            reason: "a whole list is rendered, where mostly one row has changed",
        },
    ],
    check: Check::Page(&[Need::Counts, Need::Steps], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let components = context.page.capture.counts.rows().and_then(|counts| counts.react.as_deref());
    components.unwrap_or_default().iter().filter_map(|row| check_component(context, row)).collect()
}

fn check_component(context: &Context<'_>, row: &ComponentRenders) -> Option<Problem> {
    let steps = context.page.capture.settings.steps.len().max(1);
    let each = row.renders.steps as f64 / steps as f64;
    let (severity, limit) = context.judge(each, "warn_renders", "error_renders")?;
    let headline = format!("rendered {} times during the steps", grouped(row.renders.steps as f64));
    Some(
        component(severity, row, &headline)
            .evidence(Evidence::against("renders in a step", Quantity::Count(each), Quantity::Count(limit)))
            .evidence(Evidence::of("of these with nothing changed", Quantity::Count(row.wasted.steps as f64)))
            .evidence(Evidence::of("with only references changed", Quantity::Count(row.by_reference.steps as f64)))
            .advice("hand each row only what it shows, as values or objects that stay the same, and wrap the component in memo"),
    )
}
