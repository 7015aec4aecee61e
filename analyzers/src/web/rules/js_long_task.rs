use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Evidence;
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::trace::{LongTask, Trace};
use crate::web::{Context, Need, Problem};

use super::shared::{Measured, WHOLE_PAGE, ms, runs, time};

/// A function that ran for less than this part of a task is not what made it long.
const TELLING_SHARE: f64 = 0.1;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/js-long-task"),
    summary: "one task is so long that the page cannot answer meanwhile",
    docs: include_str!("js_long_task.md"),
    thresholds: &[
        Threshold {
            name: "warn_ms",
            default: 50.0,
            unit: "ms",
            reason: "a click that has to wait longer is not answered within a tenth of a second",
        },
        Threshold { name: "error_ms", default: 200.0, unit: "ms", reason: "a click in it is answered late for everybody" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

/// The long tasks of a run that the same function made long; none where it was the browser's own work.
#[derive(Debug, Clone, Copy, Default)]
struct Tasks {
    count: u64,
    longest_us: u64,
    own_us: u64,
    total_us: u64,
}

fn check(context: &Context<'_>) -> Vec<Problem> {
    let runs: Vec<_> = runs(context).iter().map(by_function).collect();
    let sites: BTreeSet<&Option<Site>> = runs.iter().flat_map(BTreeMap::keys).collect();
    let of_site = |site| runs.iter().map(|run| run.get(site).copied().unwrap_or_default()).collect::<Vec<_>>();
    sites.into_iter().filter_map(|site| check_site(context, site.as_ref(), &of_site(site))).collect()
}

fn check_site(context: &Context<'_>, site: Option<&Site>, runs: &[Tasks]) -> Option<Problem> {
    let number = |of: fn(&Tasks) -> f64| Measured::of(runs.iter().map(of).collect());
    let longest = number(|tasks| ms(tasks.longest_us))?;
    let (severity, limit) = context.judge(longest.middle, "warn_ms", "error_ms")?;
    let problem = match site {
        Some(site) => {
            let own = number(|tasks| ms(tasks.own_us))?.middle;
            let headline = format!("a task of {}, {} of it in this function", Ms(longest.middle), Ms(own));
            Problem::at(severity, site.clone(), headline).evidence(Evidence::of("in the function itself", time(own)))
        }
        None => Problem::of(severity, WHOLE_PAGE, format!("a task took {}, in no function of the page", Ms(longest.middle))),
    };
    let advice = if site.is_some() {
        "do less here, or in pieces: a few milliseconds, then scheduler.yield() or setTimeout, then on; pure computing \
         can go to a worker"
    } else {
        "this is parsing, style, layout or collecting garbage: look at web/dom-size, web/css-large-recalc and \
         web/layout-forced"
    };
    Some(
        problem
            .at_stake(Ms(number(|tasks| ms(tasks.total_us))?.middle))
            .with(longest.evidence("the longest such task", time, Some(limit)))
            .evidence(Evidence::of("such tasks", Quantity::Count(number(|tasks| tasks.count as f64)?.middle)))
            .advice(advice),
    )
}

fn by_function(run: &Trace) -> BTreeMap<Option<Site>, Tasks> {
    let mut tasks: BTreeMap<Option<Site>, Tasks> = BTreeMap::new();
    for task in &run.long_tasks {
        let (site, own_us) = heaviest(task);
        let of_site = tasks.entry(site).or_default();
        of_site.count += 1;
        of_site.longest_us = of_site.longest_us.max(task.duration_us);
        of_site.own_us += own_us;
        of_site.total_us += task.duration_us;
    }
    tasks
}

/// The function of the page that took most of a task, and how much by itself.
fn heaviest(task: &LongTask) -> (Option<Site>, u64) {
    let least = TELLING_SHARE * task.duration_us as f64;
    let mut telling = task.functions.iter().filter(|cost| cost.self_us as f64 >= least);
    let found = telling.find_map(|cost| Some((cost.function.site()?, cost.self_us)));
    found.map_or((None, 0), |(site, us)| (Some(site), us))
}
