use crate::finding::Evidence;
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, WHOLE_PAGE, ms, runs, time};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/js-tbt"),
    summary: "long tasks keep the page from answering after it has shown something",
    docs: include_str!("js_tbt.md"),
    thresholds: &[
        Threshold {
            name: "warn_ms",
            default: 200.0,
            unit: "ms",
            reason: "up to here pages on a phone are called fast by the usual measure",
        },
        Threshold { name: "error_ms", default: 600.0, unit: "ms", reason: "from here on they are called slow" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    find(context).into_iter().collect()
}

fn find(context: &Context<'_>) -> Option<Problem> {
    let runs = runs(context);
    let blocked = Measured::over(runs, |run| run.blocking_us(None).map(ms))?;
    let (severity, limit) = context.judge(blocked.middle, "warn_ms", "error_ms")?;
    let tasks = Measured::over(runs, |run| Some(run.long_tasks.len() as f64))?;
    let headline = format!("long tasks kept the page from answering for {}", Ms(blocked.middle));
    let problem = Problem::of(severity, WHOLE_PAGE, headline)
        .at_stake(Ms(blocked.middle))
        .with(blocked.evidence("blocked after the first paint, above 50 ms a task", time, Some(limit)))
        .evidence(Evidence::of("tasks of more than 50 ms", Quantity::Count(tasks.middle)));
    Some(match heaviest(context) {
        Some((site, own)) => problem.advice(format!(
            "begin with {site}, which ran {own} in these tasks: do less there, do it later, or in pieces with \
             scheduler.yield() or setTimeout between them",
        )),
        None => problem.advice("do less work in one task: split it, do it later, or move it into a worker"),
    })
}

/// The function that took most of the long tasks, and how much of its own, in the run that stands for the page.
fn heaviest(context: &Context<'_>) -> Option<(String, Ms)> {
    let mut own: Vec<(String, u64)> = Vec::new();
    for cost in context.page.trace()?.long_tasks.iter().flat_map(|task| &task.functions) {
        let Some(site) = cost.function.site().map(|site| site.to_string()) else { continue };
        match own.iter_mut().find(|(known, _)| *known == site) {
            Some((_, us)) => *us += cost.self_us,
            None => own.push((site, cost.self_us)),
        }
    }
    let (site, us) = own.into_iter().rev().max_by_key(|(_, us)| *us)?;
    Some((site, Ms(ms(us))))
}
