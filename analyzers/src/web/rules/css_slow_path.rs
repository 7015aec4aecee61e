use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::CssSelector;
use crate::web::{Context, Need, Problem};

use super::sheets::{by_sheet, of_selector, short};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-slow-path"),
    summary: "selectors of a style sheet cannot be ruled out at once where they do not match",
    docs: include_str!("css_slow_path.md"),
    thresholds: &[
        Threshold {
            name: "warn_share",
            default: 0.5,
            unit: "share",
            reason: "of the attempts of a selector that do not match; most that name classes above are ruled out at once",
        },
        Threshold {
            name: "min_attempts",
            default: 1_000.0,
            unit: "attempts",
            reason: "of a selector; fewer take no time that anybody could see",
        },
    ],
    check: Check::Page(&[Need::SelectorStats], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let (share, least) = (context.limit("warn_share"), context.limit("min_attempts"));
    let is_slow = |selector: &CssSelector| {
        selector.match_attempts as f64 >= least && selector.slow_share().is_some_and(|slow| slow >= share)
    };
    by_sheet(context, is_slow).iter().filter_map(|(_, selectors)| check_sheet(selectors, share)).collect()
}

fn check_sheet(selectors: &[&CssSelector], limit: f64) -> Option<Problem> {
    let worst = selectors.iter().max_by_key(|selector| selector.slow_misses())?;
    let misses = selectors.iter().map(|selector| selector.slow_misses()).sum::<u64>() as f64;
    let (all, text) = (grouped(misses), short(&worst.selector));
    let headline = match selectors.len() {
        1 => format!("{text} was checked part by part {all} times for nothing"),
        n => format!("{} selectors, as {text}, were checked part by part {all} times for nothing", grouped(n as f64)),
    };
    let share = worst.slow_share()?;
    let problem = of_selector(Severity::Warn, worst, headline)
        .evidence(Evidence::against("of its misses not ruled out at once", Quantity::Share(share), Quantity::Share(limit)))
        .evidence(Evidence::of("such misses of this one", Quantity::Count(worst.slow_misses() as f64)))
        .evidence(Evidence::of("selectors like this", Quantity::Count(selectors.len() as f64)))
        .evidence(Evidence::of("such misses of all", Quantity::Count(misses)));
    Some(problem.advice(
        "name a class or id of an element above instead of an attribute, a state or a position: only tags, classes and \
         ids above an element are in the filter that rules selectors out at once",
    ))
}
