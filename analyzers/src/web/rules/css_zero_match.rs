use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::CssSelector;
use crate::web::{Context, Need, Problem};

use super::sheets::{by_sheet, of_selector, short};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-zero-match"),
    summary: "selectors of a style sheet are tried over and over and never match",
    docs: include_str!("css_zero_match.md"),
    thresholds: &[Threshold {
        name: "warn_attempts",
        default: 10_000.0,
        unit: "attempts",
        reason: "of all such selectors of a sheet; work of a millisecond or more without any result",
    }],
    check: Check::Page(&[Need::SelectorStats], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let sheets = by_sheet(context, |selector| selector.match_count == 0);
    sheets.iter().filter_map(|(_, selectors)| check_sheet(context, selectors)).collect()
}

fn check_sheet(context: &Context<'_>, selectors: &[&CssSelector]) -> Option<Problem> {
    let limit = context.limit("warn_attempts");
    let attempts = selectors.iter().map(|selector| selector.match_attempts).sum::<u64>() as f64;
    let most = selectors.first().filter(|_| attempts >= limit)?;
    let (all, text) = (grouped(attempts), short(&most.selector));
    let headline = match selectors.len() {
        1 => format!("{text} was tried {all} times and never matched"),
        n => format!("{} selectors, as {text}, were tried {all} times and never matched", grouped(n as f64)),
    };
    let problem = of_sheet(most, headline)
        .evidence(Evidence::against("attempts", Quantity::Count(attempts), Quantity::Count(limit)))
        .evidence(Evidence::of("selectors that never match", Quantity::Count(selectors.len() as f64)))
        .evidence(Evidence::of("attempts of this one", Quantity::Count(most.match_attempts as f64)));
    Some(problem.advice(
        "delete the rules if nothing uses them any more; load them with the part of the application that does; or let \
         them end in a class, so that they are not tried where they cannot match",
    ))
}

fn of_sheet(most: &CssSelector, headline: String) -> Problem {
    of_selector(Severity::Warn, most, headline)
}
