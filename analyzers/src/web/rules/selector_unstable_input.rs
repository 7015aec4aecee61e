use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::{SelectorWarning, WarningKind};
use crate::web::{Context, Need, Problem};

use super::shared::warnings;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-unstable-input"),
    summary: "a selector is given something new each time, though nothing has changed",
    docs: include_str!("selector_unstable_input.md"),
    thresholds: &[Threshold {
        name: "error_sites",
        default: 5.0,
        unit: "places",
        reason: "one is an oversight; five are how selectors are written here, and each change of the state runs them all",
    }],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let found = warnings(context, WarningKind::UnstableInput);
    let severity = if found.len() as f64 >= context.limit("error_sites") { Severity::Error } else { Severity::Warn };
    let places = found.len();
    found.into_iter().map(|warning| problem(severity, warning, places)).collect()
}

fn problem(severity: Severity, warning: &SelectorWarning, places: usize) -> Problem {
    let is_plain = warning.text.starts_with("Selector ");
    let headline = if is_plain {
        "a selector that is used here gives a new object each time, though nothing has changed"
    } else {
        "an input of a selector that is used here gives a new object each time, though nothing has changed"
    };
    let problem = match &warning.site {
        Some(site) => Problem::at(severity, site.clone(), headline.to_owned()),
        None => Problem::of(severity, "a selector", headline.to_owned()),
    };
    let advice = if is_plain {
        "remember what it makes with createSelector, or select the parts that are there already"
    } else {
        "let inputs only pick what is in the state; move what filters, maps or builds objects into the combiner, which \
         runs when an input has changed"
    };
    problem
        .identified_by(if is_plain { "selector" } else { "input" })
        .evidence(Evidence::of("warnings of the library", Quantity::Count(warning.count as f64)))
        .evidence(Evidence::of("places like this", Quantity::Count(places as f64)))
        .advice(advice)
}
