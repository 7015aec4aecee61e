use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::cache::{self, Cache};
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/memoize-thrashes"),
    summary: "a cache of looked-up rows is too small, so that keys are thrown out before they come again",
    docs: include_str!("memoize_thrashes.md"),
    thresholds: &[
        Threshold {
            name: "min_thrown_out",
            default: 1_000.0,
            unit: "times",
            reason: "fewer look-ups that are done again take a few milliseconds at most",
        },
        Threshold {
            name: "min_missed",
            default: 0.5,
            unit: "share",
            reason: "a cache that answers most look-ups is worth having, even if some keys go",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let caches = context.plan.nodes_of(|kind| kind == NodeKind::Memoize);
    caches.filter_map(|memoize| check_cache(context, memoize)).collect()
}

fn check_cache(context: &Context<'_>, memoize: &PlanNode) -> Option<Problem> {
    let cache = Cache::of(memoize)?;
    let missed = 1.0 - cache.hit_share();
    let thrown_out = cache.evictions + cache.overflows;
    if thrown_out < context.limit("min_thrown_out") || missed <= context.limit("min_missed") {
        return None;
    }
    let headline = format!(
        "the cache of look-ups by {} threw out {} keys and answered {} of {} look-ups",
        cache::key(memoize),
        grouped(thrown_out),
        grouped(cache.hits),
        grouped(cache.hits + cache.misses)
    );
    let problem = Problem::new(memoize.id, headline)
        .at_stake(cache::stake(context, memoize))
        .caused_by(memoize.id, Matter::Memory)
        .evidence(Evidence::against("missed", Quantity::Share(missed), Quantity::Share(context.limit("min_missed"))))
        .evidence(Evidence::against(
            "thrown out",
            Quantity::Count(thrown_out),
            Quantity::Count(context.limit("min_thrown_out")),
        ))
        .evidence(Evidence::of("memory at most", Quantity::Bytes(cache.peak_kb * 1024.0)));
    let needed = cache.needed_kb() / advice::hash_mem_multiplier(context);
    Some(problem.advice(advice::work_mem(context, needed, "for all keys to fit (an upper bound: keys that had gone and came again count twice)")).advice(Advice::text(
        "or let the keys come in order, so that each is looked up once: an index on the outer side, or a hash join",
    )))
}
