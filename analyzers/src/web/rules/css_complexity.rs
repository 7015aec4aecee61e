use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::css::{Census, Extreme};
use crate::web::{Context, Need, Problem};

use super::sheets::{of_all, short};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-complexity"),
    summary: "selectors have very many parts",
    docs: include_str!("css_complexity.md"),
    thresholds: &[
        Threshold {
            name: "warn_parts",
            default: 13.0,
            unit: "parts",
            reason: "the longest selectors of large public sites have 10 to 19 parts; half of those sites stay below 13",
        },
        Threshold {
            name: "error_parts",
            default: 21.0,
            unit: "parts",
            reason: "longer than any selector of the public sites that were counted: made by nesting, not by hand",
        },
        Threshold {
            name: "warn_mean",
            default: 4.0,
            unit: "parts",
            reason: "a mean of 2 to 4 is usual; above it most rules name their whole surroundings",
        },
        Threshold {
            name: "min_selectors",
            default: 100.0,
            unit: "selectors",
            reason: "the mean of fewer selectors says little",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

const ADVICE: &str = "give the element a class of its own and select that; in SCSS, nest one level at most";

fn check(context: &Context<'_>) -> Vec<Problem> {
    let Some(css) = &context.page.css else { return Vec::new() };
    let longest = css.most_complex.as_ref().and_then(|most| check_longest(context, css, most));
    longest.into_iter().chain(check_mean(context, css)).collect()
}

fn check_longest(context: &Context<'_>, css: &Census, most: &Extreme) -> Option<Problem> {
    let (severity, limit) = context.judge(f64::from(most.complexity), "warn_parts", "error_parts")?;
    let site = context.page.css_site(most.place);
    let headline = format!("a selector has {} parts: {}", most.complexity, short(&most.text));
    let warn = context.limit("warn_parts");
    let long: usize = css.complexities.iter().filter(|(parts, _)| f64::from(**parts) >= warn).map(|(_, n)| n).sum();
    let problem = of_all(severity, site, headline)
        .identified_by("longest")
        .evidence(Evidence::against(
            "parts of the selector",
            Quantity::Count(f64::from(most.complexity)),
            Quantity::Count(limit),
        ))
        .evidence(Evidence::of("selectors of the page as long", Quantity::Count(long as f64)));
    Some(problem.advice(ADVICE))
}

fn check_mean(context: &Context<'_>, css: &Census) -> Option<Problem> {
    let (mean, limit) = (css.mean_complexity()?, context.limit("warn_mean"));
    if mean < limit || (css.selectors.total as f64) < context.limit("min_selectors") {
        return None;
    }
    let site = css.most_complex.as_ref().and_then(|most| context.page.css_site(most.place));
    let headline = format!("the page's selectors have {mean:.1} parts each in the mean");
    let problem = of_all(Severity::Warn, site, headline)
        .identified_by("mean")
        .evidence(Evidence::against("parts in the mean", Quantity::Score(mean), Quantity::Score(limit)))
        .evidence(Evidence::of("selectors", Quantity::Count(css.selectors.total as f64)));
    Some(problem.advice(ADVICE))
}
