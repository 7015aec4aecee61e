//! What was accepted of a target: a file of the repository that reads as a plan in a difference of two versions.
//!
//! It holds no time, no host and no absolute path; the same observation gives the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::postgres::parse;
use crate::postgres::plan::Plan;

use super::counters::{self, Counter, WORK_MODEL};
use super::findings::Known;
use super::inputs::Inputs;
use super::limits::PAGE_WORK;
use super::observation::{Kind, Observation};
use super::plan_text;
use super::shape::Shape;
use super::spots;

/// The schema of the files.
pub const SCHEMA: &str = "perf-look.baseline/1";

/// What was accepted of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`SCHEMA`].
    pub schema: String,
    /// The target's name.
    pub target: String,
    /// What it is.
    pub kind: Kind,
    /// See [`Observation::fingerprint`].
    pub fingerprint: String,
    /// Why it was accepted the last time.
    pub accepted: String,
    /// The version of [`super::counters::work`].
    pub work_model: u32,
    /// The counters that repeated, by name.
    pub metrics: BTreeMap<String, Number>,
    /// Of counters of work the places that did most, by counter; empty of statements.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spots: BTreeMap<String, BTreeMap<String, Number>>,
    /// The plan's shape; none of pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// The plan, a node a line, as Postgres' TEXT format has it; empty of pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<String>,
    /// What the rules said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Known>,
    /// What it was measured on.
    pub inputs: Inputs,
    /// What a later version wrote and this one does not know.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// A count as a file has it: whole where it is whole, else with four digits that count.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Above this, numbers of f64 are not all whole.
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() < WHOLE {
            #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
            return serializer.serialize_i64(self.0 as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

/// A number with at most four digits that count, unless it is whole.
pub(super) fn rounded(value: f64) -> f64 {
    if value.fract() == 0.0 {
        return value;
    }
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Why a file is no baseline.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaselineError {
    /// A file that another version wrote.
    #[error("the baseline is \"{}\", and this perf-look reads \"{SCHEMA}\"; accept the target again to write it anew", crate::safe::line(.0))]
    Version(String),
    /// Not what a baseline looks like.
    #[error("line {line}, column {column}: not a baseline: {}", crate::safe::line(why))]
    Broken {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// Its plan cannot be read.
    #[error("the plan in it cannot be read: {0}")]
    Plan(String),
}

impl Baseline {
    /// The baseline that an observation becomes when it is accepted. The error names the counters that did not repeat.
    ///
    /// Counters of work are only left out then: a page that moves something each frame would never be accepted.
    pub fn of(observation: &Observation, reason: &str) -> Result<Self, Vec<String>> {
        let unstable = observation.differing().filter(|(name, _)| !counters::is_work(name)).map(differs);
        let unstable: Vec<String> = unstable.collect();
        if !unstable.is_empty() {
            return Err(unstable);
        }
        let repeated = |name: &str| observation.differing().all(|(other, _)| other != name);
        let metrics = observation.counted.iter().filter(|(name, _)| repeated(name));
        let spots = observation.spots.iter().filter(|(counter, _)| repeated(counter));
        Ok(Self {
            schema: SCHEMA.to_owned(),
            target: observation.target.clone(),
            kind: observation.kind,
            fingerprint: observation.fingerprint.clone(),
            accepted: reason.to_owned(),
            work_model: WORK_MODEL,
            metrics: metrics.map(|(name, counter)| (name.clone(), Number(rounded(counter.value)))).collect(),
            spots: spots.map(|(counter, spots)| ((*counter).to_owned(), spots::kept(spots))).collect(),
            shape: observation.shape.clone(),
            plan: observation.plan().map(plan_text::lines).unwrap_or_default(),
            findings: observation.findings.clone(),
            inputs: observation.inputs.clone(),
            unknown: BTreeMap::new(),
        })
    }

    /// Reads a file.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let broken = |error: serde_json::Error| {
            let message = error.to_string();
            let why = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
            BaselineError::Broken { line: error.line().max(1), column: error.column().max(1), why }
        };
        let header: Header = serde_json::from_str(text).map_err(broken)?;
        if header.schema != SCHEMA {
            return Err(BaselineError::Version(header.schema));
        }
        let baseline: Self = serde_json::from_str(text).map_err(broken)?;
        if baseline.kind == Kind::Query {
            baseline.plan().map_err(BaselineError::Plan)?;
        }
        Ok(baseline)
    }

    /// The file: the same baseline gives the same bytes.
    pub fn text(&self) -> String {
        match serde_json::to_string_pretty(self) {
            Ok(text) => format!("{text}\n"),
            Err(error) => unreachable!("maps with names as keys are JSON: {error}"),
        }
    }

    /// The plan that was accepted; none of pages.
    pub fn plan(&self) -> Result<Option<Plan>, String> {
        if self.plan.is_empty() {
            return Ok(None);
        }
        let parsed = parse::parse(&self.plan.join("\n")).map_err(|error| error.to_string())?;
        Ok(parsed.plans.into_iter().next())
    }

    /// The same where this is better, and what was accepted where it is not: limits only go down.
    #[must_use]
    pub fn lowered(&self, now: &Self) -> Self {
        let lower = |name: &String, was: Number| now.metrics.get(name).map_or(was, |is| Number(was.0.min(is.0)));
        let metrics = self.metrics.iter().map(|(name, was)| (name.clone(), lower(name, *was))).collect();
        Self { metrics, ..now.clone() }
    }
}

impl Observation {
    /// The counters that did not repeat, in words: they cannot be judged.
    pub fn unstable(&self) -> Vec<String> {
        self.differing().map(differs).collect()
    }

    fn differing(&self) -> impl Iterator<Item = (&str, &Counter)> {
        let all = self.counted.iter().map(|(name, counter)| (name.as_str(), counter));
        all.filter(|(name, counter)| !repeats(name, counter))
    }
}

fn differs((name, counter): (&str, &Counter)) -> String {
    let (one, other) = (counter.value, counter.value + counter.spread);
    format!("{name} was {} and {}", super::wording::number(one), super::wording::number(other))
}

/// Whether two measurements of a counter are near enough to be judged.
pub(super) fn repeats(name: &str, counter: &Counter) -> bool {
    /// What varies by this part of its limit is not taken for a change.
    const OF_LIMIT: f64 = 0.1;
    let allowed = match name {
        _ if counters::is_near(name) => 1.0,
        _ if counters::is_work(name) => OF_LIMIT * PAGE_WORK.absolute.max(PAGE_WORK.relative * counter.value),
        _ => 0.0,
    };
    counter.spread <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_or_short() {
        assert_eq!(serde_json::to_string(&Number(41.0)).unwrap(), "41");
        assert_eq!(serde_json::to_string(&Number(rounded(1.234_567))).unwrap(), "1.235");
        assert_eq!(serde_json::to_string(&Number(rounded(123_456.7))).unwrap(), "123500");
    }

    #[test]
    fn a_file_of_another_version_says_so() {
        let text = r#"{"schema": "perf-look.baseline/9"}"#;
        assert_eq!(Baseline::read(text), Err(BaselineError::Version("perf-look.baseline/9".to_owned())));
        assert!(matches!(Baseline::read("{"), Err(BaselineError::Broken { .. })));
    }
}
