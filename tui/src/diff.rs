//! What the run is compared with, and which pairs of steps, or places of pages, are listed.

mod page;

use perf_look_analyzers::Report;
use perf_look_analyzers::compare::pages::Fate;
use perf_look_analyzers::compare::{Comparison, Difference, PageDifference, Pair};
use perf_look_analyzers::finding::{Location, Of};
use perf_look_analyzers::report::Skipped;

use crate::action::{Message, Way};
use crate::model::Model;

pub(crate) use page::PageRow;

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
    /// The rows of two pages.
    pub(crate) page_rows: Vec<PageRow>,
    /// Which of the runs before is compared with, counted back from the last.
    pub back: usize,
    /// What the rows were made for.
    made_for: Option<MadeFor>,
    /// What is compared with where that is not the run before.
    chosen: Option<Chosen>,
}

/// A comparison that was asked for.
#[derive(Debug, Clone)]
enum Chosen {
    /// With the statement that was pinned: of these two alone.
    Statement(Comparison),
    /// With a run before the last.
    Run(Comparison),
}

/// What is compared, and how much of it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MadeFor {
    pinned: Option<Of>,
    subject: Of,
    back: usize,
    /// A new run moves all of them.
    runs: usize,
    kept: Kept,
}

impl DiffState {
    /// Makes comparison and rows anew where something else is compared; says whether it did.
    pub(crate) fn follow(&mut self, model: &Model, (pinned, subject): (Option<Of>, Of)) -> bool {
        let wanted = MadeFor { pinned, subject, back: self.back, runs: model.before().len(), kept: self.kept };
        let before = self.made_for.replace(wanted);
        if before == Some(wanted) {
            return false;
        }
        if before.is_none_or(|before| MadeFor { kept: self.kept, ..before } != wanted) {
            self.chosen = self.other_than_the_last(model, (pinned, subject));
        }
        self.page_rows = match self.page_difference(model, subject) {
            None => Vec::new(),
            Some((comparison, difference)) => page::rows(comparison, difference, self.kept),
        };
        self.rows = match self.difference(model, subject) {
            None if !self.page_rows.is_empty() => (0..self.page_rows.len()).collect(),
            None => Vec::new(),
            Some((comparison, difference)) => {
                let pairs = difference.pairs.iter().enumerate();
                pairs.filter(|(_, pair)| self.keeps(comparison, difference, pair)).map(|(place, _)| place).collect()
            }
        };
        true
    }

    /// The comparison with the run before stands in the model; any other is made here.
    fn other_than_the_last(&self, model: &Model, (pinned, subject): (Option<Of>, Of)) -> Option<Chosen> {
        let report = model.report();
        if let Some(with) = pinned.filter(|pinned| *pinned != subject) {
            return Some(Chosen::Statement(Comparison::of(alone(report, with), alone(report, subject))));
        }
        // Of several captures of pages each is compared with the one before.
        if let Of::Page(place @ 1..) = subject
            && pinned.is_none()
            && model.before().is_empty()
        {
            return Some(Chosen::Statement(Comparison::of(alone(report, Of::Page(place - 1)), alone(report, subject))));
        }
        let run = model.before().iter().rev().nth(self.back).filter(|_| self.back > 0)?;
        Some(Chosen::Run(Comparison::of(run.clone(), report.clone())))
    }

    /// Goes to an earlier run or a later one, and says which.
    pub(crate) fn choose(&mut self, model: &Model, way: Way) -> Message {
        let runs = model.before().len();
        if runs == 0 {
            return Message::Note("there is no earlier run; r runs the statement again".to_owned());
        }
        self.back = match way {
            Way::Previous => (self.back + 1).min(runs - 1),
            Way::Next => self.back.saturating_sub(1),
        };
        Message::Note(format!("5 compares with run {} of {}", runs - self.back, runs + 1))
    }

    /// Which of the runs is compared with, where that could be another one.
    pub(crate) fn run(&self, model: &Model) -> Option<String> {
        let runs = model.before().len();
        let is_a_run = !matches!(self.chosen, Some(Chosen::Statement(_)));
        (is_a_run && runs > 1).then(|| format!("run {} of {}", runs - self.back, runs + 1))
    }

