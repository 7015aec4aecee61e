use crate::finding::{Evidence};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-instances-total"),
    summary: "many selectors are alive on the page",
    docs: include_str!("selector_instances_total.md"),
    thresholds: &[
        Threshold {
            name: "warn_instances",
            default: 2_000.0,
            unit: "selectors",
            reason: "large applications have some hundreds, each at the top of a module",
        },
        Threshold {
            name: "error_instances",
            default: 10_000.0,
            unit: "selectors",
            reason: "about 200,000 functions that the garbage collector has to visit",
        },
    ],
    check: Check::Page(&[Need::Census], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let sites = &context.page.selector_sites;
    let live: u64 = sites.iter().map(|site| site.instances).sum();
    let judged = context.judge(live as f64, "warn_instances", "error_instances");
    // Sites are in order: the first has the most.
    let (Some((severity, limit)), Some(most)) = (judged, sites.first()) else { return Vec::new() };
    let headline = format!("{} selectors are alive on the page", grouped(live as f64));
    let mut problem = Problem::at(severity, most.site.clone(), headline)
        .evidence(Evidence::against("live selectors", Quantity::Count(live as f64), Quantity::Count(limit)))
        .evidence(Evidence::of("of these made at the place named here", Quantity::Count(most.instances as f64)))
        .evidence(Evidence::of("places that make selectors", Quantity::Count(sites.len() as f64)))
        .advice("start with the place named here, which has most of them: make its selector once, outside of what runs often");
    // Of the page, wherever most of them are made.
    "live selectors".clone_into(&mut problem.identity);
    vec![problem]
}
