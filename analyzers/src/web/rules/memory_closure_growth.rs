use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::growth;
use crate::web::place::Site;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/memory-closure-growth"),
    summary: "functions made at one place grow with each repeat of the steps",
    docs: include_str!("memory_closure_growth.md"),
    thresholds: &[Threshold {
        name: "warn_per_repeat",
        default: 1.0,
        unit: "functions",
        reason: "a function that comes with each repeat and never goes keeps all alive that it refers to",
    }],
    check: Check::Page(&[Need::Repeats], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let closures = context.page.capture.census.rows().into_iter().flat_map(|census| &census.closures);
    closures.filter_map(|(site, series)| check_site(context, site, series)).collect()
}

fn check_site(context: &Context<'_>, site: &Site, series: &[u64]) -> Option<Problem> {
    let (each, limit) = (growth(series)?.per_repeat(), context.limit("warn_per_repeat"));
    if each < limit {
        return None;
    }
    let count = |number: u64| Quantity::Count(number as f64);
    let headline = format!("functions made here grow by {} with each repeat of the steps", Quantity::Count(each));
    let problem = Problem::at(Severity::Warn, site.clone(), headline)
        .evidence(Evidence::against("more with each repeat", Quantity::Count(each), Quantity::Count(limit)))
        .evidence(Evidence::of("after loading", count(*series.first()?)))
        .evidence(Evidence::of("after the last repeat", count(*series.last()?)));
    Some(problem.advice(
        "look at who keeps them: listeners that are not taken off, subscriptions without their end, caches without a bound",
    ))
}
