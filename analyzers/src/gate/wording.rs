//! Sentences that reports and screens say of a target, worded once. Not yet safe to show.

use crate::Comparison;
use crate::compare::{Change, Difference, Figures, Pair};
use crate::quantity::grouped;

use super::limits;
use super::outcome::{Decision, Level, Outcome, Source, State, Waived};

/// One word for a target, which is what a colour would say.
pub fn state(outcome: &Outcome) -> &'static str {
    match outcome.state {
        State::Regressed => "fail",
        State::Passed => "pass",
        State::New => "no baseline",
        State::NotComparable | State::Unmeasured => outcome.state.as_str(),
    }
}

/// `queries/orders.sql:12`; none where there is no file.
pub fn place(source: &Source) -> Option<String> {
    match (source.file.as_str(), source.line) {
        ("", _) => None,
        (file, 0) => Some(file.to_owned()),
        (file, line) => Some(format!("{file}:{line}")),
    }
}

/// `D4`, of findings the rule: what a waiver names.
pub fn rule(decision: &Decision) -> String {
    if decision.id == limits::FINDING {
        format!("{} {}", decision.id, decision.counter)
    } else {
        decision.id.to_owned()
    }
}

/// Up to where it would pass; none of findings, whose sentences have their own.
fn limit(decision: &Decision) -> Option<String> {
    let limit = decision.limit.filter(|_| decision.id != limits::FINDING)?;
    let unit = if decision.unit.is_empty() { String::new() } else { format!(" {}", decision.unit) };
    Some(format!("limit {}{unit}", grouped(limit)))
}

/// Where it is, and up to where it would pass. What is better needs neither.
pub fn details(decision: &Decision) -> Option<String> {
    if decision.level == Level::Better {
        return None;
    }
    let place = decision.place.as_ref().map(|place| format!("at {place}"));
    let parts: Vec<String> = place.into_iter().chain(limit(decision)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Who took it on, why, and until when.
pub fn waived(waived: &Waived) -> String {
    format!("waived by {} until {} ({}): {}", waived.id, waived.expires, waived.owner, waived.reason)
}

/// A number as people read it: whole, or with two decimals.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1_000.0 { grouped(value.round()) } else { format!("{value:.2}") }
}

/// A step of a plan that changed.
pub struct Step {
    /// `+`, `-`, `~` or `=`, so that colour is not the only sign.
    pub mark: char,
    /// What it was and what it is.
    pub name: String,
    /// What changed: `access path`.
    pub why: String,
    /// `6 → 19,994`; empty where it is not known.
    pub rows: String,
    /// The blocks that it asks for itself.
    pub blocks: String,
}

impl Step {
    /// The step on one line.
    pub fn line(&self) -> String {
        format!("{} {}: {}", self.mark, self.name, self.figures())
    }

    /// What changed in it, its rows and its blocks.
    pub fn figures(&self) -> String {
        let figures = [(&self.rows, "rows"), (&self.blocks, "blocks")];
        let figures =
            figures.iter().filter(|(figure, _)| !figure.is_empty()).map(|(figure, what)| format!("{figure} {what}"));
        let why = (!self.why.is_empty()).then(|| self.why.clone());
        let parts: Vec<String> = why.into_iter().chain(figures).collect();
        parts.join(", ")
    }
}

/// The steps of a target's plan that changed, or whose figures did.
pub fn steps(outcome: &Outcome) -> Vec<Step> {
    let Some(comparison) = outcome.comparison.as_deref() else { return Vec::new() };
    let Some(difference) = comparison.differences.first() else { return Vec::new() };
    difference.pairs.iter().filter_map(|pair| step(comparison, difference, pair)).collect()
}

fn step(comparison: &Comparison, difference: &Difference, pair: &Pair) -> Option<Step> {
    let (was, is) = comparison.figures(difference, pair);
    let differs = |was: Option<f64>, is: Option<f64>| was.map(grouped) != is.map(grouped);
    let is_same = pair.change == Change::Same && pair.moved.is_empty();
    if is_same && !differs(was.rows, is.rows) && !differs(was.blocks, is.blocks) {
        return None;
    }
    Some(Step {
        mark: if is_same { '=' } else { pair.mark() },
        name: comparison.step(difference, pair),
        why: comparison.why(pair),
        rows: both(&was, &is, |figures| figures.rows),
        blocks: both(&was, &is, |figures| figures.blocks),
    })
}

fn both(was: &Figures, is: &Figures, of: impl Fn(&Figures) -> Option<f64>) -> String {
    match (of(was).map(grouped), of(is).map(grouped)) {
        (None, None) => String::new(),
        (was, is) if was == is => was.unwrap_or_default(),
        (was, is) => format!("{} → {}", was.as_deref().unwrap_or("-"), is.as_deref().unwrap_or("-")),
    }
}

/// How much of the plan changed; none where there are no two plans.
pub fn plan(outcome: &Outcome) -> Option<String> {
    let difference = outcome.comparison.as_deref()?.differences.first()?;
    Some(difference.changed())
}
