use crate::finding::Evidence;
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::css::Census;
use crate::web::{Context, Need, Problem};

use super::sheets::{largest, of_all};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-selector-count"),
    summary: "the page's style sheets hold very many selectors",
    docs: include_str!("css_selector_count.md"),
    thresholds: &[
        Threshold {
            name: "warn_selectors",
            default: 5_000.0,
            unit: "selectors",
            reason: "about as many as large public sites have in the middle; a page needs a part of them",
        },
        Threshold {
            name: "error_selectors",
            default: 10_000.0,
            unit: "selectors",
            reason: "more than nearly all public sites have: styles of pages that are not shown, or copies",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.css.iter().filter_map(|css| check_all(context, css)).collect()
}

fn check_all(context: &Context<'_>, css: &Census) -> Option<Problem> {
    let count = css.live_selectors() as f64;
    let (severity, limit) = context.judge(count, "warn_selectors", "error_selectors")?;
    let most = largest(context, |entry| entry.copies.saturating_mul(entry.sheet.selectors.len() as u64));
    let (site, in_largest) = most.unzip();
    let headline = format!("the page's style sheets hold {} selectors", grouped(count));
    let problem = of_all(severity, site, headline)
        .evidence(Evidence::against("selectors", Quantity::Count(count), Quantity::Count(limit)))
        .evidence(Evidence::of("of these in this sheet", Quantity::Count(in_largest.unwrap_or(0) as f64)))
        .evidence(Evidence::of("different selectors", Quantity::Count(css.selectors.unique as f64)))
        .evidence(Evidence::of("different sheets", Quantity::Count(css.sheets.len() as f64)));
    Some(problem.advice(
        "split the styles by route, so that a page loads its own; let the build remove rules that no template uses; \
         where a script adds one sheet many times, let it add the sheet once",
    ))
}
