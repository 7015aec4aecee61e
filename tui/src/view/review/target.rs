//! All about a target of a review: what was judged, why, its counts before and now, and how its plan changed.

use std::collections::{BTreeMap, BTreeSet};

use perf_look_analyzers::gate::baseline::Number;
use perf_look_analyzers::gate::observation::Kind;
use perf_look_analyzers::gate::{Baseline, Decision, Level, Outcome, State as Ended, wording};

use super::super::prose::Prose;
use crate::canvas::piece;
use crate::review::{Choice, Target};
use crate::text;
use crate::theme::Role;

pub(super) fn describe(prose: &mut Prose, target: &Target, choice: Option<&Choice>) {
    let outcome = &target.outcome;
    let (role, verdict) = super::verdict(outcome);
    prose.headline(piece(role, format!("{verdict}: ")), vec![piece(Role::Strong, &*outcome.target)]);
    if let Some(place) = wording::place(&outcome.source) {
        prose.labelled(piece(Role::Faint, "  "), vec![piece(Role::Faint, place)]);
    }
    if let Some(choice) = choice {
        decided(prose, choice);
    }
    judged(prose, outcome);
    counts(prose, target);
    plan(prose, outcome);
    measured(prose, target);
    statement(prose, outcome);
}

fn decided(prose: &mut Prose, choice: &Choice) {
    prose.heading("Decided");
    let words = match choice {
        Choice::Accept { reason } => format!("accept: {reason}"),
        Choice::Waive { reason, owner, expires } => format!("waive until {expires}, by {owner}: {reason}"),
        Choice::Reject | Choice::Skip => choice.word().to_owned(),
    };
    prose.headline(piece(Role::Text, "  "), vec![piece(Role::Strong, words)]);
}

/// The decisions, what explains them, and what else is to be known.
fn judged(prose: &mut Prose, outcome: &Outcome) {
    if outcome.decisions.is_empty() && outcome.causes.is_empty() && outcome.notes.is_empty() {
        return;
    }
    prose.heading("Verdict");
    for decision in &outcome.decisions {
        self::decision(prose, decision);
    }
    for (place, cause) in outcome.causes.iter().enumerate() {
        let first = if place == 0 { "  cause: " } else { "  also: " };
        prose.headline(piece(Role::Strong, first), vec![piece(Role::Text, &*cause.text)]);
    }
    for note in &outcome.notes {
        let first = if outcome.state == Ended::Unmeasured { "  why: " } else { "  note: " };
        prose.headline(piece(Role::Faint, first), vec![piece(Role::Text, &**note)]);
    }
}

fn decision(prose: &mut Prose, decision: &Decision) {
    let role = match decision.level {
        _ if decision.waived.is_some() => Role::Faint,
        Level::Fail => Role::Error,
        Level::Warn => Role::Warn,
        Level::Note => Role::Text,
        Level::Better => Role::Good,
    };
    let waived = if decision.waived.is_some() { "waived " } else { "" };
    let label = format!("  {waived}{} {}: ", decision.level.as_str(), wording::rule(decision));
    prose.headline(piece(role, label), vec![piece(Role::Text, &*decision.headline)]);
    let waived = decision.waived.as_ref().map(wording::waived);
    for words in wording::details(decision).into_iter().chain(waived) {
        prose.labelled(piece(Role::Text, "    "), vec![piece(Role::Text, words)]);
    }
}

/// What was counted before and now: what differs; of the rest how many there are.
fn counts(prose: &mut Prose, target: &Target) {
    let heading = match (&target.accepted, &target.measured) {
        (None, None) => return,
        (Some(_), None) => "Counts, as they are accepted",
        (None, Some(_)) => "Counts",
        (Some(_), Some(_)) => "Counts, before and now",
    };
    prose.heading(heading);
    let (was, is) = (metrics(target.accepted.as_ref()), metrics(target.measured.as_ref()));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let all = names.len();
    let changed: Vec<&String> = names.into_iter().filter(|name| was.get(*name) != is.get(*name)).collect();
    let columns = changed.iter().map(|name| text::width(name)).max().unwrap_or(0).min(16);
    for name in &changed {
        let label = piece(Role::Faint, format!("  {}  ", text::left(name, columns)));
        let is_compared = target.accepted.is_some() && target.measured.is_some();
        let words = both(was.get(*name), is.get(*name), is_compared.then_some("not there"));
        prose.labelled(label, vec![piece(Role::Text, words)]);
    }
    match all - changed.len() {
        0 => {}
        1 => prose.text(Role::Faint, "  1 other is the same"),
        same => prose.text(Role::Faint, &format!("  {same} others are the same")),
    }
}

fn metrics(baseline: Option<&Baseline>) -> BTreeMap<String, Number> {
    baseline.map(|baseline| baseline.metrics.clone()).unwrap_or_default()
}

/// `6 → 148`; where there is nothing to compare with, the one number.
fn both(was: Option<&Number>, is: Option<&Number>, missing: Option<&str>) -> String {
    let number = |number: &Number| wording::number(number.0);
    let (was, is) = (was.map(number), is.map(number));
    match missing {
        Some(missing) => format!("{} → {}", was.as_deref().unwrap_or(missing), is.as_deref().unwrap_or(missing)),
        None => was.or(is).unwrap_or_default(),
    }
}

/// The steps of the plan that changed.
fn plan(prose: &mut Prose, outcome: &Outcome) {
    let steps = wording::steps(outcome);
    let Some(changed) = wording::plan(outcome).filter(|_| !steps.is_empty()) else { return };
    prose.heading(&format!("Plan: {changed}"));
    for step in steps {
        let role = if step.mark == '=' { Role::Text } else { Role::Strong };
        prose.labelled(piece(Role::Strong, format!("  {} ", step.mark)), vec![piece(role, &*step.name)]);
        let figures = step.figures();
        if !figures.is_empty() {
            prose.labelled(piece(Role::Text, "      "), vec![piece(Role::Text, figures)]);
        }
    }
}

/// The plan as a baseline would have it.
fn measured(prose: &mut Prose, target: &Target) {
    let lines = target.measured.as_ref().map_or(&[][..], |measured| &measured.plan);
    if lines.is_empty() {
        return;
    }
    prose.heading("The plan now");
    for line in lines {
        let indent = line.len() - line.trim_start().len();
        let label = format!("  {}", " ".repeat(indent));
        prose.labelled(piece(Role::Code, label), vec![piece(Role::Code, line.trim_start())]);
    }
}

/// The SQL, or the page's address.
fn statement(prose: &mut Prose, outcome: &Outcome) {
    if outcome.source.text.trim().is_empty() {
        return;
    }
    prose.heading(match outcome.kind {
        Kind::Query => "Statement",
        Kind::Page => "Page",
    });
    for line in outcome.source.text.trim_end().lines() {
        prose.labelled(piece(Role::Text, "  "), vec![piece(Role::Code, line)]);
    }
}
