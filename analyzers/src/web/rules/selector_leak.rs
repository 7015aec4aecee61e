use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::{Growth, SelectorSite};
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-leak"),
    summary: "selectors grow in number with each repeat of the steps",
    docs: include_str!("selector_leak.md"),
    thresholds: &[
        Threshold {
            name: "error_per_repeat",
            default: 1.0,
            unit: "selectors",
            reason: "what grows by the same number each time never ends",
        },
        Threshold {
            name: "warn_slope",
            default: 0.5,
            unit: "selectors",
            reason: "growth that is not steady may be a cache that is filling; one in two repeats is worth a look",
        },
    ],
    check: Check::Page(&[Need::Repeats], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.selector_sites.iter().filter_map(|site| check_site(context, site)).collect()
}

fn check_site(context: &Context<'_>, site: &SelectorSite) -> Option<Problem> {
    let growth = site.growth()?;
    let each = growth.per_repeat();
    let (severity, limit, how) = match growth {
        Growth::Steady(_) => (Severity::Error, context.limit("error_per_repeat"), "with each repeat of the steps"),
        Growth::Irregular(_) => (Severity::Warn, context.limit("warn_slope"), "with a repeat of the steps, not steadily"),
    };
    if each < limit {
        return None;
    }
    let (first, last) = (site.series.first()?, site.series.last()?);
    let headline = format!("selectors made here grow by {} {how}", Quantity::Count(each));
    let mut problem = Problem::at(severity, site.site.clone(), headline)
        .identified_by(&site.combiner)
        .evidence(Evidence::against("more with each repeat", Quantity::Count(each), Quantity::Count(limit)))
        .evidence(Evidence::of("alive after loading", Quantity::Count(*first as f64)))
        .evidence(Evidence::of("alive at the end", Quantity::Count(*last as f64)))
        .advice("find what keeps them: a cache by key without a bound, a subscription that is never ended; tie it to the life of the component");
    if !site.retainers.is_empty() {
        problem = problem.advice(format!("one of them is kept by {}", site.retainers.join(" > ")));
    }
    Some(problem)
}
