use crate::finding::{Advice, Evidence};
use crate::postgres::cache::{self, Cache};
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::postgres::{advice, expression};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/memoize-never-hits"),
    summary: "a cache of looked-up rows is filled and hardly ever asked for the same again",
    docs: include_str!("memoize_never_hits.md"),
    thresholds: &[
        Threshold {
            name: "min_misses",
            default: 1_000.0,
            unit: "times",
            reason: "with fewer look-ups, keys may not have had the time to come again",
        },
        Threshold {
            name: "min_missed",
            default: 0.9,
            unit: "share",
            reason: "keeping a row costs about as much as a tenth of looking it up",
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
    if cache.misses < context.limit("min_misses") || missed <= context.limit("min_missed") {
        return None;
    }
    let key = cache::key(memoize);
    let headline = format!(
        "the cache of look-ups by {key} answered {} of {} look-ups",
        grouped(cache.hits),
        grouped(cache.hits + cache.misses)
    );
    let mut problem = Problem::new(memoize.id, headline)
        .at_stake(cache::stake(context, memoize))
        .caused_by(memoize.id, Matter::Memory)
        .evidence(Evidence::against("missed", Quantity::Share(missed), Quantity::Share(context.limit("min_missed"))))
        .evidence(Evidence::against("misses", Quantity::Count(cache.misses), Quantity::Count(context.limit("min_misses"))))
        .evidence(Evidence::of("keys that went for others", Quantity::Count(cache.evictions)));
    problem.advice = statistics(context, memoize, &cache);
    Some(problem.advice(Advice::sql(
        "see what the planner does without the cache, in a session of your own",
        "SET enable_memoize = off;",
    )))
}

/// The planner thought that few values come again and again: what it knows of the column is wrong.
fn statistics(context: &Context<'_>, memoize: &PlanNode, cache: &Cache) -> Vec<Advice> {
    let Some((table, column)) = column(context, cache::key(memoize)) else { return Vec::new() };
    let analyze = format!("ANALYZE {table};");
    let mut advice = vec![Advice::sql(
        format!("the planner expects few values of `{column}` that come again and again: let it look at the table once more"),
        analyze.clone(),
    )];
    if cache.evictions >= 1.0 {
        advice.push(Advice::text(
            "whether keys that had gone for others came again cannot be told from the counters: if they did, memory is what lacks",
        ));
    } else {
        let distinct = 1.0 - cache.hit_share();
        advice.push(Advice::sql(
            "if that does not help, tell it how many of the rows have a value of their own (-1: all of them)",
            format!("ALTER TABLE {table} ALTER COLUMN {column} SET (n_distinct = -{distinct:.2});\n{analyze}"),
        ));
    }
    advice
}

/// The table and the column that a cache is asked by; none for expressions and several columns.
fn column(context: &Context<'_>, key: &str) -> Option<(String, String)> {
    let [owner] = &expression::qualifiers(key)[..] else { return None };
    let (column, is_expression) = expression::operand(key, Some(owner))?;
    let mut tables = context.plan.nodes().iter().filter(|node| node.alias.as_deref() == Some(owner));
    let table = tables.find_map(advice::table)?;
    (!is_expression).then_some((table, column))
}
