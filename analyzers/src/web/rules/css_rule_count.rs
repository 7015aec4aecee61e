use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::css::Census;
use crate::web::{Context, Need, Problem};

use super::sheets::{largest, of_all};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-rule-count"),
    summary: "the page's style sheets hold very many rules",
    docs: include_str!("css_rule_count.md"),
    thresholds: &[Threshold {
        name: "warn_rules",
        default: 4_000.0,
        unit: "rules",
        reason: "the browser keeps each, sorts it into its tables, and looks through them for each element",
    }],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.css.iter().filter_map(|css| check_all(context, css)).collect()
}

fn check_all(context: &Context<'_>, css: &Census) -> Option<Problem> {
    let limit = context.limit("warn_rules");
    let all = css.rules() as f64;
    if all < limit {
        return None;
    }
    let (site, in_largest) = largest(context, |entry| entry.sheet.rules.len() as u64).unzip();
    let headline = format!("the page's style sheets hold {} rules", Quantity::Count(all));
    let problem = of_all(Severity::Warn, site, headline)
        .evidence(Evidence::against("rules", Quantity::Count(all), Quantity::Count(limit)))
        .evidence(Evidence::of("of these in this sheet", Quantity::Count(in_largest.unwrap_or(0) as f64)))
        .evidence(Evidence::of("different sheets", Quantity::Count(css.sheets.len() as f64)));
    Some(problem.advice(
        "split the styles by route, so that a page loads its own; let the build remove rules that no template uses and merge \
         rules that say the same",
    ))
}
