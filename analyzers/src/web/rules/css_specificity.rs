use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::css::{Census, Place, Selector, Specificity};
use crate::web::{Context, Need, Problem};

use super::sheets::{of_all, short};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-specificity"),
    summary: "selectors are so specific that only more specific ones can change what they say",
    docs: include_str!("css_specificity.md"),
    thresholds: &[
        Threshold {
            name: "warn_ids",
            default: 2.0,
            unit: "ids",
            reason: "one id already finds the element; a second one is there to win over other rules",
        },
        Threshold {
            name: "warn_classes",
            default: 6.0,
            unit: "classes",
            reason: "classes, attributes and states; components need two or three to tell their elements and states",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

/// What is counted of a selector.
struct Measure {
    threshold: &'static str,
    unit: &'static str,
    what: &'static str,
    of: fn(&Specificity) -> u32,
}

const MEASURES: [Measure; 2] = [
    Measure { threshold: "warn_ids", unit: "ids", what: "ids in the selector", of: |found| found.ids },
    Measure {
        threshold: "warn_classes",
        unit: "classes, attributes or states",
        what: "classes, attributes and states in the selector",
        of: |found| found.classes,
    },
];

fn check(context: &Context<'_>) -> Vec<Problem> {
    let Some(css) = &context.page.css else { return Vec::new() };
    MEASURES.iter().filter_map(|measure| check_measure(context, css, measure)).collect()
}

fn check_measure(context: &Context<'_>, css: &Census, measure: &Measure) -> Option<Problem> {
    let limit = context.limit(measure.threshold);
    let value = |specificity: &Specificity| f64::from((measure.of)(specificity));
    let many = css.specificities.iter().filter(|(found, _)| value(found) >= limit);
    let (mut most, mut pile) = (None, 0);
    for (found, count) in many {
        most = most.max(Some((measure.of)(found)));
        pile += count;
    }
    let (most, (place, selector)) = (most?, first(css, measure, most?)?);
    let text = context.page.sheets().get(place.sheet).map(|sheet| short(selector.span.of(&sheet.text)));
    let text = text.unwrap_or_default();
    let headline = format!("{} selectors have {} {} or more, as {text}", grouped(pile as f64), limit, measure.unit);
    let headline = if pile == 1 { format!("a selector has {most} {}: {text}", measure.unit) } else { headline };
    let problem = of_all(Severity::Warn, context.page.css_site(place), headline)
        .identified_by(measure.unit)
        .evidence(Evidence::against(measure.what, Quantity::Count(f64::from(most)), Quantity::Count(limit)))
        .evidence(Evidence::of("selectors of the page as specific", Quantity::Count(pile as f64)));
    Some(problem.advice(
        "put the rule into a cascade layer (@layer) instead of adding to its selector, or wrap what only narrows it in \
         :where(), which counts nothing",
    ))
}

/// The first of those that have this many.
fn first<'a>(css: &'a Census, measure: &Measure, most: u32) -> Option<(Place, &'a Selector)> {
    let sheets = css.sheets.iter().enumerate();
    let mut all = sheets.flat_map(|(sheet, entry)| entry.sheet.selectors.iter().map(move |found| (sheet, found)));
    let (sheet, selector) = all.find(|(_, found)| (measure.of)(&found.specificity) == most)?;
    Some((Place { sheet, at: selector.at }, selector))
}
