//! An observation against what was accepted: what is worse, by how much, and where.

use crate::Comparison;
use crate::digest::digest;
use crate::postgres::plan::NodeKind;
use crate::report::{Policy, Report, Subject};
use crate::web::rule::WHOLE_PAGE;

use super::baseline::{Baseline, repeats};
use super::counters::{self, Counter, WORK_MODEL};
use super::findings;
use super::inputs::{Cause, CauseKind};
use super::limits::{
    COST_SAME_STATISTICS, ESTIMATE, Limit, Limits, OTHER_PLAN, PAGE, PAGE_BYTES, PAGE_LAYOUTS, PAGE_WORK, STATEMENT,
    Tolerance, When,
};
use super::observation::{Kind, Observation};
use super::outcome::{Decision, Level, Outcome, State};
use super::spots;
use super::wording::number;

/// Judges an observation. `baseline` is what was accepted, `inherited` what the change was made on; what is worse than
/// one of them alone does not fail: the change did not bring it.
pub fn decide(
    now: &Observation,
    baseline: Option<&Baseline>,
    inherited: Option<&Baseline>,
    limits: &Limits,
) -> Outcome {
    let Some(baseline) = baseline.or(inherited) else { return unknown(now) };
    let mut outcome = Against { now, baseline, limits, causes: baseline.inputs.causes(&now.inputs) }.outcome();
    if let Some(inherited) = inherited.filter(|inherited| *inherited != baseline) {
        let causes = inherited.inputs.causes(&now.inputs);
        let since = Against { now, baseline: inherited, limits, causes }.outcome();
        forgive(&mut outcome, &since);
    }
    outcome
}

/// What is not worse than where the change began is not the change's.
fn forgive(outcome: &mut Outcome, since: &Outcome) {
    let is_there = |decision: &Decision| {
        since.decisions.iter().any(|other| other.fingerprint == decision.fingerprint && other.level >= Level::Warn)
    };
    for decision in outcome.decisions.iter_mut().filter(|decision| decision.level >= Level::Warn) {
        if !is_there(decision) {
            decision.level = Level::Note;
            decision.headline = format!("{}; the change did not bring it", decision.headline);
        }
    }
    if outcome.state == State::Regressed && !outcome.fails() {
        outcome.state = State::Passed;
    }
}

/// A target without anything to compare with: what the rules say of it by itself.
fn unknown(now: &Observation) -> Outcome {
    let mut decisions = findings::decisions(&[], now);
    for decision in &mut decisions {
        decision.level = decision.level.min(Level::Warn);
    }
    Outcome {
        target: now.target.clone(),
        kind: now.kind,
        source: now.source.clone(),
        state: State::New,
        decisions,
        causes: Vec::new(),
        notes: unstable(now),
        comparison: None,
    }
}

fn unstable(now: &Observation) -> Vec<String> {
    now.unstable().into_iter().map(|counter| format!("not judged, since it does not repeat: {counter}")).collect()
}

struct Against<'a> {
    now: &'a Observation,
    baseline: &'a Baseline,
    limits: &'a Limits,
    causes: Vec<Cause>,
}

