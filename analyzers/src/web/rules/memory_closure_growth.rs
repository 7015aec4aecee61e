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
    let growing: Vec<Growing<'_>> = closures.filter_map(|(site, series)| Growing::of(context, site, series)).collect();
    let (own, borrowed): (Vec<_>, Vec<_>) = growing.into_iter().partition(|growing| !is_of_library(growing.site));
    // What libraries make for a function of the page grows along with it, at a dozen places for one leak.
    let told = if own.is_empty() { borrowed.iter().take(1) } else { own.iter().take(usize::MAX) };
    let along = if own.is_empty() { borrowed.len().saturating_sub(1) } else { borrowed.len() };
    told.filter(|growing| !is_selector(context, growing.site)).map(|growing| growing.problem(context, along)).collect()
}

/// A place whose functions become more.
struct Growing<'c> {
    site: &'c Site,
    each: f64,
    series: &'c [u64],
}

fn is_of_library(site: &Site) -> bool {
    site.file().contains("node_modules/")
}

/// Of selectors that grow speaks a rule of theirs.
fn is_selector(context: &Context<'_>, site: &Site) -> bool {
    context.page.selector_sites.iter().any(|selectors| selectors.site == *site && growth(&selectors.series).is_some())
}

impl<'c> Growing<'c> {
    fn of(context: &Context<'_>, site: &'c Site, series: &'c [u64]) -> Option<Self> {
        let each = growth(series)?.per_repeat();
        (each >= context.limit("warn_per_repeat")).then_some(Self { site, each, series })
    }

    fn problem(&self, context: &Context<'_>, along: usize) -> Problem {
        let (each, limit) = (Quantity::Count(self.each), Quantity::Count(context.limit("warn_per_repeat")));
        let count = |number: Option<&u64>| Quantity::Count(number.copied().unwrap_or(0) as f64);
        let headline = format!("functions made here grow by {each} with each repeat of the steps");
        let problem = Problem::at(Severity::Warn, self.site.clone(), headline)
            .evidence(Evidence::against("more with each repeat", each, limit))
            .evidence(Evidence::of("after loading", count(self.series.first())))
            .evidence(Evidence::of("after the last repeat", count(self.series.last())))
            .evidence(Evidence::of("places in libraries that grow along", Quantity::Count(along as f64)));
        problem.advice(
            "look at who keeps them: listeners that are not taken off, subscriptions without their end, caches without \
             a bound",
        )
    }
}
