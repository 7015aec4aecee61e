use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::MemoryPoint;
use crate::web::page::{Growth, growth};
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/css-sheet-growth"),
    summary: "each repeat of the steps adds style sheets or rules that stay",
    docs: include_str!("css_sheet_growth.md"),
    thresholds: &[
        Threshold {
            name: "error_sheets",
            default: 1.0,
            unit: "sheets",
            reason: "a repeat; what the steps need is there after the first, and more never ends",
        },
        Threshold {
            name: "error_rules",
            default: 1.0,
            unit: "rules",
            reason: "a repeat; what the steps need is there after the first, and more never ends",
        },
    ],
    check: Check::Page(&[Need::Repeats], check),
};

/// Something that grows.
struct Measure {
    threshold: &'static str,
    unit: &'static str,
    what: &'static str,
    of: fn(&MemoryPoint) -> Option<u64>,
}

const MEASURES: [Measure; 2] = [
    Measure { threshold: "error_sheets", unit: "style sheets of the page", what: "sheets a repeat", of: |point| point.sheets },
    Measure { threshold: "error_rules", unit: "rules of the page's style sheets", what: "rules a repeat", of: |point| point.css_rules },
];

fn check(context: &Context<'_>) -> Vec<Problem> {
    MEASURES.iter().filter_map(|measure| check_measure(context, measure)).collect()
}

fn check_measure(context: &Context<'_>, measure: &Measure) -> Option<Problem> {
    let census = context.page.capture.census.rows()?;
    let series: Vec<u64> = census.memory.iter().map(measure.of).collect::<Option<_>>()?;
    let growth = growth(&series)?;
    let limit = context.limit(measure.threshold);
    if growth.per_repeat() < limit {
        return None;
    }
    let severity = match growth {
        Growth::Steady(_) => Severity::Error,
        Growth::Irregular(_) => Severity::Warn,
    };
    let step = Quantity::Count(growth.per_repeat());
    let (first, last) = (*series.first()? as f64, *series.last()? as f64);
    let headline = format!("each repeat of the steps adds {step} to the {}", measure.unit);
    let problem = Problem::of(severity, "style sheets", headline)
        .identified_by(measure.unit)
        .evidence(Evidence::against(measure.what, step, Quantity::Count(limit)))
        .evidence(Evidence::of("after loading", Quantity::Count(first)))
        .evidence(Evidence::of("after the last repeat", Quantity::Count(last)));
    Some(problem.advice(
        "keep the sheet and use it again: one for each component, not one for each rendering or value; give values that \
         change to a custom property (--name) in the element's style",
    ))
}
