//! What the run is compared with, and which pairs of steps are listed.

use perf_look_analyzers::Report;
use perf_look_analyzers::compare::{Comparison, Difference, Pair};

use crate::model::Model;

/// Which pairs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// What changed its shape or its time.
    #[default]
    Changed,
    /// What takes longer than before.
    Worse,
    /// Every pair.
    All,
}

impl Kept {
    /// The words of the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed only",
            Self::Worse => "worse only",
            Self::All => "all",
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Changed => Self::Worse,
            Self::Worse => Self::All,
            Self::All => Self::Changed,
        }
    }
}

/// The screen Diff as the user left it.
#[derive(Debug, Clone, Default)]
pub struct DiffState {
    /// Which pairs are listed.
    pub kept: Kept,
    /// The pairs that are listed, by their place in the difference.
    pub rows: Vec<usize>,
    /// What the rows were made for.
    made_for: Option<(Option<usize>, usize, Kept)>,
    /// The comparison with the statement that was pinned.
    pinned: Option<Comparison>,
}

impl DiffState {
    /// Makes comparison and rows anew where something else is compared; says whether it did.
    pub(crate) fn follow(&mut self, model: &Model, (pinned, subject): (Option<usize>, usize)) -> bool {
        let wanted = Some((pinned, subject, self.kept));
        if self.made_for == wanted {
            return false;
        }
        let is_other = self.made_for.is_none_or(|(with, of, _)| (with, of) != (pinned, subject));
        self.made_for = wanted;
        if is_other {
            let with = pinned.filter(|pinned| *pinned != subject);
            self.pinned = with.map(|with| Comparison::of(alone(model.report(), with), alone(model.report(), subject)));
        }
        self.rows = match self.difference(model, subject) {
            None => Vec::new(),
            Some((comparison, difference)) => {
                let pairs = difference.pairs.iter().enumerate();
                pairs.filter(|(_, pair)| self.keeps(comparison, difference, pair)).map(|(place, _)| place).collect()
            }
        };
        true
    }

    /// What the statement is compared with: what was pinned here, else the report from before.
    pub fn difference<'a>(&'a self, model: &'a Model, subject: usize) -> Option<(&'a Comparison, &'a Difference)> {
        if let Some(comparison) = &self.pinned {
            return Some((comparison, comparison.differences.first()?));
        }
        let comparison = model.comparison()?;
        let difference = comparison.differences.iter().find(|difference| difference.after == subject)?;
        Some((comparison, difference))
    }

    fn keeps(&self, comparison: &Comparison, difference: &Difference, pair: &Pair) -> bool {
        let delta = telling_delta(comparison, difference, pair);
        match self.kept {
            Kept::All => true,
            Kept::Worse => delta.is_some_and(|delta| delta > 0.0),
            Kept::Changed => pair.change.counts() || !pair.moved.is_empty() || delta.is_some(),
        }
    }
}

/// How much longer a step took itself, in ms, where that is a hundredth of the longer run or more.
pub(crate) fn telling_delta(comparison: &Comparison, difference: &Difference, pair: &Pair) -> Option<f64> {
    const TELLS: f64 = 0.01;
    let (before, after) = comparison.subjects(difference);
    let whole = before.attribution.execution.unwrap_or_default().max(after.attribution.execution.unwrap_or_default());
    let delta = comparison.delta(difference, pair)?.0;
    (delta.abs() >= TELLS * whole.0 && delta.abs() > 0.0).then_some(delta)
}

/// A report of one statement.
fn alone(report: &Report, subject: usize) -> Report {
    let here = report.findings.iter().filter(|finding| finding.location.subject == subject);
    let findings = here.cloned().map(|mut finding| {
        finding.location.subject = 0;
        finding
    });
    Report {
        subjects: report.subjects.get(subject).cloned().into_iter().collect(),
        findings: findings.collect(),
        ..Report::default()
    }
}
