//! Findings that are known, and those that are new.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::report::Report;

use super::counters::is_counted;
use super::limits::FINDING;
use super::observation::Observation;
use super::outcome::{Decision, Level};

/// A finding as a baseline keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The rule.
    pub rule: String,
    /// Where, in words.
    pub place: String,
    /// `warn` or `error`.
    pub severity: String,
    /// The first number that speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stake: Option<f64>,
    /// What makes it the same one.
    pub fingerprint: String,
}

/// The findings of a report that rest on counts and are worth a look, by rule and place.
pub(super) fn known(report: &Report) -> Vec<Known> {
    let counted = report.findings.iter().filter(|finding| counts(finding));
    let mut known: Vec<Known> = counted.map(Known::of).collect();
    known.sort_by(|left, right| (&left.rule, &left.place).cmp(&(&right.rule, &right.place)));
    known
}

fn counts(finding: &Finding) -> bool {
    finding.severity >= Severity::Warn && is_counted(finding)
}

impl Known {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.0.to_owned(),
            place: finding.location.path().to_owned(),
            severity: finding.severity.as_str().to_owned(),
            stake: finding.evidence.first().map(|evidence| super::baseline::rounded(evidence.observed.value())),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

/// What the rules say that they did not say before, or of twice as much.
pub(super) fn decisions(before: &[Known], now: &Observation) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for finding in now.report.findings.iter().filter(|finding| counts(finding)) {
        let was = before.iter().find(|known| known.fingerprint == finding.fingerprint);
        let stake = finding.evidence.first().map(|evidence| evidence.observed.value());
        let grew = was.and_then(|was| Some(stake? > 2.0 * was.stake?)).unwrap_or(false);
        if was.is_some() && !grew {
            continue;
        }
        decisions.push(decision(&now.target, finding, was));
    }
    decisions
}

fn decision(target: &str, finding: &Finding, was: Option<&Known>) -> Decision {
    let level = if finding.severity == Severity::Error { Level::Fail } else { Level::Warn };
    let how = if was.is_some() { "twice as much at stake" } else { "new finding" };
    Decision {
        id: FINDING,
        level,
        counter: finding.rule.0.to_owned(),
        headline: format!("{how}: {}", finding.headline),
        reference: was.and_then(|was| was.stake),
        value: finding.evidence.first().map(|evidence| evidence.observed.value()),
        limit: finding.evidence.first().and_then(|evidence| evidence.limit).map(crate::quantity::Quantity::value),
        unit: finding.evidence.first().map_or("", |evidence| evidence.observed.unit()),
        place: Some(finding.location.path().to_owned()),
        waived: None,
        fingerprint: crate::digest::digest([target, FINDING, finding.fingerprint.as_str()]),
    }
}
