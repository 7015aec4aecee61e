use std::collections::BTreeMap;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::trace::LargeRecalc;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-large-recalc"),
    summary: "recalculating the styles of very many elements held the page up",
    docs: include_str!("css_large_recalc.md"),
    thresholds: &[
        Threshold {
            name: "warn_elements",
            default: 300.0,
            unit: "elements",
            reason: "where Chromium's own tools begin to warn; a lower value changes nothing",
        },
        Threshold {
            name: "warn_ms",
            default: 40.0,
            unit: "ms",
            reason: "where Chromium's own tools begin to warn, more than two frames; a lower value changes nothing",
        },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let (elements, ms) = (context.limit("warn_elements"), context.limit("warn_ms"));
    let recalcs = context.page.trace().into_iter().flat_map(|trace| &trace.layouts.large_recalcs);
    let mut sites: BTreeMap<Option<&Site>, Vec<&LargeRecalc>> = BTreeMap::new();
    for recalc in recalcs.filter(|recalc| recalc.elements as f64 >= elements && took(recalc).0 >= ms) {
        sites.entry(recalc.forced_by.as_ref()).or_default().push(recalc);
    }
    sites.into_iter().filter_map(|(site, recalcs)| check_site((elements, ms), site, &recalcs)).collect()
}

fn took(recalc: &LargeRecalc) -> Ms {
    Ms(recalc.duration_us as f64 / 1000.0)
}

fn check_site(limits: (f64, f64), site: Option<&Site>, recalcs: &[&LargeRecalc]) -> Option<Problem> {
    let longest = recalcs.iter().max_by_key(|recalc| recalc.duration_us)?;
    let (elements, ms) = (longest.elements as f64, took(longest));
    let headline = format!("new styles for {} elements held the page up for {ms}", grouped(elements));
    let problem = match site {
        Some(site) => Problem::at(Severity::Warn, site.clone(), headline),
        None => Problem::of(Severity::Warn, "recalculation of styles", headline),
    };
    let problem = problem
        .at_stake(recalcs.iter().map(|recalc| took(recalc)).sum())
        .evidence(Evidence::against("the longest one", Quantity::Time(ms), Quantity::Time(Ms(limits.1))))
        .evidence(Evidence::against("elements in it", Quantity::Count(elements), Quantity::Count(limits.0)))
        .evidence(Evidence::of("such recalculations", Quantity::Count(recalcs.len() as f64)));
    Some(problem.advice(
        "change a class as far down in the document as its effect reaches; keep what is not seen out of the document or \
         under content-visibility: auto; render fewer elements at a time",
    ))
}
