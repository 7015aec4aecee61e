use crate::finding::{Evidence};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::trace::{Profile, QueryCost};
use crate::web::{Context, Need, Problem};

use super::shared::{ms, time};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-query-cost"),
    summary: "a function spends long in queries for elements",
    docs: include_str!("dom_query_cost.md"),
    thresholds: &[
        Threshold {
            name: "warn_ms",
            default: 10.0,
            unit: "ms",
            reason: "more than half a frame, for finding what could have been kept",
        },
        Threshold {
            name: "error_ms",
            default: 50.0,
            unit: "ms",
            reason: "from here on a task counts as long: the page does not answer",
        },
    ],
    check: Check::Page(&[Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let profile = context.page.trace().and_then(|run| run.profile.as_ref());
    let costs = profile.map(Profile::queries).unwrap_or_default();
    costs.into_iter().filter_map(|cost| check_cost(context, &cost)).collect()
}

fn check_cost(context: &Context<'_>, cost: &QueryCost) -> Option<Problem> {
    let took = Ms(ms(cost.self_us));
    let (severity, limit) = context.judge(took.0, "warn_ms", "error_ms")?;
    let site = cost.caller.site()?;
    Some(
        Problem::at(severity, site, format!("this function spent {took} in {}", cost.query))
            .identified_by(&cost.query)
            .at_stake(took)
            .evidence(Evidence::against("in the query", Quantity::Time(took), time(limit)))
            .advice("ask less often, below a smaller root, by id or class; keep the elements that are found"),
    )
}
