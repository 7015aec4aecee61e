use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::QuerySite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-query-count"),
    summary: "the page looks for elements very often",
    docs: include_str!("dom_query_count.md"),
    thresholds: &[
        Threshold {
            name: "warn_load",
            default: 1_000.0,
            unit: "queries",
            reason: "a page that finds each element once needs fewer",
        },
        Threshold {
            name: "error_load",
            default: 5_000.0,
            unit: "queries",
            reason: "some milliseconds at best, and whoever asks so often rarely keeps an answer",
        },
        Threshold {
            name: "warn_steps",
            default: 100.0,
            unit: "queries",
            reason: "what a user does concerns a few elements; more from one line are a loop",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let queries = context.page.capture.counts.rows().map_or(&[][..], |counts| &counts.queries);
    let sites = queries.iter().filter_map(|site| check_site(context, site));
    check_load(context, queries).into_iter().chain(sites).collect()
}

/// All that is asked while the page loads; said of the place that asks most.
fn check_load(context: &Context<'_>, queries: &[QuerySite]) -> Option<Problem> {
    let total: u64 = queries.iter().map(|site| site.calls.load).sum();
    let (severity, limit) = context.judge(total as f64, "warn_load", "error_load")?;
    let most = queries.iter().max_by_key(|site| site.calls.load)?;
    let headline = format!("{} queries for elements while the page loaded", grouped(total as f64));
    let mut problem = Problem::at(severity, most.site.clone(), headline)
        .evidence(Evidence::against("queries", Quantity::Count(total as f64), Quantity::Count(limit)))
        .evidence(Evidence::of("of these from the place named here", Quantity::Count(most.calls.load as f64)))
        .advice("find elements once and keep them; start with the place named here, which asks most");
    // Of the page, whoever asks most.
    "queries while loading".clone_into(&mut problem.identity);
    Some(problem)
}

fn check_site(context: &Context<'_>, query: &QuerySite) -> Option<Problem> {
    let (calls, limit) = (query.calls.steps as f64, context.limit("warn_steps"));
    (query.calls.steps > 0 && calls >= limit).then(|| {
        let headline = format!("{} was called here {} times during the steps", query.method, grouped(calls));
        Problem::at(Severity::Warn, query.site.clone(), headline)
            .identified_by(&query.method)
            .evidence(Evidence::against("calls during the steps", Quantity::Count(calls), Quantity::Count(limit)))
            .evidence(Evidence::of("different texts", Quantity::Count(query.texts as f64)))
            .advice(format!(
                "keep the answer outside of the loop (one of the texts was `{}`), or listen at a common parent instead \
                 of at each element",
                query.example
            ))
    })
}
