use std::collections::BTreeMap;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::SelectorSite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-duplicate-definition"),
    summary: "the same selector is written at several places",
    docs: include_str!("selector_duplicate_definition.md"),
    thresholds: &[
        Threshold {
            name: "min_text",
            default: 40.0,
            unit: "characters",
            reason: "shorter combiners are alike by chance",
        },
        Threshold {
            name: "warn_sites",
            default: 3.0,
            unit: "places",
            reason: "two copies may be meant; three are a habit",
        },
    ],
    check: Check::Page(&[Need::Census], check),
};

/// How much of a text a capture holds: longer ones may differ behind that.
const KEPT: usize = 400;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut texts: BTreeMap<&str, Vec<&SelectorSite>> = BTreeMap::new();
    for site in &context.page.selector_sites {
        let length = site.combiner.chars().count();
        if length < KEPT && length as f64 >= context.limit("min_text") {
            texts.entry(&site.combiner).or_default().push(site);
        }
    }
    texts.into_iter().filter_map(|(text, sites)| check_text(context, text, sites)).collect()
}

fn check_text(context: &Context<'_>, text: &str, mut sites: Vec<&SelectorSite>) -> Option<Problem> {
    let (count, limit) = (sites.len() as f64, context.limit("warn_sites"));
    if count < limit {
        return None;
    }
    sites.sort_by(|left, right| left.site.cmp(&right.site));
    let others: Vec<String> = sites.iter().skip(1).map(|site| site.site.to_string()).collect();
    let headline = format!("the same combiner stands at {} places", grouped(count));
    let problem = Problem::at(Severity::Warn, sites.first()?.site.clone(), headline).identified_by(text);
    Some(
        problem
            .evidence(Evidence::against("places", Quantity::Count(count), Quantity::Count(limit)))
            .advice("define the selector once and import it: copies each keep a result of their own, and each computes it")
            .advice(format!("the others are at {}", others.join(", "))),
    )
}
