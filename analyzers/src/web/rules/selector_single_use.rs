use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::SelectorSite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-single-use"),
    summary: "selectors are made, run once and never again",
    docs: include_str!("selector_single_use.md"),
    thresholds: &[
        Threshold {
            name: "min_instances",
            default: 50.0,
            unit: "selectors",
            reason: "a few selectors that wait for their use cost nothing",
        },
        Threshold {
            name: "warn_share",
            default: 0.8,
            unit: "share",
            reason: "where a cache helps, most selectors answer from it and run again when something changes",
        },
    ],
    check: Check::Page(&[Need::Census], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.selector_sites.iter().filter_map(|site| check_site(context, site)).collect()
}

fn check_site(context: &Context<'_>, site: &SelectorSite) -> Option<Problem> {
    let (instances, once) = (site.instances as f64, site.single_use as f64);
    let limit = context.limit("warn_share");
    if instances == 0.0 || instances < context.limit("min_instances") || once / instances < limit {
        return None;
    }
    let headline = format!("{} of {} selectors made here ran at most once", grouped(once), grouped(instances));
    let problem = Problem::at(Severity::Warn, site.site.clone(), headline).identified_by(&site.combiner);
    Some(
        problem
            .evidence(Evidence::against("ran at most once", Quantity::Share(once / instances), Quantity::Share(limit)))
            .evidence(Evidence::of("live selectors", Quantity::Count(instances)))
            .advice("a cache that is asked once saves nothing: use a plain function, or one selector that all share"),
    )
}
