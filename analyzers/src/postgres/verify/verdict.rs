//! What the trials say of a finding's advice: the smallest index that gains enough, or that none does; what became of a
//! spill or a wrong number.

use super::tried::{By, TriedBuilt, TriedIndex, TriedIndexes};
use super::{IndexDefinition, Place, Tried, Untried, candidates};
use crate::finding::Advice;
use crate::postgres::counters::Counters;
use crate::quantity::{Ms, Quantity};
use crate::report::Subject;
use crate::rule::Cause;
use crate::verification::{
    Change, IndexBuilt, IndexPlanned, MoreMemory, NoIndexHelps, NotVerified, OtherStatistics, Verification,
};

/// An index must take so much of the statement's cost away: each write pays for it, and estimates are off by as much.
const WORTH: f64 = 0.2;

/// Each column more must take so much of the cost away that the statement has without any index.
const WORTH_OF_A_COLUMN: f64 = 0.05;

/// Runs of the same statement differ by as much.
const NOISE: f64 = 0.05;

/// Advice with what is known of it from trying: an index that gains more in place of the one that was advised, and none
/// where none gains.
pub(crate) fn verified(advice: Vec<Advice>, cause: Cause, subject: &Subject) -> Vec<Advice> {
    let Some(tried) = &subject.tried else { return advice };
    let mut kept: Vec<Advice> = Vec::new();
    for advice in advice {
        if is_about_an_index(&advice) {
            let is_settled = |known: &Advice| {
                use Verification::{BuiltIndex, HypotheticalIndex, NoIndexHelps, RealIndex};
                matches!(known.verified, BuiltIndex(_) | HypotheticalIndex(_) | NoIndexHelps(_) | RealIndex(_))
            };
            // The first speaks for all: what was tried is whatever could serve.
            if !kept.iter().any(is_settled) {
                kept.push(index(advice, cause, subject, tried));
            }
        } else if is_about_memory(&advice) {
            kept.push(memory(advice, subject, tried));
        } else if is_about_statistics(&advice) {
            kept.push(statistics(advice, cause, subject, tried));
        } else {
            kept.push(advice);
        }
    }
    kept
}

/// Whether advice is to make an ordinary index.
pub(super) fn is_about_an_index(advice: &Advice) -> bool {
    begins(advice, &["CREATE INDEX "])
}

/// Whether advice is to give the statement more memory.
pub(super) fn is_about_memory(advice: &Advice) -> bool {
    begins(advice, &["SET LOCAL work_mem = "])
}

/// Whether advice is to let the planner know more.
pub(super) fn is_about_statistics(advice: &Advice) -> bool {
    let alters =
        advice.sql.as_deref().is_some_and(|sql| sql.starts_with("ALTER TABLE ") && sql.contains(" SET STATISTICS "));
    alters || begins(advice, &["ANALYZE ", "CREATE STATISTICS "])
}

fn begins(advice: &Advice, with: &[&str]) -> bool {
    advice.sql.as_deref().is_some_and(|sql| with.iter().any(|begin| sql.starts_with(begin)))
}

fn unverified(advice: Advice, untried: &Untried) -> Advice {
    let Untried { why, help } = untried.clone();
    Advice { verified: Verification::NotVerified(NotVerified { why, help }), ..advice }
}

fn because(advice: Advice, why: &str) -> Advice {
    unverified(advice, &Untried::because(why))
}

fn index(advised: Advice, cause: Cause, subject: &Subject, tried: &Tried) -> Advice {
    let Some(scan) = candidates::scan(&subject.plan, cause) else {
        return because(advised, "what it gains is no part of the planner's cost");
    };
    let wanted = candidates::of(subject, scan);
    if wanted.is_empty() {
        return because(advised, "which index could serve its conditions could not be told");
    }
    match &tried.indexes {
        None => unverified(advised, &tried.missing),
        Some(TriedIndexes::Untried(untried)) => unverified(advised, untried),
        Some(TriedIndexes::Tried { by, before, trials }) => {
            let trials: Vec<&TriedIndex> = trials.iter().filter(|trial| wanted.contains(&trial.index)).collect();
            if trials.is_empty() {
                return because(advised, "the server makes no such index");
            }
            let planned = Planned { by: *by, before: *before, trials: &trials };
            planned.verdict(advised, &tried.built)
        }
    }
}

/// The index that the trials of a problem speak for; none where they speak for none.
pub(crate) fn best_index(cause: Cause, subject: &Subject) -> Option<IndexDefinition> {
    let Some(TriedIndexes::Tried { before, trials, .. }) = &subject.tried.as_ref()?.indexes else { return None };
    let wanted = candidates::of(subject, candidates::scan(&subject.plan, cause)?);
    let trials: Vec<&TriedIndex> = trials.iter().filter(|trial| wanted.contains(&trial.index)).collect();
    best(*before, &trials).map(|(best, _)| best.index.clone())
}

/// What the planner said with each of some indexes.
struct Planned<'t> {
    by: By,
    before: f64,
    trials: &'t [&'t TriedIndex],
}

