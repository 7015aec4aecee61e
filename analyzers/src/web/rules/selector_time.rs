use crate::finding::{Evidence};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::SelectorSite;
use crate::web::trace::{Function, Profile};
use crate::web::{Context, Need, Problem};

use super::shared::{ms, time};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-time"),
    summary: "combiners of selectors take long",
    docs: include_str!("selector_time.md"),
    thresholds: &[
        Threshold {
            name: "warn_ms",
            default: 16.0,
            unit: "ms",
            reason: "a frame of a screen that shows sixty a second",
        },
        Threshold {
            name: "error_ms",
            default: 50.0,
            unit: "ms",
            reason: "from here on a task counts as long: the page does not answer",
        },
    ],
    check: Check::Page(&[Need::Timing, Need::Census], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let Some(profile) = context.page.trace().and_then(|run| run.profile.as_ref()) else { return Vec::new() };
    context.page.selector_sites.iter().filter_map(|site| check_site(context, profile, site)).collect()
}

fn check_site(context: &Context<'_>, profile: &Profile, site: &SelectorSite) -> Option<Problem> {
    let (own_us, total_us) = cost(profile, site);
    let total = Ms(ms(total_us));
    let (severity, limit) = context.judge(total.0, "warn_ms", "error_ms")?;
    Some(
        Problem::at(severity, site.site.clone(), format!("the combiner of this selector took {total}"))
            .identified_by(&site.combiner)
            .at_stake(total)
            .evidence(Evidence::against("in it, with all that it called", Quantity::Time(total), time(limit)))
            .evidence(Evidence::of("by itself", time(ms(own_us))))
            .evidence(Evidence::of("live selectors", Quantity::Count(site.instances as f64)))
            .advice(
                "do less for each item, or for fewer of them: keep what is looked up by key in the store, and split the \
                 combiner so that what seldom changes is computed seldom",
            ),
    )
}

/// What the combiner took by itself, and with all that it called.
fn cost(profile: &Profile, site: &SelectorSite) -> (u64, u64) {
    let (mut own_us, mut total_us) = (0, 0);
    let is_combiner = |function: &Function| function.url == site.site.url && function.at == Some(site.site.at);
    for (at, node) in profile.nodes.iter().enumerate().filter(|(_, node)| is_combiner(&node.function)) {
        own_us += node.self_us;
        // Where it calls itself, the outermost call has the time of all.
        if !profile.stack(at).skip(1).any(|caller| is_combiner(&caller.function)) {
            total_us += node.total_us;
        }
    }
    (own_us, total_us)
}
