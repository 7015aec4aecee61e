//! Entries out of lines, in the three ways in which Postgres writes its log.

mod csv;
mod json;
mod stderr;
mod syslog;

use super::calls::Calls;
use super::lines::Line;
use super::prefix::Prefix;

/// An entry that may be about a statement.
#[derive(Debug)]
pub(super) struct Entry<'e> {
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// Tells backends apart; 0 where the log does not say.
    pub(super) session: u64,
    /// As the log writes it; empty where it does not.
    pub(super) time: &'e [u8],
    /// How many functions were running: 0 for what the client sent.
    pub(super) depth: usize,
    /// Without what stands before `LOG:` and without the tabs of its lines.
    pub(super) message: &'e [u8],
}

/// Why lines that are too long are not read.
const TOO_LONG: &str = "a line of more than 16 MiB is not read";

/// The lines of a file on their way to entries.
#[derive(Debug)]
pub(super) enum Frame {
    /// Not known yet: the first lines.
    Unknown(Vec<(usize, Vec<u8>)>),
    Stderr(stderr::Stderr),
    Csv(csv::Csv),
    Json,
}

impl Default for Frame {
    fn default() -> Self {
        Self::Unknown(Vec::new())
    }
}

impl Frame {
    /// Takes the next line.
    pub(super) fn line(&mut self, number: usize, line: &Line<'_>, prefix: Option<&Prefix>, calls: &mut Calls) {
        match (self, line) {
            (_, Line::TooLong) => calls.reject(number, TOO_LONG),
            (Self::Stderr(frame), Line::Whole(line)) => frame.line(number, line, prefix, calls),
            (Self::Csv(frame), Line::Whole(line)) => frame.line(number, line, calls),
            (Self::Json, Line::Whole(line)) => json::line(number, line, calls),
            (this @ Self::Unknown(_), Line::Whole(line)) => this.guess(number, line, prefix, calls),
        }
    }

    /// The file ends here.
    pub(super) fn end(&mut self, prefix: Option<&Prefix>, calls: &mut Calls) {
        if matches!(self, Self::Unknown(_)) {
            self.settle(Self::Stderr(stderr::Stderr::default()), prefix, calls);
        }
        match self {
            Self::Stderr(frame) => frame.end(calls),
            Self::Csv(frame) => frame.end(calls),
            Self::Unknown(_) | Self::Json => {}
        }
        *self = Self::default();
    }

    /// A file may begin in the middle of an entry, so the first line that can only be of one kind decides.
    fn guess(&mut self, number: usize, line: &[u8], prefix: Option<&Prefix>, calls: &mut Calls) {
        /// By then an entry of any kind has begun.
        const LINES: usize = 2000;
        let Self::Unknown(lines) = self else { return };
        lines.push((number, line.to_vec()));
        let all = lines.len();
        let frame = if json::begins(line) {
            Self::Json
        } else if csv::begins(line) {
            Self::Csv(csv::Csv::default())
        } else if all > LINES || memchr::memmem::find(line, b":  ").is_some() && !line.starts_with(b"\t") {
            Self::Stderr(stderr::Stderr::default())
        } else {
            return;
        };
        self.settle(frame, prefix, calls);
    }

    fn settle(&mut self, frame: Self, prefix: Option<&Prefix>, calls: &mut Calls) {
        let Self::Unknown(lines) = std::mem::replace(self, frame) else { return };
        for (number, line) in lines {
            self.line(number, &Line::Whole(&line), prefix, calls);
        }
    }
}
