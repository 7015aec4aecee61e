use crate::quantity::Ms;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, ms, runs, time, vital};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/vitals-ttfb"),
    summary: "the server takes long to answer",
    docs: include_str!("vitals_ttfb.md"),
    thresholds: &[
        Threshold { name: "warn_ms", default: 800.0, unit: "ms", reason: "what is quicker counts as good by the usual measure of the web" },
        Threshold { name: "error_ms", default: 1_800.0, unit: "ms", reason: "what is slower counts as poor by it" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let value = Measured::over(runs(context), |run| run.marks.first_byte_us.map(ms))?;
    let problem = vital(context, value, ("time to first byte", "the first byte of the page came after", time), ("warn_ms", "error_ms"))?;
    Some(problem.at_stake(Ms(value.middle - context.limit("warn_ms"))).advice(
        "look at what the server does before it answers (its queries: perf-look db), at redirects, and at what could be \
         cached",
    ))
}