    /// What the statement is compared with: what was pinned here, else the run that was chosen, else the one before.
    pub fn difference<'a>(&'a self, model: &'a Model, subject: Of) -> Option<(&'a Comparison, &'a Difference)> {
        let comparison = match &self.chosen {
            Some(Chosen::Statement(comparison)) => return Some((comparison, comparison.differences.first()?)),
            Some(Chosen::Run(comparison)) => comparison,
            None => model.comparison()?,
        };
        let difference = comparison.differences.iter().find(|difference| Of::Plan(difference.after) == subject)?;
        Some((comparison, difference))
    }

    /// What a page is compared with, as [`DiffState::difference`].
    pub fn page_difference<'a>(
        &'a self,
        model: &'a Model,
        subject: Of,
    ) -> Option<(&'a Comparison, &'a PageDifference)> {
        let Of::Page(page) = subject else { return None };
        let comparison = match &self.chosen {
            Some(Chosen::Statement(comparison)) => return Some((comparison, comparison.pages.first()?)),
            Some(Chosen::Run(comparison)) => comparison,
            None => model.comparison()?,
        };
        Some((comparison, comparison.pages.iter().find(|difference| difference.after == page)?))
    }

    /// Of the rows those that changed, in their order.
    pub(crate) fn changes(&self, model: &Model, subject: Of) -> Vec<usize> {
        let Some((comparison, difference)) = self.difference(model, subject) else {
            let rows = self.page_rows.iter().enumerate();
            return rows.filter(|(_, row)| row.fate != Fate::Same).map(|(place, _)| place).collect();
        };
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, pair)| is_changed(comparison, difference, &difference.pairs[**pair]))
            .map(|(row, _)| row)
            .collect()
    }

    fn keeps(&self, comparison: &Comparison, difference: &Difference, pair: &Pair) -> bool {
        match self.kept {
            Kept::All => true,
            Kept::Worse => telling_delta(comparison, difference, pair).is_some_and(|delta| delta > 0.0),
            Kept::Changed => is_changed(comparison, difference, pair),
        }
    }
}

/// In its shape or in its time.
fn is_changed(comparison: &Comparison, difference: &Difference, pair: &Pair) -> bool {
    pair.change.counts() || !pair.moved.is_empty() || telling_delta(comparison, difference, pair).is_some()
}

/// How much longer a step took itself, in ms, where that is a hundredth of the longer run or more.
pub(crate) fn telling_delta(comparison: &Comparison, difference: &Difference, pair: &Pair) -> Option<f64> {
    const TELLS: f64 = 0.01;
    let (before, after) = comparison.subjects(difference);
    let whole = before.attribution.execution.unwrap_or_default().max(after.attribution.execution.unwrap_or_default());
    let delta = comparison.delta(difference, pair)?.0;
    (delta.abs() >= TELLS * whole.0 && delta.abs() > 0.0).then_some(delta)
}

/// A report of one statement or page.
fn alone(report: &Report, of: Of) -> Report {
    let here = report.findings.iter().filter(|finding| finding.location.of() == of);
    let findings = here.cloned().map(|mut finding| {
        match &mut finding.location {
            Location::Plan { subject, .. } => *subject = 0,
            Location::Page { page, .. } => *page = 0,
        }
        finding
    });
    let (subject, page, first) = match of {
        Of::Plan(index) => (report.subjects.get(index).cloned(), None, Of::Plan(0)),
        Of::Page(index) => (None, report.pages.get(index).cloned(), Of::Page(0)),
    };
    let skipped = report.skipped.iter().filter(|skipped| skipped.of == of);
    Report {
        subjects: subject.into_iter().collect(),
        pages: page.into_iter().collect(),
        findings: findings.collect(),
        skipped: skipped.cloned().map(|skipped| Skipped { of: first, ..skipped }).collect(),
        off: report.off.clone(),
        overview: None,
        rejects: Vec::new(),
        workload: None,
    }
}
