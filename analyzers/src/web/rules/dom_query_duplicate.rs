use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::QuerySite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-query-duplicate"),
    summary: "one place asks the same question of the DOM again and again",
    docs: include_str!("dom_query_duplicate.md"),
    thresholds: &[
        Threshold {
            name: "warn_repeated",
            default: 50.0,
            unit: "queries",
            reason: "a reference that is kept would have saved them all",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let queries = context.page.capture.counts.rows().map_or(&[][..], |counts| &counts.queries);
    queries.iter().filter_map(|query| check_site(context, query)).collect()
}

fn check_site(context: &Context<'_>, query: &QuerySite) -> Option<Problem> {
    let (repeated, limit) = (query.repeated as f64, context.limit("warn_repeated"));
    (repeated >= limit).then(|| {
        let calls = query.calls.total() as f64;
        let headline = format!("{} of {} calls of {} asked again", grouped(repeated), grouped(calls), query.method);
        Problem::at(Severity::Warn, query.site.clone(), headline)
            .identified_by(&query.method)
            .evidence(Evidence::against("asked before, of the same root", Quantity::Count(repeated), Quantity::Count(limit)))
            .evidence(Evidence::of("different texts", Quantity::Count(query.texts as f64)))
            .advice(format!("ask once and keep the element; one of the texts was `{}`", query.example))
    })
}
