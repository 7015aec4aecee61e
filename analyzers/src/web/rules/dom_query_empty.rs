use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::QuerySite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-query-empty"),
    summary: "one place looks for what is not there",
    docs: include_str!("dom_query_empty.md"),
    thresholds: &[
        Threshold {
            name: "min_calls",
            default: 100.0,
            unit: "queries",
            reason: "a question in vain now and then is how optional parts are found",
        },
        Threshold {
            name: "warn_share",
            default: 0.3,
            unit: "share",
            reason: "code that asks so often in vain is mostly for another page",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let queries = context.page.capture.counts.rows().map_or(&[][..], |counts| &counts.queries);
    queries.iter().filter_map(|query| check_site(context, query)).collect()
}

fn check_site(context: &Context<'_>, query: &QuerySite) -> Option<Problem> {
    let (calls, empty) = (query.calls.total() as f64, query.empty as f64);
    let limit = context.limit("warn_share");
    if calls == 0.0 || calls < context.limit("min_calls") || empty / calls < limit {
        return None;
    }
    let headline = format!("{} of {} calls of {} found nothing", grouped(empty), grouped(calls), query.method);
    Some(
        Problem::at(Severity::Warn, query.site.clone(), headline)
            .identified_by(&query.method)
            .evidence(Evidence::against("found nothing", Quantity::Share(empty / calls), Quantity::Share(limit)))
            .evidence(Evidence::of("calls", Quantity::Count(calls)))
            .advice(format!(
                "leave the code out where its elements are not on the page, or ask once; one of the texts was `{}`",
                query.example
            )),
    )
}
