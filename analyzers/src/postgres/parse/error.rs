//! What can be wrong with a text that should be a plan.

use thiserror::Error;

/// A text that is no plan: where, what stands there, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct ParsePlanError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What would have been right here.
    pub expected: String,
    /// What stands here instead, shortened.
    pub found: String,
}

impl ParsePlanError {
    /// An error at a place.
    pub fn at(line: usize, column: usize, expected: impl Into<String>, found: &str) -> Self {
        Self { line, column, expected: expected.into(), found: excerpt(found) }
    }
}

/// What a builder refuses; the parser that called it adds the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected {expected}, found {found}")]
pub(super) struct Refused {
    pub(super) expected: String,
    pub(super) found: String,
}

impl Refused {
    pub(super) fn new(expected: impl Into<String>, found: &str) -> Self {
        Self { expected: expected.into(), found: excerpt(found) }
    }
}

/// Line and column, from 1, of a byte of a text.
pub(super) fn place(text: &str, byte: usize) -> (usize, usize) {
    let byte = text.floor_char_boundary(byte);
    let before = &text[..byte];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit_once('\n').map_or(before, |(_, line)| line).chars().count() + 1;
    (line, column)
}

/// The beginning of a text, in quotes, without anything that a terminal would obey.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.is_empty() {
        return "the end of the input".to_owned();
    }
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(LONGEST).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", crate::safe::line(&short))
}
