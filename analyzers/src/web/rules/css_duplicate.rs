use std::collections::BTreeMap;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::SheetOrigin;
use crate::web::css::Census;
use crate::web::{Context, Need, Problem};

use super::sheets::{of_all, sheet_site, short};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-duplicate"),
    summary: "selectors or whole style sheets are there several times",
    docs: include_str!("css_duplicate.md"),
    thresholds: &[
        Threshold {
            name: "warn_repeated",
            default: 0.3,
            unit: "share",
            reason: "of the selectors; large public sites repeat 7 % to 35 % of theirs",
        },
        Threshold {
            name: "error_repeated",
            default: 0.5,
            unit: "share",
            reason: "each selector is there twice in the mean: a sheet was bundled two times, or a loop makes it",
        },
        Threshold {
            name: "min_selectors",
            default: 100.0,
            unit: "selectors",
            reason: "in a small sheet a few repeated selectors are a large part, and cost nothing",
        },
        Threshold {
            name: "warn_copies",
            default: 10.0,
            unit: "sheets",
            reason: "one sheet for each widget of a kind; the first would do for all",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let Some(css) = &context.page.css else { return Vec::new() };
    check_repeated(context, css).into_iter().chain(check_copies(context)).collect()
}

fn check_repeated(context: &Context<'_>, css: &Census) -> Option<Problem> {
    let share = 1.0 - css.uniqueness()?;
    let (severity, limit) = context.judge(share, "warn_repeated", "error_repeated")?;
    if (css.selectors.total as f64) < context.limit("min_selectors") {
        return None;
    }
    let most = css.duplicates.most.first();
    let site = most.and_then(|most| context.page.css_site(*most.places.get(1)?));
    let repeated = (css.selectors.total - css.selectors.unique) as f64;
    let headline = format!("{} of the page's selectors are repeated", grouped(repeated));
    let headline = most.map_or(headline.clone(), |most| {
        format!("{headline}, {} {} times", short(&most.selectors), grouped(most.places.len() as f64))
    });
    let problem = of_all(severity, site, headline)
        .identified_by("repeated")
        .evidence(Evidence::against("repeated selectors", Quantity::Share(share), Quantity::Share(limit)))
        .evidence(Evidence::of("selectors", Quantity::Count(css.selectors.total as f64)))
        .evidence(Evidence::of("rules with a list from before", Quantity::Count(css.duplicates.lists as f64)))
        .evidence(Evidence::of("of these with its declarations", Quantity::Count(css.duplicates.wholes as f64)));
    Some(problem.advice("merge the rules that have one selector; look for a mixin, loop or import that writes it again"))
}

fn check_copies(context: &Context<'_>) -> Vec<Problem> {
    let limit = context.limit("warn_copies");
    let copies = copies(context);
    let sheets = context.page.sheets();
    let copies = |text: &str| copies.get(text).copied().unwrap_or(0);
    let many = sheets.iter().enumerate().filter(|(_, sheet)| copies(&sheet.text) as f64 >= limit);
    many.map(|(index, sheet)| {
        let count = copies(&sheet.text) as f64;
        let headline = format!("{} style sheets have the same text: {}", grouped(count), short(&sheet.text));
        let problem = of_all(Severity::Warn, sheet_site(context, index), headline)
            .identified_by(&sheet.text)
            .evidence(Evidence::against("sheets of this text", Quantity::Count(count), Quantity::Count(limit)))
            .evidence(Evidence::of("bytes of each", Quantity::Bytes(sheet.text.len() as f64)));
        problem.advice(
            "let the script add the sheet once for the document, or share one constructed sheet (adoptedStyleSheets) \
             between shadow trees",
        )
    })
    .collect()
}

/// How many sheets have each text. One that a script constructed is one, however many trees adopt it.
fn copies<'a>(context: &Context<'a>) -> BTreeMap<&'a str, u64> {
    let mut copies: BTreeMap<&str, u64> = BTreeMap::new();
    let sheets = context.page.capture.counts.rows().into_iter().flat_map(|counts| &counts.sheets);
    for sheet in sheets.filter(|sheet| !sheet.text.trim().is_empty()) {
        let of = if sheet.origin == SheetOrigin::Constructed { 1 } else { sheet.adopted_by };
        *copies.entry(&sheet.text).or_default() += of;
    }
    copies
}
