use std::collections::BTreeMap;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::StyleSheet;
use crate::web::css::{Entry, Place, unused};
use crate::web::{Context, Need, Problem};

use super::sheets::short;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-unused"),
    summary: "most of a style sheet matches nothing on the page",
    docs: include_str!("css_unused.md"),
    thresholds: &[
        Threshold {
            name: "min_bytes",
            default: 10_240.0,
            unit: "bytes",
            reason: "unused ones in a sheet; less is sent in one packet or two",
        },
        Threshold {
            name: "warn_share",
            default: 0.5,
            unit: "share",
            reason: "of a sheet; states and small screens make up for a part that a visit does not use",
        },
    ],
    check: Check::Page(&[Need::CssUse], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let used = used(context);
    let entries = context.page.css.iter().flat_map(|css| &css.sheets);
    let sheets = context.page.sheets().into_iter().zip(entries).enumerate();
    sheets
        .filter_map(|(index, sheet)| check_sheet(context, (index, sheet), used.get(sheet.0.text.as_str())?.as_ref()?))
        .collect()
}

/// Used parts by text, over all sheets that have it; none where it was not measured for one of them.
fn used<'a>(context: &Context<'a>) -> BTreeMap<&'a str, Option<Vec<(u32, u32)>>> {
    let mut used: BTreeMap<&str, Option<Vec<(u32, u32)>>> = BTreeMap::new();
    for sheet in context.page.capture.counts.rows().into_iter().flat_map(|counts| &counts.sheets) {
        let parts = used.entry(&sheet.text).or_insert_with(|| Some(Vec::new()));
        match (parts.as_mut(), &sheet.used) {
            (Some(parts), Some(more)) => parts.extend(more),
            _ => *parts = None,
        }
    }
    used
}

fn check_sheet(
    context: &Context<'_>,
    (index, (sheet, entry)): (usize, (&StyleSheet, &Entry)),
    used: &[(u32, u32)],
) -> Option<Problem> {
    let unused = unused(&entry.sheet, &sheet.text, used);
    let (share, limit) = (unused.share()?, context.limit("warn_share"));
    let (bytes, least) = (unused.bytes as f64, context.limit("min_bytes"));
    let first = entry.sheet.rule(*unused.rules.first()?).filter(|_| bytes >= least && share >= limit)?;
    let site = context.page.css_site(Place { sheet: index, at: first.at })?;
    let headline = format!(
        "{} of {} of style in {} match nothing",
        Quantity::Bytes(bytes),
        Quantity::Bytes(unused.of as f64),
        short(sheet.url.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default())
    );
    let problem = Problem::at(Severity::Warn, site, headline)
        .evidence(Evidence::against("unused part of the sheet", Quantity::Share(share), Quantity::Share(limit)))
        .evidence(Evidence::against("unused bytes", Quantity::Bytes(bytes), Quantity::Bytes(least)))
        .evidence(Evidence::of("unused rules", Quantity::Count(unused.rules.len() as f64)))
        .evidence(Evidence::of("rules", Quantity::Count(entry.sheet.rules.len() as f64)));
    let copies = if entry.copies > 1 { format!("; {} sheets have this text", grouped(entry.copies as f64)) } else { String::new() };
    Some(problem.advice(format!(
        "load the styles of other pages and states with those; let the build remove rules that no template uses{copies}"
    )))
}
