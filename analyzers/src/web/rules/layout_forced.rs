use std::collections::BTreeSet;

use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::trace::{ForcedSite, Trace};
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, ms, runs, time, worse};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/layout-forced"),
    summary: "a script makes the browser lay out the page in the middle of its work, again and again",
    docs: include_str!("layout_forced.md"),
    thresholds: &[
        Threshold {
            name: "warn_in_a_task",
            default: 10.0,
            unit: "times",
            reason: "once or twice to measure something is normal; ten times in one task is a loop",
        },
        Threshold {
            name: "error_in_a_task",
            default: 100.0,
            unit: "times",
            reason: "the loop runs over all rows of something, and grows with it",
        },
        Threshold { name: "warn_ms", default: 30.0, unit: "ms", reason: "two frames are lost to waiting" },
        Threshold { name: "error_ms", default: 100.0, unit: "ms", reason: "people notice a wait of a tenth of a second" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let runs = runs(context);
    let sites: BTreeSet<&Site> = runs.iter().flat_map(|run| &run.layouts.forced).map(|forced| &forced.site).collect();
    sites.into_iter().filter_map(|site| check_site(context, runs, site)).collect()
}

fn check_site(context: &Context<'_>, runs: &[Trace], site: &Site) -> Option<Problem> {
    // A run that does not have the site did not wait there.
    let number = |of: fn(&ForcedSite) -> f64| Measured::over(runs, |run| Some(forced_at(run, site).map_or(0.0, of)));
    let (often, waited) = (number(|forced| forced.most_in_a_task as f64)?, number(|forced| ms(forced.us))?);
    let by_count = context.judge(often.middle, "warn_in_a_task", "error_in_a_task");
    let by_time = context.judge(waited.middle, "warn_ms", "error_ms");
    let severity = worse(by_count, by_time)?;
    let count = number(|forced| forced.count as f64)?.middle;
    let headline = format!("layout was forced {} times here, {}", grouped(count), Ms(waited.middle));
    let problem = Problem::at(severity, site.clone(), headline)
        .at_stake(Ms(waited.middle))
        .with(often.evidence("forced layouts in one task", Quantity::Count, by_count.map(|(_, limit)| limit)))
        .with(waited.evidence("waited in all", time, by_time.map(|(_, limit)| limit)))
        .advice(
            "read first, then write: keep what is asked here (offsetHeight, getBoundingClientRect, getComputedStyle, \
             …) before the loop changes the page",
        );
    let callers = runs.iter().filter_map(|run| forced_at(run, site)).map(|forced| callers(&forced.stack));
    let callers = callers.into_iter().find(|callers| !callers.is_empty());
    Some(match callers {
        Some(callers) => problem.advice(format!("it is called by {callers}: what writes may stand there")),
        None => problem,
    })
}

fn forced_at<'a>(run: &'a Trace, site: &Site) -> Option<&'a ForcedSite> {
    run.layouts.forced.iter().find(|forced| forced.site == *site)
}

/// The nearest callers, from the inside out.
fn callers(stack: &[Site]) -> String {
    let callers: Vec<String> = stack.iter().skip(1).take(3).map(Site::to_string).collect();
    callers.join(", by ")
}
