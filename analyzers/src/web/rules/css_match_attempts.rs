use crate::finding::Evidence;
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::SelectorStats;
use crate::web::page::Author;
use crate::web::{Context, Need, Problem};

use super::sheets::{of_all, short};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-match-attempts"),
    summary: "very many selectors are tried on each element that gets a style",
    docs: include_str!("css_match_attempts.md"),
    thresholds: &[
        Threshold {
            name: "warn_attempts",
            default: 100.0,
            unit: "attempts per element",
            reason: "real pages were counted at 11 to 15",
        },
        Threshold {
            name: "error_attempts",
            default: 1_000.0,
            unit: "attempts per element",
            reason: "a hundredfold of what real pages need: a recalculation of all elements takes seconds",
        },
    ],
    check: Check::Page(&[Need::SelectorStats], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let stats = context.page.capture.selector_stats.rows();
    stats.into_iter().filter_map(|stats| check_all(context, stats)).collect()
}

fn check_all(context: &Context<'_>, stats: &SelectorStats) -> Option<Problem> {
    if stats.elements == 0 {
        return None;
    }
    let selectors = &context.page.css_selectors;
    let attempts: u64 = selectors.iter().map(|selector| selector.match_attempts).sum();
    let each = attempts as f64 / stats.elements as f64;
    let (severity, limit) = context.judge(each, "warn_attempts", "error_attempts")?;
    let worst = selectors.iter().find(|selector| selector.author == Author::Page);
    let headline = format!("each element that gets a style is held against {} selectors", grouped(each));
    let headline = worst.map_or(headline.clone(), |worst| {
        format!("{headline}, most often {}", short(&worst.selector))
    });
    let problem = of_all(severity, worst.and_then(|worst| worst.site.clone()), headline)
        .evidence(Evidence::against("attempts an element", Quantity::Count(each), Quantity::Count(limit)))
        .evidence(Evidence::of("attempts", Quantity::Count(attempts as f64)))
        .evidence(Evidence::of("elements that got a style", Quantity::Count(stats.elements as f64)))
        .evidence(Evidence::of("recalculations", Quantity::Count(stats.style_recalcs as f64)))
        .evidence(Evidence::of("selectors that were tried", Quantity::Count(selectors.len() as f64)));
    Some(problem.advice(
        "let selectors end in classes instead of tags, attributes or `*`: the engine keeps rules by what their right \
         end names and tries on an element all that are kept under its id, its classes and its tag",
    ))
}
