use crate::finding::Evidence;
use crate::quantity::Ms;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::trace::Interaction;
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, ms, runs, time, vital};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/vitals-inp"),
    summary: "the page answers clicks and keys late",
    docs: include_str!("vitals_inp.md"),
    thresholds: &[
        Threshold { name: "warn_ms", default: 200.0, unit: "ms", reason: "what is quicker counts as good by the usual measure of the web" },
        Threshold { name: "error_ms", default: 500.0, unit: "ms", reason: "what is slower counts as poor by it" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let runs = runs(context);
    let part = |of: fn(&Interaction) -> u64| Measured::over(runs, |run| run.next_paint().map(of).map(ms));
    let answered = part(Interaction::duration_us)?;
    let problem = vital(context, answered, ("interaction to next paint", "an interaction was answered after", time), ("warn_ms", "error_ms"))?;
    let parts = [
        ("waited for another task before", part(|slow| slow.input_delay_us)?.middle),
        ("in handlers of the event", part(|slow| slow.processing_us)?.middle),
        ("until the next frame", part(|slow| slow.presentation_us)?.middle),
    ];
    let advice = match parts.iter().max_by(|left, right| left.1.total_cmp(&right.1)) {
        Some(("waited for another task before", _)) => "something else ran when the user acted: see web/js-long-task",
        Some(("until the next frame", _)) => {
            "style and layout after the event take long: change less of the page, see web/dom-size and web/css-large-recalc"
        }
        _ => "show an answer first (a class, a spinner), then do the work in a task of its own",
    };
    let problem = problem.at_stake(Ms(answered.middle - context.limit("warn_ms"))).advice(advice);
    Some(problem.with(parts.map(|(what, part)| Evidence::of(what, time(part))).to_vec()))
}
