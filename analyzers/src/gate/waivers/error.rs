//! What can be wrong with a waiver, and where.

use std::fmt;

use time::Date;

use crate::safe;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct WaiverError {
    /// The file.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for WaiverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = format!("{}:{}:{}: {}", self.source, self.line, self.column, self.problem);
        f.write_str(&safe::line(&message))
    }
}

impl std::error::Error for WaiverError {}

/// What can be wrong with a waiver.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The text is not of the form at all.
    #[error("{0}")]
    Syntax(String),
    /// There is no such key.
    #[error("unknown key {key}: {}", suggestion(.nearest.as_deref(), .known))]
    UnknownKey {
        /// As it was written.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// All that there are.
        known: &'static [&'static str],
    },
    /// A key is there twice.
    #[error("{0} is given twice: remove one")]
    Twice(String),
    /// A key is missing.
    #[error("a waiver needs {0}: for example {1}")]
    Missing(&'static str, &'static str),
    /// Neither a rule nor a metric, or both.
    #[error("a waiver is of one rule or of one metric: give either rule or metric")]
    NotOneSubject,
    /// A value of another type.
    #[error("{key} is {found}: it has to be {expected}")]
    WrongType {
        /// Whose value.
        key: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A text without a character.
    #[error("{0} is empty: write something, or leave it out")]
    Empty(&'static str),
    /// A reason that says nothing.
    #[error("the reason has {characters} characters: say in at least {least} why this has to be tolerated")]
    ShortReason {
        /// How many it has.
        characters: usize,
        /// How many it has to have.
        least: usize,
    },
    /// No day of the calendar.
    #[error("{0} is no day: write it as 2027-01-31")]
    NoDate(String),
    /// Further ahead than is allowed.
    #[error("{asked} is too far ahead: a waiver lasts {days} days at most, until {last} from today")]
    TooLong {
        /// The day that was asked for.
        asked: Date,
        /// How many days are allowed.
        days: i64,
        /// The last day that is allowed.
        last: Date,
    },
    /// Gone by already.
    #[error("{0} is past: give a day that is to come")]
    Past(Date),
    /// A number that no value can reach, or that is none.
    #[error("a ceiling is a number of 0 or more, not {0}")]
    BadCeiling(String),
    /// A glob that cannot be read.
    #[error("{0} is no glob: {1}")]
    BadGlob(String, String),
    /// A glob that waives whatever there is.
    #[error("{0} matches everything: name a file, a query or a page in it")]
    Everything(String),
    /// Another waiver has this id.
    #[error("there is a waiver {0} already, at {1}: give this one another id")]
    Duplicate(String, String),
}

/// Below this a name is not a slip of the finger but another name.
const NEAR: f64 = 0.6;

impl Problem {
    /// A key that there is not, with the nearest that there is.
    pub(super) fn unknown(key: &str, known: &'static [&'static str]) -> Self {
        let close = known.iter().map(|name| (strsim::normalized_damerau_levenshtein(key, name), *name));
        let nearest = close.max_by(|left, right| left.0.total_cmp(&right.0)).filter(|(near, _)| *near >= NEAR);
        Self::UnknownKey { key: key.to_owned(), nearest: nearest.map(|(_, name)| name.to_owned()), known }
    }
}

fn suggestion(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(name) => format!("did you mean {name}?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// The line and column of a place in a text, both from 1, the column in characters.
pub(super) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
