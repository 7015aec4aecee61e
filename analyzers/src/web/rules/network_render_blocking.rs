use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::WebRequest;
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/network-render-blocking"),
    summary: "nothing is shown before many bytes have come",
    docs: include_str!("network_render_blocking.md"),
    thresholds: &[Threshold {
        name: "warn_bytes",
        default: 50_000.0,
        unit: "bytes",
        reason: "unpacked: packed they are about ten packets, what a new connection sends in one go",
    }],
    check: Check::Page(&[Need::Requests], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let requests = &context.page.capture.counts.rows()?.requests;
    let blocking: Vec<&WebRequest> = requests.iter().filter(|request| request.blocks_rendering).collect();
    let bytes = blocking.iter().map(|request| request.content_bytes).sum::<u64>() as f64;
    let limit = context.limit("warn_bytes");
    let heaviest = blocking.iter().max_by_key(|request| request.content_bytes).filter(|_| bytes >= limit)?;
    let headline = format!("nothing is shown before {} have come", Quantity::Bytes(bytes));
    let problem = Problem::of(Severity::Warn, WHOLE_PAGE, headline)
        .evidence(Evidence::against("bytes that block rendering", Quantity::Bytes(bytes), Quantity::Bytes(limit)))
        .evidence(Evidence::of("requests that block rendering", Quantity::Count(blocking.len() as f64)));
    Some(problem.advice(format!(
        "begin with {}: give scripts defer or type=module, and split style sheets by what the first view needs",
        heaviest.url
    )))
}
