use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, runs, vital};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/vitals-cls"),
    summary: "what is shown moves while somebody reads it",
    docs: include_str!("vitals_cls.md"),
    thresholds: &[
        Threshold { name: "warn_score", default: 0.1, unit: "score", reason: "what moves less counts as good by the usual measure of the web" },
        Threshold { name: "error_score", default: 0.25, unit: "score", reason: "what moves more counts as poor by it" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let moved = Measured::over(runs(context), |run| run.marks.layout_shift)?;
    let problem = vital(context, moved, ("cumulative layout shift", "what is shown moved by", Quantity::Score), ("warn_score", "error_score"))?;
    Some(problem.advice(
        "keep the place of what comes later: width and height of images, a min-height for banners and advertisements, \
         fonts of the same metrics (size-adjust)",
    ))
}
