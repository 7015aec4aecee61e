//! Cuts bytes that come in pieces into lines.

use memchr::memchr;

/// A longer line or entry is not kept: plans of a hundred thousand partitions are shorter.
pub(super) const LONGEST: usize = 16 << 20;

/// A line without its end.
pub(super) enum Line<'l> {
    Whole(&'l [u8]),
    /// Longer than [`LONGEST`].
    TooLong,
}

/// The lines of a file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// A line whose end has not come yet.
    rest: Vec<u8>,
    /// Whether what comes up to the next line end belongs to a line that is too long.
    skips: bool,
    /// The lines that ended.
    number: usize,
}

impl Lines {
    /// Takes more bytes, and hands on the lines that they end, each with its number from 1.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(usize, Line<'_>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            self.number += 1;
            if std::mem::take(&mut self.skips) {
                each(self.number, Line::TooLong);
            } else if self.rest.is_empty() {
                each(self.number, Line::Whole(without_return(line)));
            } else {
                self.rest.extend_from_slice(line);
                each(self.number, Line::Whole(without_return(&self.rest)));
                self.rest.clear();
            }
        }
        if !self.skips {
            self.rest.extend_from_slice(bytes);
        }
        if self.rest.len() > LONGEST {
            self.rest = Vec::new();
            self.skips = true;
        }
    }

    /// The last line, where it has no end.
    pub(super) fn end(&mut self, each: impl FnOnce(usize, Line<'_>)) {
        if self.skips {
            each(self.number + 1, Line::TooLong);
        } else if !self.rest.is_empty() {
            each(self.number + 1, Line::Whole(without_return(&self.rest)));
        }
        *self = Self::default();
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_give_the_same_lines() {
        let text = b"one\n\ttwo\r\n\nfour";
        for size in 1..text.len() {
            let (mut lines, mut seen) = (Lines::default(), Vec::new());
            let mut keep = |number: usize, line: Line<'_>| {
                let Line::Whole(line) = line else { panic!("no line is too long") };
                seen.push(format!("{number} {}", String::from_utf8_lossy(line)));
            };
            text.chunks(size).for_each(|chunk| lines.feed(chunk, &mut keep));
            lines.end(&mut keep);
            assert_eq!(seen, ["1 one", "2 \ttwo", "3 ", "4 four"]);
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_said_and_not_kept() {
        let (mut lines, mut seen) = (Lines::default(), Vec::new());
        let mut keep = |number, line: Line<'_>| seen.push((number, matches!(line, Line::TooLong)));
        for _ in 0..17 {
            lines.feed(&vec![b'x'; 1 << 20], &mut keep);
        }
        lines.feed(b"\nshort\n", &mut keep);
        assert_eq!(seen, [(1, true), (2, false)]);
        assert!(lines.rest.capacity() < LONGEST);
    }
}
