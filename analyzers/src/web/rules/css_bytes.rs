use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::css::Census;
use crate::web::{Context, Need, Problem};

use super::sheets::{largest, of_all};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-bytes"),
    summary: "the text of the page's style sheets is very long",
    docs: include_str!("css_bytes.md"),
    thresholds: &[Threshold {
        name: "warn_bytes",
        default: 400_000.0,
        unit: "bytes",
        reason: "unpacked, as the browser must read it before it can show anything; more is rarely one page's own",
    }],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.css.iter().filter_map(|css| check_all(context, css)).collect()
}

fn check_all(context: &Context<'_>, css: &Census) -> Option<Problem> {
    let limit = context.limit("warn_bytes");
    let all = css.bytes() as f64;
    if all < limit {
        return None;
    }
    let (site, in_largest) = largest(context, |entry| entry.sheet.bytes as u64).unzip();
    let headline = format!("the page reads {} of style sheets before it can show anything", Quantity::Bytes(all));
    let problem = of_all(Severity::Warn, site, headline)
        .evidence(Evidence::against("bytes of style sheets", Quantity::Bytes(all), Quantity::Bytes(limit)))
        .evidence(Evidence::of("of these in this sheet", Quantity::Bytes(in_largest.unwrap_or(0) as f64)))
        .evidence(Evidence::of("different sheets", Quantity::Count(css.sheets.len() as f64)));
    Some(problem.advice(
        "send only what the page shows first, and load the rest when it is needed; let the build remove unused rules; move \
         images and fonts out of data: addresses into files",
    ))
}
