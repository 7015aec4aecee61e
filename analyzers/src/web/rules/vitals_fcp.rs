use crate::quantity::Ms;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, ms, runs, time, vital};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/vitals-fcp"),
    summary: "the page stays empty for long",
    docs: include_str!("vitals_fcp.md"),
    thresholds: &[
        Threshold { name: "warn_ms", default: 1_800.0, unit: "ms", reason: "what is quicker counts as good by the usual measure of the web" },
        Threshold { name: "error_ms", default: 3_000.0, unit: "ms", reason: "what is slower counts as poor by it" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let value = Measured::over(runs(context), |run| run.marks.first_contentful_paint_us.map(ms))?;
    let problem = vital(context, value, ("first contentful paint", "nothing was painted for", time), ("warn_ms", "error_ms"))?;
    Some(problem.at_stake(Ms(value.middle - context.limit("warn_ms"))).advice(
        "show something before scripts have loaded: load them with defer, put the few styles of the first view into the \
         page, and look at web/network-render-blocking and web/vitals-ttfb",
    ))
}
