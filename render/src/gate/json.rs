//! `perf-look.gate/1`: the names here are a contract with others (`gate.schema.json`).

use std::io::{self, Write};

use perf_look_analyzers::gate::inputs::{Cause, CauseKind};
use perf_look_analyzers::gate::outcome::{Source, Waived};
use perf_look_analyzers::gate::{Decision, Outcome, State, Verdict};
use serde::Serialize;

use super::{GateContext, words};
use crate::json::{Number, thousandth, write_json};

pub(super) fn render(verdict: &Verdict, context: &GateContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_json(&Document::of(verdict, context), out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'v> {
    schema: &'static str,
    perf_look: &'static str,
    state: &'static str,
    headline: String,
    counts: Counts,
    command: Option<&'v str>,
    environment: Vec<Entry<'v>>,
    outcomes: Vec<WireOutcome<'v>>,
    orphans: &'v [String],
    notes: &'v [String],
}

#[derive(Serialize)]
struct Counts {
    passed: usize,
    regressed: usize,
    new: usize,
    not_comparable: usize,
    unmeasured: usize,
}

#[derive(Serialize)]
struct Entry<'v> {
    name: &'v str,
    value: &'v str,
}

#[derive(Serialize)]
struct WireOutcome<'v> {
    target: &'v str,
    kind: &'static str,
    state: &'static str,
    source: WireSource<'v>,
    decisions: Vec<WireDecision<'v>>,
    causes: Vec<WireCause<'v>>,
    notes: &'v [String],
    steps: Vec<WireStep>,
    accept: Option<String>,
}

#[derive(Serialize)]
struct WireSource<'v> {
    file: Option<&'v str>,
    line: Option<usize>,
    text: &'v str,
}

#[derive(Serialize)]
struct WireDecision<'v> {
    id: &'static str,
    level: &'static str,
    counter: &'v str,
    headline: &'v str,
    place: Option<&'v str>,
    reference: Option<Number>,
    value: Option<Number>,
    limit: Option<Number>,
    unit: Option<&'static str>,
    waived: Option<WireWaived<'v>>,
    fingerprint: &'v str,
}

#[derive(Serialize)]
struct WireWaived<'v> {
    id: &'v str,
    reason: &'v str,
    owner: &'v str,
    expires: &'v str,
}

#[derive(Serialize)]
struct WireCause<'v> {
    kind: &'static str,
    relation: Option<&'v str>,
    text: &'v str,
}

#[derive(Serialize)]
struct WireStep {
    mark: char,
    step: String,
    why: String,
    rows: String,
    blocks: String,
}

impl<'v> Document<'v> {
    fn of(verdict: &'v Verdict, context: &GateContext<'v>) -> Self {
        let entries = context.environment.iter().map(|(name, value)| Entry { name, value });
        Self {
            schema: "perf-look.gate/1",
            perf_look: env!("CARGO_PKG_VERSION"),
            state: verdict.state().as_str(),
            headline: verdict.headline(),
            counts: Counts {
                passed: verdict.count(State::Passed),
                regressed: verdict.count(State::Regressed),
                new: verdict.count(State::New),
                not_comparable: verdict.count(State::NotComparable),
                unmeasured: verdict.count(State::Unmeasured),
            },
            command: known(context.command),
            environment: entries.collect(),
            outcomes: verdict.outcomes.iter().map(WireOutcome::of).collect(),
            orphans: &verdict.orphans,
            notes: &verdict.notes,
        }
    }
}

/// None where it is empty: what is not known is null.
fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

impl<'v> WireOutcome<'v> {
    fn of(outcome: &'v Outcome) -> Self {
        let steps = words::steps(outcome).into_iter().map(|step| WireStep {
            mark: step.mark,
            step: step.name,
            why: step.why,
            rows: step.rows,
            blocks: step.blocks,
        });
        Self {
            target: &outcome.target,
            kind: outcome.kind.as_str(),
            state: outcome.state.as_str(),
            source: WireSource::of(&outcome.source),
            decisions: outcome.decisions.iter().map(WireDecision::of).collect(),
            causes: outcome.causes.iter().map(WireCause::of).collect(),
            notes: &outcome.notes,
            steps: steps.collect(),
            accept: words::accept(outcome),
        }
    }
}

impl<'v> WireSource<'v> {
    fn of(source: &'v Source) -> Self {
        Self { file: known(&source.file), line: Some(source.line).filter(|line| *line > 0), text: &source.text }
    }
}

impl<'v> WireDecision<'v> {
    fn of(decision: &'v Decision) -> Self {
        Self {
            id: decision.id,
            level: decision.level.as_str(),
            counter: &decision.counter,
            headline: &decision.headline,
            place: decision.place.as_deref(),
            reference: decision.reference.map(thousandth),
            value: decision.value.map(thousandth),
            limit: decision.limit.map(thousandth),
            unit: known(decision.unit),
            waived: decision.waived.as_ref().map(WireWaived::of),
            fingerprint: &decision.fingerprint,
        }
    }
}

impl<'v> WireWaived<'v> {
    fn of(waived: &'v Waived) -> Self {
        Self { id: &waived.id, reason: &waived.reason, owner: &waived.owner, expires: &waived.expires }
    }
}

impl<'v> WireCause<'v> {
    fn of(cause: &'v Cause) -> Self {
        let kind = match cause.kind {
            CauseKind::Environment => "environment",
            CauseKind::Index => "index",
            CauseKind::StatisticsObject => "statistics object",
            CauseKind::Column => "column",
            CauseKind::Size => "size",
            CauseKind::Stale => "stale",
            CauseKind::Statistics => "statistics",
            CauseKind::Visibility => "visibility",
            CauseKind::Content => "content",
            CauseKind::NewIndex => "new index",
        };
        Self { kind, relation: known(&cause.relation), text: &cause.text }
    }
}
