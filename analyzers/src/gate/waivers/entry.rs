//! One waiver, and what holds for its fields however they were written.

use globset::{GlobBuilder, GlobMatcher};
use time::{Date, Month};

use super::Terms;
use super::error::{Problem, WaiverError};

/// How many characters a reason has at least.
const REASON: usize = 10;

/// What is tolerated, why and until when.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// By which name it is spoken of; no two have the same.
    pub id: String,
    /// What of a target is tolerated.
    pub of: Waived,
    /// The targets, as it was written.
    pub target: String,
    /// Up to which value, itself included; without one, any.
    pub ceiling: Option<f64>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day that it holds.
    pub expires: Date,
    /// Where it is to be mended.
    pub issue: Option<String>,
    /// The file that it stands in.
    pub source: String,
    /// The line in it, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// What a waiver tolerates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waived {
    /// What a rule of this name finds.
    Rule(String),
    /// A metric of this name.
    Metric(String),
}

impl Waived {
    /// The name of the rule or the metric.
    pub fn name(&self) -> &str {
        match self {
            Self::Rule(name) | Self::Metric(name) => name,
        }
    }
}

impl Waiver {
    /// `file:line:column`.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.source, self.line, self.column)
    }

    pub(super) fn error(&self, problem: Problem) -> WaiverError {
        WaiverError { source: self.source.clone(), line: self.line, column: self.column, problem }
    }
}

/// A day as `2027-01-31`, not further ahead than the terms allow.
pub(super) fn expires(text: &str, terms: Terms) -> Result<Date, Problem> {
    let date = day(text).ok_or_else(|| Problem::NoDate(text.to_owned()))?;
    let longest = i64::from(terms.longest);
    if (date - terms.today).whole_days() <= longest {
        return Ok(date);
    }
    let last = terms.today.saturating_add(time::Duration::days(longest));
    Err(Problem::TooLong { asked: date, days: longest, last })
}

fn day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// A reason as a waiver takes it. The error is of one that says too little.
pub fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let characters = text.chars().count();
    if characters < REASON { Err(Problem::ShortReason { characters, least: REASON }) } else { Ok(text.to_owned()) }
}

/// A glob over targets: `*` stays within a folder, `**` does not.
pub(super) fn glob(pattern: &str) -> Result<GlobMatcher, Problem> {
    let built = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    let glob = built.map_err(|error| Problem::BadGlob(pattern.to_owned(), error.kind().to_string()))?.compile_matcher();
    if EVERYTHING.iter().any(|target| glob.is_match(target)) {
        return Err(Problem::Everything(pattern.to_owned()));
    }
    Ok(glob)
}

/// Targets of every form that nobody has: a glob that matches one of them names nothing.
const EVERYTHING: [&str; 8] = [
    "\u{f8f0}",
    "\u{f8f0}#\u{f8f1}",
    "\u{f8f0}/\u{f8f1}",
    "\u{f8f0}/\u{f8f1}#\u{f8f2}",
    "\u{f8f0}/\u{f8f1}#\u{f8f2}@\u{f8f3}",
    "\u{f8f0}.sql#\u{f8f2}",
    "\u{f8f0}/\u{f8f1}.sql#\u{f8f2}",
    "\u{f8f0}/\u{f8f1}.sql#\u{f8f2}@\u{f8f3}",
];
