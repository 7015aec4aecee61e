use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::{JQuery, Times};
use crate::web::place::Site;
use crate::web::{Context, Need, Problem};

use super::shared::worse;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/jquery-objects"),
    summary: "one place makes many jQuery sets",
    docs: include_str!("jquery_objects.md"),
    thresholds: &[
        Threshold {
            name: "warn_load",
            default: 1_000.0,
            unit: "sets",
            reason: "each is an object with a search behind it; a page needs some dozens",
        },
        Threshold {
            name: "error_load",
            default: 10_000.0,
            unit: "sets",
            reason: "ten times that",
        },
        Threshold {
            name: "warn_steps",
            default: 100.0,
            unit: "sets",
            reason: "what a user does touches a few places",
        },
        Threshold {
            name: "error_steps",
            default: 1_000.0,
            unit: "sets",
            reason: "ten times that",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let jquery = context.page.capture.counts.rows().and_then(|counts| counts.jquery.as_ref());
    let objects = jquery.iter().flat_map(|jquery| jquery.objects.iter().map(move |row| (*jquery, row)));
    objects.filter_map(|(jquery, (site, made))| check_site(context, jquery, site, *made)).collect()
}

fn check_site(context: &Context<'_>, jquery: &JQuery, site: &Site, made: Times) -> Option<Problem> {
    let load = context.judge(made.load as f64, "warn_load", "error_load");
    let steps = context.judge(made.steps as f64, "warn_steps", "error_steps");
    let severity = worse(load, steps)?;
    let finds = jquery.finds.iter().find(|(at, _)| at == site).map_or(0, |(_, finds)| finds.total());
    let count = |number: u64| Quantity::Count(number as f64);
    let row = |what, number, limit: Option<(Severity, f64)>| Evidence {
        what,
        observed: count(number),
        limit: limit.map(|(_, limit)| Quantity::Count(limit)),
    };
    let headline = format!("{} jQuery sets were made here", grouped(made.total() as f64));
    Some(
        Problem::at(severity, site.clone(), headline)
            .evidence(row("while the page loaded", made.load, load))
            .evidence(row("during the steps", made.steps, steps))
            .evidence(Evidence::of("searches by selector", count(finds)))
            .advice("look the elements up once and keep the set; within it, search with find from a small root"),
    )
}
