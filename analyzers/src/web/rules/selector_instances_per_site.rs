use crate::finding::Evidence;
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::SelectorSite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-instances-per-site"),
    summary: "one place in the code has made many selectors that are alive",
    docs: include_str!("selector_instances_per_site.md"),
    thresholds: &[
        Threshold {
            name: "warn_instances",
            default: 100.0,
            unit: "selectors",
            reason: "a selector of a module lives once; one for each row of a list is rarely meant",
        },
        Threshold {
            name: "error_instances",
            default: 1_000.0,
            unit: "selectors",
            reason: "each keeps about twenty functions and its last result alive: 20,000 functions",
        },
    ],
    check: Check::Page(&[Need::Census], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.selector_sites.iter().filter_map(|site| check_site(context, site)).collect()
}

fn check_site(context: &Context<'_>, site: &SelectorSite) -> Option<Problem> {
    let (severity, limit) = context.judge(site.instances as f64, "warn_instances", "error_instances")?;
    let count = grouped(site.instances as f64);
    let problem = Problem::at(severity, site.site.clone(), format!("{count} selectors made here are alive"))
        .identified_by(&site.combiner)
        .evidence(Evidence::against(
            "live selectors",
            Quantity::Count(site.instances as f64),
            Quantity::Count(limit),
        ))
        .evidence(Evidence::of("runs of their combiners", Quantity::Count(site.recomputations as f64)))
        .evidence(Evidence::of("that ran at most once", Quantity::Count(site.single_use as f64)));
    Some(problem.advice(
        "make the selector once, outside of what runs for each row; where each component needs one of its own, make it \
         with useMemo, or give one selector the key as an argument and a bounded cache",
    ))
}
