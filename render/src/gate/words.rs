//! Sentences that more than one format says of a verdict, worded once. Not yet safe to show.

use perf_look_analyzers::Comparison;
use perf_look_analyzers::compare::{Change, Difference, Figures, Pair};
use perf_look_analyzers::gate::outcome::{Source, Waived};
use perf_look_analyzers::gate::{Decision, Level, Outcome, State, Verdict, limits};
use perf_look_analyzers::quantity::grouped;

use crate::comparison;

/// The verdict in one line that begins with what it comes to: `fail: 2 of 14 targets regressed`.
pub(crate) fn headline(verdict: &Verdict) -> String {
    let word = match verdict.state() {
        State::Regressed => "fail",
        State::Unmeasured | State::NotComparable => "not decided",
        State::New => "new",
        State::Passed => "pass",
    };
    format!("{word}: {}", verdict.headline())
}

/// One word for a target, which is what a colour would say.
pub(crate) fn state(outcome: &Outcome) -> &'static str {
    match outcome.state {
        State::Regressed => "fail",
        State::Passed => "pass",
        State::New => "no baseline",
        State::NotComparable | State::Unmeasured => outcome.state.as_str(),
    }
}

/// `queries/orders.sql:12`; none where there is no file.
pub(crate) fn place(source: &Source) -> Option<String> {
    match (source.file.as_str(), source.line) {
        ("", _) => None,
        (file, 0) => Some(file.to_owned()),
        (file, line) => Some(format!("{file}:{line}")),
    }
}

/// `D4`, of findings the rule: what a waiver names.
pub(crate) fn rule(decision: &Decision) -> String {
    if decision.id == limits::FINDING {
        format!("{} {}", decision.id, decision.counter)
    } else {
        decision.id.to_owned()
    }
}

/// Up to where it would pass; none of findings, whose sentences have their own.
pub(crate) fn limit(decision: &Decision) -> Option<String> {
    let limit = decision.limit.filter(|_| decision.id != limits::FINDING)?;
    let unit = if decision.unit.is_empty() { String::new() } else { format!(" {}", decision.unit) };
    Some(format!("limit {}{unit}", grouped(limit)))
}

/// Where it is, and up to where it would pass. What is better needs neither.
pub(crate) fn details(decision: &Decision) -> Option<String> {
    if decision.level == Level::Better {
        return None;
    }
    let place = decision.place.as_ref().map(|place| format!("at {place}"));
    let parts: Vec<String> = place.into_iter().chain(limit(decision)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Who took it on, why, and until when.
pub(crate) fn waived(waived: &Waived) -> String {
    format!("waived by {} until {} ({}): {}", waived.id, waived.expires, waived.owner, waived.reason)
}

/// The command that accepts what a target is now, as a shell takes it; none where there is nothing to accept. The reason
/// is for who runs it to say.
pub(crate) fn accept(outcome: &Outcome) -> Option<String> {
    match outcome.state {
        State::Regressed | State::New | State::NotComparable => {
            Some(format!("perf-look gate accept {} --reason 'WHY'", quoted(&outcome.target)))
        }
        State::Passed | State::Unmeasured => None,
    }
}

/// One word of a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A step of a plan that changed.
pub(crate) struct Step {
    /// `+`, `-`, `~` or `=`, so that colour is not the only sign.
    pub(crate) mark: char,
    /// What it was and what it is.
    pub(crate) name: String,
    /// What changed: `access path`.
    pub(crate) why: String,
    /// `6 → 19,994`; empty where it is not known.
    pub(crate) rows: String,
    /// The blocks that it asks for itself.
    pub(crate) blocks: String,
}

impl Step {
    /// The step on one line.
    pub(crate) fn line(&self) -> String {
        let figures = [(&self.rows, "rows"), (&self.blocks, "blocks")];
        let figures =
            figures.iter().filter(|(figure, _)| !figure.is_empty()).map(|(figure, what)| format!("{figure} {what}"));
        let why = (!self.why.is_empty()).then(|| self.why.clone());
        let parts: Vec<String> = why.into_iter().chain(figures).collect();
        format!("{} {}: {}", self.mark, self.name, parts.join(", "))
    }
}

/// The steps of a target's plan that changed, or whose figures did.
pub(crate) fn steps(outcome: &Outcome) -> Vec<Step> {
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
        mark: if is_same { '=' } else { comparison::mark(pair) },
        name: comparison::step(comparison, difference, pair),
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
pub(crate) fn plan(outcome: &Outcome) -> Option<String> {
    let difference = outcome.comparison.as_deref()?.differences.first()?;
    Some(comparison::changed(difference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_word_of_a_shell() {
        assert_eq!(quoted("shop/orders.sql"), "shop/orders.sql");
        assert_eq!(quoted("shop/orders.sql#lookup"), "'shop/orders.sql#lookup'");
        assert_eq!(quoted("a'$(rm -rf x)`"), r"'a'\''$(rm -rf x)`'");
    }
}
