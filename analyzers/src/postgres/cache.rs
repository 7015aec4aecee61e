//! What a Memoize node counted, all processes together.

use super::plan::{NodeKind, PlanNode, Property, Role, Value, find};
use crate::rule::{Context, Stake};

/// The counters of a cache of looked-up rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cache {
    /// Look-ups that it answered.
    pub(super) hits: f64,
    /// Look-ups that went on to the node below.
    pub(super) misses: f64,
    /// Keys that had to go for others.
    pub(super) evictions: f64,
    /// Look-ups whose rows alone were too large.
    pub(super) overflows: f64,
    /// The most memory that one process used, in KiB.
    pub(super) peak_kb: f64,
}

impl Cache {
    /// The counters of a Memoize node; none where it was not run.
    pub(super) fn of(memoize: &PlanNode) -> Option<Self> {
        let processes = std::iter::once(memoize.properties.as_slice());
        let workers = memoize.workers.iter().map(|worker| worker.properties.as_slice());
        let counted = processes.chain(workers).filter_map(Self::of_process);
        counted.reduce(|all, one| Self {
            hits: all.hits + one.hits,
            misses: all.misses + one.misses,
            evictions: all.evictions + one.evictions,
            overflows: all.overflows + one.overflows,
            peak_kb: all.peak_kb.max(one.peak_kb),
        })
    }

    fn of_process(properties: &[Property]) -> Option<Self> {
        let number = |name| find(properties, name).and_then(Value::number);
        Some(Self {
            hits: number("Cache Hits")?,
            misses: number("Cache Misses")?,
            evictions: number("Cache Evictions")?,
            overflows: number("Cache Overflows")?,
            peak_kb: number("Peak Memory Usage")?,
        })
    }

    /// The part of the look-ups that it answered, 0 to 1.
    pub(super) fn hit_share(&self) -> f64 {
        self.hits / (self.hits + self.misses).max(1.0)
    }

    /// The memory that all keys would have needed in one process, in KiB, if none of them came again after it had gone:
    /// not less than what is needed.
    pub(super) fn needed_kb(&self) -> f64 {
        let kept = (self.misses - self.evictions - self.overflows).max(1.0);
        self.peak_kb * self.misses / kept
    }
}

/// The look-ups and the nested loop that asks for them: another join would do without both.
pub(super) fn stake(context: &Context<'_>, memoize: &PlanNode) -> Stake {
    let join = memoize.parent.map(|parent| context.plan.node(parent)).filter(|join| join.kind == NodeKind::NestedLoop);
    let join = join.filter(|_| memoize.role == Some(Role::Inner));
    let join = join.and_then(|join| context.attribution.time(join.id));
    match (join, context.attribution.time(memoize.id)) {
        (Some(join), Some(memoize)) => Stake::Ms(join.own + memoize.total),
        _ => Stake::Total(memoize.id),
    }
}

/// What rows are looked up by, as printed.
pub(super) fn key(memoize: &PlanNode) -> &str {
    memoize.text("Cache Key").unwrap_or("its key")
}
