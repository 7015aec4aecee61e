use std::collections::BTreeSet;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::trace::TimerSite;
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, WHOLE_PAGE, runs};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/js-timers"),
    summary: "one place sets very many timers without a delay",
    docs: include_str!("js_timers.md"),
    thresholds: &[
        Threshold { name: "warn_zero_timeouts", default: 100.0, unit: "timers", reason: "each is a task of its own; so many from one place are a loop" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let sites: BTreeSet<Option<&Site>> =
        runs(context).iter().flat_map(|run| &run.timers).map(|timers| timers.site.as_ref()).collect();
    sites.into_iter().filter_map(|site| check_site(context, site)).collect()
}

fn check_site(context: &Context<'_>, site: Option<&Site>) -> Option<Problem> {
    let number = |of: fn(&TimerSite) -> u64| {
        Measured::over(runs(context), |run| {
            let timers = run.timers.iter().find(|timers| timers.site.as_ref() == site);
            Some(timers.map_or(0, of) as f64)
        })
    };
    let zero = number(|timers| timers.zero_timeouts)?;
    let limit = context.limit("warn_zero_timeouts");
    if zero.middle < limit {
        return None;
    }
    let count = grouped(zero.middle);
    let problem = match site {
        Some(site) => {
            Problem::at(Severity::Warn, site.clone(), format!("{count} timers without a delay were set here"))
        }
        None => Problem::of(Severity::Warn, WHOLE_PAGE, format!("{count} timers without a delay were set")),
    };
    Some(
        problem
            .with(zero.evidence("timers without a delay", Quantity::Count, Some(limit)))
            .evidence(Evidence::of("timers in all", Quantity::Count(number(|timers| timers.installs)?.middle)))
            .evidence(Evidence::of("of these that recur", Quantity::Count(number(|timers| timers.recurring)?.middle)))
            .evidence(Evidence::of("how often one of them ran", Quantity::Count(number(|timers| timers.fires)?.middle)))
            .advice(
                "set one timer that does all there is to do, in pieces of a few milliseconds; for work before the next \
                 paint use requestAnimationFrame, for what comes right after this code queueMicrotask",
            ),
    )
}
