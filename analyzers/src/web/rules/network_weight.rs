use crate::finding::Evidence;
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::WebRequest;
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/network-weight"),
    summary: "a page loads many bytes",
    docs: include_str!("network_weight.md"),
    thresholds: &[
        Threshold { name: "warn_script_bytes", default: 500_000.0, unit: "bytes", reason: "unpacked: a phone parses and runs about a megabyte a second" },
        Threshold { name: "warn_style_bytes", default: 400_000.0, unit: "bytes", reason: "unpacked: nothing is shown before all of it has been read" },
        Threshold { name: "warn_page_bytes", default: 2_000_000.0, unit: "bytes", reason: "unpacked: ten seconds at 1.6 Mbit/s" },
    ],
    check: Check::Page(&[Need::Requests], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let kinds = [
        ("scripts", Some("Script"), "warn_script_bytes"),
        ("style sheets", Some("Stylesheet"), "warn_style_bytes"),
        ("the page", None, "warn_page_bytes"),
    ];
    kinds.into_iter().filter_map(|kind| check_kind(context, kind)).collect()
}

fn check_kind(context: &Context<'_>, (what, kind, limit): (&str, Option<&str>, &str)) -> Option<Problem> {
    let requests = &context.page.capture.counts.rows()?.requests;
    let of_kind: Vec<&WebRequest> =
        requests.iter().filter(|request| kind.is_none_or(|kind| request.kind == kind)).collect();
    let bytes = of_kind.iter().map(|request| request.content_bytes).sum::<u64>() as f64;
    let (severity, limit) = context.judge(bytes, limit, limit)?;
    let severity = severity.min(crate::Severity::Warn);
    let heaviest = of_kind.iter().max_by_key(|request| request.content_bytes)?;
    let headline = format!("{what}: {} unpacked, in {}", Quantity::Bytes(bytes), plural(of_kind.len()));
    let problem = Problem::of(severity, WHOLE_PAGE, headline)
        .identified_by(what)
        .evidence(Evidence::against("bytes unpacked", Quantity::Bytes(bytes), Quantity::Bytes(limit)))
        .evidence(Evidence::of("of the heaviest one", Quantity::Bytes(heaviest.content_bytes as f64)));
    Some(problem.advice(format!("begin with {}: load what the first view needs, and the rest later", heaviest.url)))
}

fn plural(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}
