//! A review: targets of the gate that changed, and what is to become of each. Nothing is written before its end.

use perf_look_analyzers::gate::waivers::Terms;
use perf_look_analyzers::gate::{Baseline, Outcome, State as Ended};

use crate::state::Scroll;

/// What is reviewed.
#[derive(Debug, Clone)]
pub struct Review {
    /// What the gate says of all targets, in one line.
    pub headline: String,
    /// What changed, in the order of reports.
    pub targets: Vec<Target>,
    /// What a waiver has to be like.
    pub terms: Terms,
    /// Until when a waiver lasts unless something else is typed: `2027-01-31`.
    pub until: String,
}

/// A target that changed.
#[derive(Debug, Clone)]
pub struct Target {
    /// What the gate says of it.
    pub outcome: Outcome,
    /// What was accepted before; none where nothing was.
    pub accepted: Option<Baseline>,
    /// What was measured now; none where nothing was, or where its counters do not repeat.
    pub measured: Option<Baseline>,
}

impl Target {
    /// Why it cannot be accepted; none where it can.
    pub fn unacceptable(&self) -> Option<&'static str> {
        match (self.outcome.state, &self.measured) {
            (Ended::Unmeasured, _) => Some("it cannot be accepted: it was not measured"),
            (_, None) => Some("it cannot be accepted: its counters do not repeat"),
            (_, Some(_)) => None,
        }
    }

    /// Why it cannot be waived; none where it can.
    pub fn unwaivable(&self) -> Option<&'static str> {
        (!self.outcome.fails()).then_some("there is nothing to waive: nothing fails")
    }
}

/// What becomes of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// What was measured is right from now on.
    Accept {
        /// Why.
        reason: String,
    },
    /// What fails is tolerated for a while.
    Waive {
        /// Why.
        reason: String,
        /// Who takes it on.
        owner: String,
        /// The last day: `2027-01-31`.
        expires: String,
    },
    /// The change is to be mended: what was measured is forgotten.
    Reject,
    /// It waits.
    Skip,
}

impl Choice {
    /// The word on the screen.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::Waive { .. } => "waive",
            Self::Reject => "reject",
            Self::Skip => "skip",
        }
    }

    /// Whether something is written or removed for it.
    pub fn writes(&self) -> bool {
        *self != Self::Skip
    }
}

/// What is asked before a target is accepted or waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Why it is accepted.
    Reason,
    /// Why it is waived.
    Why,
    /// Who takes it on.
    Owner,
    /// Until when.
    Until,
}

/// What of a review is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Targets, to be decided on.
    #[default]
    Deciding,
    /// What will be written, from this line on.
    Leaving(usize),
}

/// What the user did in a review.
#[derive(Debug, Clone, Default)]
pub struct Reviewing {
    /// What becomes of each target; none where that is not decided.
    pub choices: Vec<Option<Choice>>,
    /// The list of targets.
    pub scroll: Scroll,
    /// What is on the screen.
    pub stage: Stage,
    /// Answers that were given before the last question.
    pub(crate) answers: Vec<String>,
    /// Targets that were decided on, and what was decided before.
    pub(crate) done: Vec<(usize, Option<Choice>)>,
}

impl Reviewing {
    pub(crate) fn new(targets: usize) -> Self {
        Self { choices: vec![None; targets], ..Self::default() }
    }

    /// How many targets were decided on.
    pub fn decided(&self) -> usize {
        self.choices.iter().flatten().count()
    }

    /// Targets for which something is written, and what.
    pub(crate) fn to_write(&self) -> impl Iterator<Item = (usize, &Choice)> {
        let decided = self.choices.iter().enumerate();
        decided.filter_map(|(place, choice)| choice.as_ref().map(|choice| (place, choice))).filter(|(_, c)| c.writes())
    }

    /// The next target from a place on that is not decided; from the top again.
    pub(crate) fn undecided_after(&self, place: usize) -> Option<usize> {
        let count = self.choices.len();
        (1..=count).map(|step| (place + step) % count).find(|place| self.choices[*place].is_none())
    }
}
