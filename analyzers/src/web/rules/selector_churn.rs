use crate::finding::{Evidence};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::Churn;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-churn"),
    summary: "selectors are made during the steps and dropped again",
    docs: include_str!("selector_churn.md"),
    thresholds: &[
        Threshold {
            name: "warn_churn",
            default: 20.0,
            unit: "selectors",
            reason: "a selector of a module is made once, while the page loads",
        },
        Threshold {
            name: "error_churn",
            default: 500.0,
            unit: "selectors",
            reason: "each starts with an empty cache, so that each computes again",
        },
    ],
    check: Check::Page(&[Need::Counts, Need::Census, Need::Steps], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let churn = context.page.selector_churn();
    churn.into_iter().filter_map(|churn| check_site(context, churn)).collect()
}

fn check_site(context: &Context<'_>, churn: Churn) -> Option<Problem> {
    let dropped = churn.dropped() as f64;
    let (severity, limit) = context.judge(dropped, "warn_churn", "error_churn")?;
    let headline = format!("{} selectors were made here during the steps and dropped", grouped(dropped));
    Some(
        Problem::at(severity, churn.site, headline)
            .evidence(Evidence::against("made and dropped", Quantity::Count(dropped), Quantity::Count(limit)))
            .evidence(Evidence::of("made during the steps", Quantity::Count(churn.made as f64)))
            .evidence(Evidence::of("of these still alive", Quantity::Count(churn.grown as f64)))
            .advice(
                "make the selector outside of the rendering, of mapState and of the callback of useSelector: a new one \
                 starts with an empty cache; where a component needs one of its own, keep it with useMemo",
            ),
    )
}
