//! Lines of an input on their way out of their frames.

use std::borrow::Cow;

/// A line with its place in the user's file.
#[derive(Debug)]
pub(super) struct Line<'t> {
    /// From 1.
    pub(super) number: usize,
    /// Where it begins in the source, in bytes.
    pub(super) start: usize,
    /// What is left of it.
    pub(super) text: Cow<'t, str>,
    /// How it goes on.
    pub(super) end: End,
}

/// How a line goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// As lines do.
    Line,
    /// In the next line, after a line end that belongs to the value (psql's `+`).
    Newline,
    /// In the next line, as if there were no line end (psql's wrapped format).
    Wrapped,
    /// Here every plan ends: a fence, a footer.
    Boundary,
    /// Here begins a plan that the server logged after that many ms.
    Logged(f64),
    /// A line of dashes, as below a heading.
    Rule,
    /// The heading of EXPLAIN's output.
    Heading,
}

impl End {
    /// Whether a plan can go on behind such a line.
    pub(super) fn is_frame(self) -> bool {
        !matches!(self, Self::Line | Self::Newline | Self::Wrapped)
    }
}

impl Line<'_> {
    /// The text with blanks around it taken off.
    pub(super) fn words(&self) -> &str {
        self.text.trim()
    }

    /// How many blanks stand before the first word.
    pub(super) fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    /// Keeps the part of the text between two bytes.
    pub(super) fn keep(&mut self, start: usize, end: usize) {
        match &mut self.text {
            Cow::Borrowed(text) => *text = &text[start..end],
            Cow::Owned(text) => {
                text.truncate(end);
                text.drain(..start);
            }
        }
    }
}
