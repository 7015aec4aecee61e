use std::collections::BTreeMap;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/network-requests"),
    summary: "a page makes many requests",
    docs: include_str!("network_requests.md"),
    thresholds: &[Threshold {
        name: "warn_requests",
        default: 100.0,
        unit: "requests",
        reason: "as many as a server usually answers side by side on one connection of HTTP/2",
    }],
    check: Check::Page(&[Need::Requests], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let requests = &context.page.capture.counts.rows()?.requests;
    let (count, limit) = (requests.len() as f64, context.limit("warn_requests"));
    if count < limit {
        return None;
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for request in requests {
        *kinds.entry(&request.kind).or_default() += 1;
    }
    let (kind, most) = kinds.into_iter().max_by_key(|(_, count)| *count)?;
    let problem = Problem::of(Severity::Warn, WHOLE_PAGE, format!("the page made {} requests", grouped(count)))
        .evidence(Evidence::against("requests", Quantity::Count(count), Quantity::Count(limit)))
        .evidence(Evidence::of("of the commonest kind", Quantity::Count(most as f64)));
    Some(problem.advice(format!("most of them ({most}) are of the kind {kind}: ask for several things at once, and not before they are needed")))
}
