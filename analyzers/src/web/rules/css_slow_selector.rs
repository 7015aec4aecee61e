use crate::finding::{Evidence, Severity};
use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::{Author, CssSelector};
use crate::web::{Context, Need, Problem};

use super::sheets::{of_selector, short};

/// More findings of one page would hide the others; the report lists the selectors that follow.
const SHOWN: usize = 10;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-slow-selector"),
    summary: "one selector is held against elements very often",
    docs: include_str!("css_slow_selector.md"),
    thresholds: &[Threshold {
        name: "warn_attempts",
        default: 50_000.0,
        unit: "attempts",
        reason: "each takes the engine a tenth of a microsecond or more: some 10 ms for this selector alone",
    }],
    check: Check::Page(&[Need::SelectorStats], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let limit = context.limit("warn_attempts");
    let own = context.page.css_selectors.iter().filter(|selector| selector.author == Author::Page);
    let slow: Vec<&CssSelector> = own.filter(|selector| selector.match_attempts as f64 >= limit).collect();
    slow.iter().take(SHOWN).map(|selector| problem(selector, limit, slow.len())).collect()
}

fn problem(selector: &CssSelector, limit: f64, alike: usize) -> Problem {
    let attempts = selector.match_attempts as f64;
    let headline = format!("{} was held against elements {} times", short(&selector.selector), grouped(attempts));
    let count = |number: u64| Quantity::Count(number as f64);
    let mut problem = of_selector(Severity::Warn, selector, headline)
        .identified_by(&selector.selector)
        .evidence(Evidence::against("attempts", Quantity::Count(attempts), Quantity::Count(limit)))
        .evidence(Evidence::of("that matched", count(selector.match_count)))
        .evidence(Evidence::of("ruled out at once", count(selector.fast_rejects)));
    if let Some(us) = selector.elapsed_us {
        let ms = Ms(us as f64 / 1000.0);
        problem = problem.evidence(Evidence::of("by the matcher's own clock", Quantity::Time(ms)));
    }
    if alike > 1 {
        problem = problem.evidence(Evidence::of("selectors of the page as often tried", Quantity::Count(alike as f64)));
    }
    problem.advice(
        "end the selector in a class that only the elements meant have: the engine looks at its right end first, and a \
         tag, `*` or an attribute there is tried on every such element",
    )
}