impl Against<'_> {
    fn outcome(self) -> Outcome {
        let comparison = self.comparison();
        let mut notes = unstable(self.now);
        if self.baseline.fingerprint != self.now.fingerprint {
            notes.push("the statement was edited since the baseline: another plan may be what was wanted".to_owned());
        }
        if self.baseline.work_model != WORK_MODEL {
            notes.push("the baseline counts work in another way: accept the target again to compare it".to_owned());
        }
        let mut decisions = match self.now.kind {
            Kind::Query => self.of_statement(comparison.as_ref()),
            Kind::Page => self.of_page(),
        };
        decisions.extend(findings::decisions(&self.baseline.findings, self.now));
        decisions.sort_by(order);
        let mut outcome = Outcome {
            target: self.now.target.clone(),
            kind: self.now.kind,
            source: self.now.source.clone(),
            state: State::Passed,
            decisions,
            causes: self.causes,
            notes,
            comparison: comparison.map(Box::new),
        };
        if outcome.fails() {
            outcome.state = State::Regressed;
        }
        // What differs explains nothing where nothing follows from it.
        if outcome.decisions.iter().all(|decision| decision.level == Level::Better) {
            outcome.causes.retain(|cause| cause.kind == CauseKind::Environment);
        }
        if outcome.causes.iter().any(|cause| cause.kind == CauseKind::Environment)
            || self.baseline.kind != self.now.kind
        {
            outcome.state = State::NotComparable;
        }
        outcome
    }

    /// Both plans side by side. The baseline's was read before, so that it can be read.
    fn comparison(&self) -> Option<Comparison> {
        let plan = self.baseline.plan().ok().flatten()?;
        let mut subject = Subject::new(self.now.target.clone(), plan);
        subject.query = self.now.report.subjects.first().and_then(|subject| subject.query.clone());
        let before = Report::of(vec![subject], &Policy::default());
        Some(Comparison::of(before, self.now.report.clone()))
    }

    fn of_statement(&self, comparison: Option<&Comparison>) -> Vec<Decision> {
        let tree = |shape: Option<&super::shape::Shape>| shape.map(|shape| shape.tree.clone());
        let is_same_tree = tree(self.baseline.shape.as_ref()) == tree(self.now.shape.as_ref());
        let is_run = self.now.plan().is_some_and(crate::postgres::Plan::is_analyzed);
        let applies = |limit: &&Limit| match limit.when {
            When::SameTree => is_run && is_same_tree,
            When::OtherTree => is_run && !is_same_tree && self.baseline.work_model == WORK_MODEL,
            When::Always => is_run,
            When::PlannedOnly => !is_run,
        };
        let place = comparison.and_then(worst_node);
        let mut decisions = Vec::new();
        for limit in STATEMENT.iter().filter(applies) {
            let tolerance = self.tolerance(limit);
            decisions.extend(self.counter(limit, limit.counter, tolerance, place.clone()));
        }
        let fails = decisions.iter().any(|decision| decision.level == Level::Fail);
        decisions.extend(self.estimate(fails));
        if !is_same_tree && !fails {
            decisions.push(self.other_plan(comparison));
        }
        decisions
    }

    fn tolerance(&self, limit: &Limit) -> Tolerance {
        let tolerance = self.limits.of(limit);
        let same = !self.causes.iter().any(|cause| cause.kind == CauseKind::Statistics);
        if limit.when == When::PlannedOnly && same && !self.now.inputs.relations.is_empty() {
            return Tolerance { relative: tolerance.relative.min(COST_SAME_STATISTICS), ..tolerance };
        }
        tolerance
    }

    fn of_page(&self) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for (name, counter) in &self.now.counted {
            let limit = match counter.unit {
                "bytes" => PAGE_BYTES,
                _ if counters::is_work(name) => PAGE_WORK,
                _ if counters::is_near(name) => PAGE_LAYOUTS,
                _ => PAGE,
            };
            let tolerance = self.limits.of(&limit);
            let place = counter.place.clone().or_else(|| self.grown(name));
            decisions.extend(self.counter(&limit, name, tolerance, place));
        }
        decisions
    }

    /// The place where most was added to a counter of work.
    fn grown(&self, counter: &str) -> Option<String> {
        spots::grown(self.baseline.spots.get(counter)?, self.now.spots.get(counter)?).map(str::to_owned)
    }

    /// What a counter's change means; none where it means nothing, or where the counter does not repeat.
    fn counter(&self, limit: &Limit, name: &str, tolerance: Tolerance, place: Option<String>) -> Option<Decision> {
        let counter = self.now.counted.get(name).filter(|counter| repeats(name, counter))?;
        let is_site = self.now.kind == Kind::Page && counter.place.is_some();
        // A place that the baseline does not know is new; a whole that it does not know was not counted then.
        let reference = self.baseline.metrics.get(name).map(|number| number.0).or(is_site.then_some(0.0))?;
        let level = if counter.value > tolerance.bound(reference) {
            limit.level
        } else if counter.value < tolerance.lower_bound(reference) {
            Level::Better
        } else {
            return None;
        };
        Some(self.decision(limit.id, name, level, (counter, reference, Some(tolerance.bound(reference))), place))
    }

    fn decision(
        &self,
        id: &'static str,
        name: &str,
        level: Level,
        (counter, reference, limit): (&Counter, f64, Option<f64>),
        place: Option<String>,
    ) -> Decision {
        Decision {
            id,
            level,
            counter: name.to_owned(),
            headline: change(counter, reference),
            reference: Some(reference),
            value: Some(counter.value),
            limit,
            unit: counter.unit,
            place,
            waived: None,
            fingerprint: digest([self.now.target.as_str(), id, name]),
        }
    }

    /// An estimate that is wrong by ten times and by twice what it was: a plan that is right by luck.
    fn estimate(&self, fails: bool) -> Option<Decision> {
        const WRONG: f64 = 10.0;
        let counter = self.now.counted.get("q_error").filter(|counter| counter.spread <= 0.0)?;
        let reference = self.baseline.metrics.get("q_error").map_or(1.0, |number| number.0);
        if counter.value < WRONG || counter.value < 2.0 * reference {
            return None;
        }
        let level = if fails { Level::Fail } else { Level::Warn };
        Some(self.decision(ESTIMATE, "q_error", level, (counter, reference, None), counter.place.clone()))
    }

    /// Another plan that does no more work. Where an index was given up on a table of some size, it is worth a look.
    fn other_plan(&self, comparison: Option<&Comparison>) -> Decision {
        let place = comparison.and_then(|comparison| gave_up_an_index(comparison, self.now));
        let level = if place.is_some() { Level::Warn } else { Level::Note };
        let what = match &place {
            Some(place) => format!("another plan, which reads a table without an index: {place}; it does no more work"),
            None => "another plan; it does no more work".to_owned(),
        };
        Decision {
            id: OTHER_PLAN,
            level,
            counter: "plan".to_owned(),
            headline: what,
            reference: None,
            value: None,
            limit: None,
            unit: "",
            place,
            waived: None,
            fingerprint: digest([self.now.target.as_str(), OTHER_PLAN, "plan"]),
        }
    }
}

