use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::SelectorSite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-cache-growth"),
    summary: "the caches of selectors keep many results",
    docs: include_str!("selector_cache_growth.md"),
    thresholds: &[Threshold {
        name: "warn_entries",
        default: 1_000.0,
        unit: "results",
        reason: "more than a page shows at once: what is kept beyond that is hardly asked for again",
    }],
    check: Check::Page(&[Need::Caches], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.selector_sites.iter().filter_map(|site| check_site(context, site)).collect()
}

fn check_site(context: &Context<'_>, site: &SelectorSite) -> Option<Problem> {
    let entries = site.cache_entries?;
    let limit = context.limit("warn_entries");
    let count = entries.count() as f64;
    if count < limit {
        return None;
    }
    let headline = match site.instances {
        1 => format!("the cache of the selector made here keeps {entries} results"),
        _ => format!("the caches of the selectors made here keep {entries} results"),
    };
    let problem = Problem::at(Severity::Warn, site.site.clone(), headline)
        .identified_by(&site.combiner)
        .evidence(Evidence::against("results in caches", Quantity::Count(count), Quantity::Count(limit)))
        .evidence(Evidence::of("live selectors", Quantity::Count(site.instances as f64)))
        .evidence(Evidence::of("runs of their combiners", Quantity::Count(site.recomputations as f64)));
    Some(problem.advice(
        "bound the cache: lruMemoize with maxSize, or maxSize of weakMapMemoize where reselect has it; ask with objects \
         instead of numbers and texts, whose results go when the object does",
    ))
}
