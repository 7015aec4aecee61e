use crate::quantity::Ms;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::trace::Trace;
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, ms, runs, time, vital};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/vitals-lcp"),
    summary: "the largest text or image of the page is shown late",
    docs: include_str!("vitals_lcp.md"),
    thresholds: &[
        Threshold { name: "warn_ms", default: 2_500.0, unit: "ms", reason: "what is quicker counts as good by the usual measure of the web" },
        Threshold { name: "error_ms", default: 4_000.0, unit: "ms", reason: "what is slower counts as poor by it" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let painted = |run: &Trace| run.marks.largest_contentful_paint.as_ref().map(|paint| ms(paint.at_us));
    let painted = Measured::over(runs(context), painted)?;
    let problem = vital(context, painted, ("largest contentful paint", "the largest text or image was painted after", time), ("warn_ms", "error_ms"))?;
    let largest = context.page.trace().and_then(|run| run.marks.largest_contentful_paint.as_ref());
    let element = largest.and_then(|paint| paint.node.as_deref()).unwrap_or("the largest element");
    Some(problem.at_stake(Ms(painted.middle - context.limit("warn_ms"))).advice(format!(
        "show {element} earlier: have it in the HTML that the server sends, load its image or font with \
         fetchpriority=high or a preload, and leave out what blocks rendering before it",
    )))
}