/// The node whose own work grew most, by its name in the new plan, or in the old one if it is gone.
fn worst_node(comparison: &Comparison) -> Option<String> {
    let difference = comparison.differences.first()?;
    let (before, after) = comparison.subjects(difference);
    let own = |subject: &Subject, id: Option<crate::postgres::NodeId>| {
        let Some(node) = id.map(|id| subject.plan.node(id)) else { return 0.0 };
        let counters = subject.attribution.own_counters(node);
        let (blocks, temp) = counters.map_or((0.0, 0.0), |own| (own.touched_blocks(), own.temp_blocks()));
        counters::work(counters::rows_processed(node), blocks, temp)
    };
    let grew = |pair: &crate::compare::Pair| own(after, pair.after) - own(before, pair.before);
    let worst = difference.pairs.iter().filter(|pair| pair.after.is_some());
    let worst = worst.max_by(|left, right| grew(left).total_cmp(&grew(right)))?;
    let (was, is) = comparison.labels(difference, worst);
    is.or(was)
}

/// A table of at least a megabyte that was read by an index and is read whole.
fn gave_up_an_index(comparison: &Comparison, now: &Observation) -> Option<String> {
    const PAGES: u64 = 128;
    let difference = comparison.differences.first()?;
    let (before, after) = comparison.subjects(difference);
    let pair = difference.pairs.iter().find(|pair| {
        let (Some(old), Some(new)) = (pair.before, pair.after) else { return false };
        let (old, new) = (before.plan.node(old), after.plan.node(new));
        let by_index = matches!(old.kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapHeapScan);
        let name = format!("{}.{}", new.schema.as_deref().unwrap_or("public"), new.relation.as_deref().unwrap_or(""));
        let is_large = now.inputs.relations.get(&name).is_some_and(|relation| relation.pages >= PAGES);
        by_index && new.kind == NodeKind::SeqScan && is_large
    })?;
    comparison.labels(difference, pair).1
}

/// `rows processed: 12 before, 20,008 now (limit 1,012)` without the limit.
fn change(counter: &Counter, reference: f64) -> String {
    let unit = if counter.unit == "bytes" { " bytes" } else { "" };
    let (was, is) = (number(reference), number(counter.value));
    let share =
        crate::compare::signed_share(reference, counter.value).map_or(String::new(), |share| format!(", {share}"));
    format!("{}: {was}{unit} before, {is}{unit} now{share}", counter.what)
}

/// The worst first; of equals first what there is more of, and then what that brings with it: work and bytes. Of these
/// what names a place, then findings of the whole page, then what is further beyond its limit.
fn order(left: &Decision, right: &Decision) -> std::cmp::Ordering {
    let vague = |decision: &Decision| (decision.place.is_none(), decision.place.as_deref() == Some(WHOLE_PAGE));
    let follows = |decision: &Decision| counters::is_work(&decision.counter) || decision.unit == "bytes";
    (right.level.cmp(&left.level))
        .then(follows(left).cmp(&follows(right)))
        .then(vague(left).cmp(&vague(right)))
        .then(right.beyond().total_cmp(&left.beyond()))
        .then(left.id.cmp(right.id))
        .then(left.counter.cmp(&right.counter))
}