impl Planned<'_> {
    fn verdict(&self, advised: Advice, built: &[TriedBuilt]) -> Advice {
        let Some((best, after)) = best(self.before, self.trials) else { return self.none_helps() };
        let index = best.index.shown();
        let sql = Some(format!("{index};"));
        let tried = self.trials.len();
        let verified = match (built.iter().find(|built| built.index == best.index), self.by) {
            (Some(built), by) => {
                let measured = measured(built, index, (by, after), tried);
                if !gains(&measured) {
                    let text = format!("no index is worth having: the statement gains nothing by `{}`", measured.index);
                    return Advice { verified: Verification::RealIndex(measured), ..Advice::text(text) };
                }
                Verification::RealIndex(measured)
            }
            (None, by) => {
                let found =
                    IndexPlanned { index, cost: Change { before: self.before, after }, bytes: best.bytes, tried };
                match by {
                    By::Hypothesis(_) => Verification::HypotheticalIndex(found),
                    By::Building => Verification::BuiltIndex(found),
                }
            }
        };
        Advice { text: advised.text, sql, verified }
    }

    fn none_helps(&self) -> Advice {
        let least = self.trials.iter().filter_map(|trial| trial.cost).fold(self.before, f64::min);
        let cost = Change { before: self.before, after: least };
        let on_scratch = self.by != By::Hypothesis(Place::Server);
        let place = if on_scratch { Place::Scratch } else { Place::Server };
        let verified = Verification::NoIndexHelps(NoIndexHelps { tried: self.trials.len(), cost, place });
        let why = format!("one must spare {} of the cost to pay for its upkeep", Quantity::Share(WORTH));
        Advice { verified, ..Advice::text(format!("no index is worth having: {why}")) }
    }
}

/// Whether the statement is faster with it; where it was only planned, whether the planner takes it.
fn gains(built: &IndexBuilt) -> bool {
    let faster = built.execution.is_none_or(|time| time.after.0 < time.before.0 * (1.0 - NOISE));
    built.taken && faster
}

fn measured(built: &TriedBuilt, index: String, (by, after): (By, f64), tried: usize) -> IndexBuilt {
    IndexBuilt {
        index,
        taken: built.taken,
        cost: built.cost,
        promised: matches!(by, By::Hypothesis(_)).then_some(after),
        execution: built.execution,
        pairs: built.pairs,
        blocks: built.blocks,
        bytes: built.bytes,
        tried,
    }
}

/// The smallest index that none with more columns beats by enough, and the cost with it; none where none gains enough.
fn best<'t>(before: f64, trials: &[&'t TriedIndex]) -> Option<(&'t TriedIndex, f64)> {
    let mut taken: Vec<(&TriedIndex, f64)> = trials.iter().filter_map(|trial| Some((*trial, trial.cost?))).collect();
    // Of as many columns the cheapest; what was proposed first comes first among equals.
    taken.sort_by(|left, right| left.0.index.width().cmp(&right.0.index.width()).then(left.1.total_cmp(&right.1)));
    let mut best: Option<(&TriedIndex, f64)> = None;
    for (trial, cost) in taken {
        let (columns, so_far) = best.map_or((0, before), |(known, cost)| (known.index.width(), cost));
        let more = (trial.index.width() - columns) as f64;
        let due = if best.is_some() { more * WORTH_OF_A_COLUMN } else { WORTH };
        if more > 0.0 && cost <= so_far - due * before {
            best = Some((trial, cost));
        }
    }
    best
}

fn memory(advised: Advice, subject: &Subject, tried: &Tried) -> Advice {
    let trial = tried.memory.iter().find(|trial| Some(&trial.sql) == advised.sql.as_ref());
    let (execution, spilled) = match trial.map(|trial| &trial.run) {
        None => return unverified(advised, &tried.missing),
        Some(Err(untried)) => return unverified(advised, untried),
        Some(Ok(run)) => *run,
    };
    let Some(before) = subject.plan.statement.execution_ms else {
        return because(advised, "the statement was not timed before");
    };
    let spilled_before = subject.plan.root().counters.as_deref().map_or(0.0, Counters::temp_blocks);
    let verified = Verification::MoreMemory(MoreMemory {
        execution: Change { before: Ms(before), after: execution },
        temp_blocks: Change { before: spilled_before, after: spilled },
    });
    Advice { verified, ..advised }
}

fn statistics(advised: Advice, cause: Cause, subject: &Subject, tried: &Tried) -> Advice {
    let trial = tried.statistics.iter().find(|trial| Some(&trial.sql) == advised.sql.as_ref());
    let now = match trial.map(|trial| &trial.plan) {
        None => return unverified(advised, &tried.missing),
        Some(Err(untried)) => return unverified(advised, untried),
        Some(Ok(plan)) => plan,
    };
    let node = cause.node.map(|node| subject.plan.node(node));
    let before = node.and_then(|node| node.estimate).map(|estimate| estimate.rows);
    let after = node.and_then(|node| now.rows[node.id.index()]);
    let cost = subject.plan.root().estimate.map(|estimate| estimate.total_cost).zip(now.cost);
    let verified = Verification::OtherStatistics(OtherStatistics {
        expected: before.zip(after).map(|(before, after)| Change { before, after }),
        came: node.and_then(|node| node.run()).map(|run| run.rows.mean),
        steps: now.steps,
        cost: cost.map(|(before, after)| Change { before, after }),
    });
    Advice { verified, ..advised }
}
