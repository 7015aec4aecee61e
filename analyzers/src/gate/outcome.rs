//! What the gate says of a target.

use crate::Comparison;

use super::inputs::Cause;
use super::observation::Kind;

/// A target and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// `suite/file#statement@binding`, `suite/page#steps`.
    pub target: String,
    /// What it is.
    pub kind: Kind,
    /// Where the statement stands, or the page's address.
    pub source: Source,
    /// How it ended.
    pub state: State,
    /// What was decided, the worst first.
    pub decisions: Vec<Decision>,
    /// What differs in what it was measured on, the likeliest explanation first.
    pub causes: Vec<Cause>,
    /// What a reader should know: counters that did not repeat, inputs that are not known.
    pub notes: Vec<String>,
    /// The plans or pages side by side, where both are known.
    pub comparison: Option<Box<Comparison>>,
}

/// Where a target is from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// The file, relative to the configuration; empty where there is none.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The SQL, or the page's address.
    pub text: String,
}

/// How a target ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Not worse.
    Passed,
    /// Worse.
    Regressed,
    /// There is no baseline to compare with.
    New,
    /// What it was measured on is another thing than that of the baseline.
    NotComparable,
    /// It could not be measured.
    Unmeasured,
}

impl State {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Regressed => "regressed",
            Self::New => "new",
            Self::NotComparable => "not comparable",
            Self::Unmeasured => "could not measure",
        }
    }
}

/// What a decision means for the exit code. Ordered: the last is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Less than was accepted.
    Better,
    /// Worth knowing.
    Note,
    /// Worth a look.
    Warn,
    /// The gate fails.
    Fail,
}

impl Level {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A decision on a counter, a plan or a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// `D1` and so on; of findings [`super::limits::FINDING`].
    pub id: &'static str,
    /// What it means.
    pub level: Level,
    /// The counter, or the rule of the finding.
    pub counter: String,
    /// A sentence without a full stop.
    pub headline: String,
    /// What is accepted; none where that is no number.
    pub reference: Option<f64>,
    /// What was measured.
    pub value: Option<f64>,
    /// Up to where it would not be worse.
    pub limit: Option<f64>,
    /// `rows`, `blocks`, `bytes`; empty for plain numbers.
    pub unit: &'static str,
    /// The node or the code; none for the whole target.
    pub place: Option<String>,
    /// The waiver that covers it.
    pub waived: Option<Waived>,
    /// The same in the next run: a digest of target, id and counter.
    pub fingerprint: String,
}

/// A decision that somebody takes on for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// The waiver's name.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: String,
    /// Until when: `2027-01-31`.
    pub expires: String,
}

impl Outcome {
    /// Whether a decision that nobody waived fails.
    pub fn fails(&self) -> bool {
        self.open().next().is_some()
    }

    /// What fails and nobody waived.
    pub fn open(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.level == Level::Fail && decision.waived.is_none())
    }

    /// A target that could not be measured.
    pub fn unmeasured(target: String, kind: Kind, source: Source, why: String) -> Self {
        Self {
            target,
            kind,
            source,
            state: State::Unmeasured,
            decisions: Vec::new(),
            causes: Vec::new(),
            notes: vec![why],
            comparison: None,
        }
    }
}

/// What the gate says of all targets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verdict {
    /// In the order of the configuration.
    pub outcomes: Vec<Outcome>,
    /// Baselines whose target there is not any more: `perf-look gate prune` removes them.
    pub orphans: Vec<String>,
    /// What a reader should know beside the targets: waivers that nothing uses, that expire soon, that have expired.
    pub notes: Vec<String>,
}

impl Verdict {
    /// How many targets ended in that way.
    pub fn count(&self, state: State) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.state == state).count()
    }

    /// The verdict in one line: `2 of 14 targets regressed; 1 new`.
    pub fn headline(&self) -> String {
        let all = self.outcomes.len();
        let targets = if all == 1 { "target" } else { "targets" };
        let bad = [
            (State::Regressed, "regressed"),
            (State::Unmeasured, "could not be measured"),
            (State::NotComparable, "not comparable"),
            (State::New, "without a baseline"),
        ];
        let mut parts = bad.into_iter().map(|(state, word)| (self.count(state), word)).filter(|(count, _)| *count > 0);
        let Some((count, word)) = parts.next() else { return format!("none of {all} {targets} is worse") };
        let first = format!("{count} of {all} {targets} {word}");
        parts.fold(first, |said, (count, word)| format!("{said}, {count} {word}"))
    }
}
