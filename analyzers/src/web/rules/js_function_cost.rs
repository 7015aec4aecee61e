use std::collections::BTreeMap;

use crate::finding::{Evidence, Severity};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::trace::Profile;
use crate::web::{Context, Need, Problem};

use super::shared::{ms, time};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/js-function-cost"),
    summary: "one function takes much time by itself",
    docs: include_str!("js_function_cost.md"),
    thresholds: &[
        Threshold { name: "warn_ms", default: 50.0, unit: "ms", reason: "in one piece it keeps the page from answering" },
    ],
    check: Check::Page(&[Need::Timing], check),
};

/// What a function took, wherever it was called from.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    own_us: u64,
    total_us: u64,
}

fn check(context: &Context<'_>) -> Vec<Problem> {
    let profile = context.page.trace().and_then(|run| run.profile.as_ref());
    let costs = profile.map(costs).unwrap_or_default();
    costs.into_iter().filter_map(|(site, cost)| check_site(context, site, cost)).collect()
}

fn check_site(context: &Context<'_>, site: Site, cost: Cost) -> Option<Problem> {
    let (own, limit) = (Ms(ms(cost.own_us)), context.limit("warn_ms"));
    (own.0 >= limit).then(|| {
        Problem::at(Severity::Warn, site, format!("this function took {own} by itself"))
            .at_stake(own)
            .evidence(Evidence::against("by itself", Quantity::Time(own), time(limit)))
            .evidence(Evidence::of("with all that it called", time(ms(cost.total_us))))
            .advice(
                "look at what it does for each of many things; work that gives the same result again can be kept, and \
                 what needs no DOM can go to a worker",
            )
    })
}

/// By where functions begin; what has no script is not the page's.
fn costs(profile: &Profile) -> BTreeMap<Site, Cost> {
    let mut costs: BTreeMap<Site, Cost> = BTreeMap::new();
    for (at, node) in profile.nodes.iter().enumerate() {
        let Some(site) = node.function.site() else { continue };
        // In a function that calls itself the outermost call has the time of all.
        let is_inner = profile.stack(at).skip(1).any(|caller| caller.function == node.function);
        let cost = costs.entry(site).or_default();
        cost.own_us += node.self_us;
        cost.total_us += if is_inner { 0 } else { node.total_us };
    }
    costs
}
