use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-duplicate-id"),
    summary: "several elements have the same id",
    docs: include_str!("dom_duplicate_id.md"),
    thresholds: &[
        Threshold { name: "warn_ids", default: 1.0, unit: "ids", reason: "an id is meant to be that of one element" },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let ids = context.page.capture.counts.rows()?.document.duplicate_ids as f64;
    let limit = context.limit("warn_ids");
    let what = if ids > 1.0 { "ids that several elements have" } else { "id that several elements have" };
    (ids >= limit && ids > 0.0).then(|| {
        Problem::of(Severity::Warn, WHOLE_PAGE, format!("{} {what}", grouped(ids)))
            .evidence(Evidence::against("ids that repeat", Quantity::Count(ids), Quantity::Count(limit)))
            .advice("give such elements a class, or ids made of a key that is theirs alone (useId in React)")
    })
}
