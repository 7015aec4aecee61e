use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::page::SelectorSite;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-recompute-ratio"),
    summary: "a selector runs its combiner at nearly every change of its arguments",
    docs: include_str!("selector_recompute_ratio.md"),
    thresholds: &[
        Threshold {
            name: "warn_share",
            default: 0.5,
            unit: "share",
            reason: "what a selector combines changes far less often than the store that it is asked with",
        },
        Threshold {
            name: "warn_recomputations",
            default: 20.0,
            unit: "runs",
            reason: "fewer runs are not worth a look, whatever their share",
        },
        Threshold {
            name: "error_share",
            default: 0.9,
            unit: "share",
            reason: "a cache that nearly never answers",
        },
        Threshold {
            name: "error_recomputations",
            default: 200.0,
            unit: "runs",
            reason: "as many runs as a list has rows, for steps of a user",
        },
    ],
    check: Check::Page(&[Need::Census, Need::Steps], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.page.selector_sites.iter().filter_map(|site| check_site(context, site)).collect()
}

fn check_site(context: &Context<'_>, site: &SelectorSite) -> Option<Problem> {
    let runs = site.step_recomputations? as f64;
    let asked = site.step_dependency_recomputations.filter(|asked| *asked > 0)? as f64;
    let share = runs / asked;
    let (severity, limit) = judge(context, runs, share)?;
    let headline = format!(
        "selectors made here computed their result again in {} of the {} times that they were asked with new arguments",
        grouped(runs),
        grouped(asked)
    );
    let problem = Problem::at(severity, site.site.clone(), headline).identified_by(&site.combiner);
    Some(
        problem
            .evidence(Evidence::against("computed again", Quantity::Share(share), Quantity::Share(limit)))
            .evidence(Evidence::of("runs of their combiners during the steps", Quantity::Count(runs)))
            .evidence(Evidence::of("live selectors", Quantity::Count(site.instances as f64)))
            .advice(
                "take only what the combiner needs as inputs, not the whole list; an input that is a new object each \
                 time makes the cache useless",
            ),
    )
}

fn judge(context: &Context<'_>, runs: f64, share: f64) -> Option<(Severity, f64)> {
    let breaks = |name_of_share, name_of_runs| {
        let limit = context.limit(name_of_share);
        (share >= limit && runs >= context.limit(name_of_runs)).then_some(limit)
    };
    let error = breaks("error_share", "error_recomputations").map(|limit| (Severity::Error, limit));
    error.or_else(|| breaks("warn_share", "warn_recomputations").map(|limit| (Severity::Warn, limit)))
}
