//! The lines of a plan, each with its place.

/// A line that is not empty.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    /// From 1, in what the user gave.
    pub(super) number: usize,
    /// How far it is indented, in bytes.
    pub(super) indent: usize,
    /// Without the blanks around it.
    pub(super) body: &'t str,
    /// Where the body ends in the text.
    pub(super) end: usize,
}

/// The lines that are not empty.
pub(super) struct Lines<'t> {
    text: &'t str,
    next: usize,
    number: usize,
    first: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, start: usize, first_line: usize) -> Self {
        let first = first_line + text[..start].matches('\n').count();
        Self { text, next: start, number: first, first }
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        while self.next < self.text.len() {
            let start = self.next;
            let rest = &self.text[start..];
            let mut length = rest.find('\n').unwrap_or(rest.len());
            let indent = rest.bytes().take(length).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let number = self.number;
            if rest[indent..].starts_with("->") || number == self.first {
                length += rest_of_name(rest, length);
                self.number += rest[..length].matches('\n').count();
            }
            self.next = start + length + 1;
            self.number += 1;
            let line = rest[..length].trim_ascii_end();
            if indent < line.len() {
                return Some(Line { number, indent, body: &line[indent..], end: start + line.len() });
            }
        }
        None
    }
}

/// How far the name of a node's table goes on in the next lines: names in quotes can hold line ends.
fn rest_of_name(text: &str, end: usize) -> usize {
    /// Postgres cuts names to 63 bytes; each of them could be a quote that is doubled.
    const LONGEST: usize = 2 * 63;
    if text[..end].matches('"').count().is_multiple_of(2) {
        return 0;
    }
    let after = &text.as_bytes()[end..];
    let Some(closed) = after.iter().take(LONGEST).position(|byte| *byte == b'"') else { return 0 };
    let rest = &text[end + closed..];
    closed + rest.find('\n').unwrap_or(rest.len())
}
