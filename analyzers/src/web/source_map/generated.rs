//! What a build wrote, with a way to any of its columns: a minified bundle is one line of megabytes.

use crate::web::excerpt::Around;
use crate::web::place::Position;

/// How many columns are walked at most to find one in a line that is not ASCII.
const STRIDE: usize = 1024;

/// The text of a script as the browser loaded it.
#[derive(Debug)]
pub struct Generated {
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    start: usize,
    end: usize,
    /// How many UTF-16 code units come before it.
    offset: usize,
    /// The first character at or behind each [`STRIDE`]th column; none where a column is a byte.
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    column: usize,
    byte: usize,
}

impl Generated {
    /// Prepares a text for being looked at.
    pub fn new(text: String) -> Self {
        let lines = lines(&text);
        Self { text, lines }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many UTF-16 code units come before a place, as V8 counts in a script; none where the text is shorter.
    pub fn offset(&self, at: Position) -> Option<usize> {
        let column = usize::try_from(at.column).ok()?.checked_sub(1)?;
        let line = self.line(at.line.checked_sub(1)?)?;
        line.byte(&self.text[line.start..line.end], column)?;
        Some(line.offset + column)
    }

    /// The place behind that many UTF-16 code units.
    pub fn position(&self, offset: usize) -> Position {
        let after = self.lines.partition_point(|line| line.offset <= offset);
        let line = after.saturating_sub(1);
        let column = offset - self.lines.get(line).map_or(0, |line| line.offset);
        Position::from_zero(u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The text from a place on.
    pub fn from(&self, at: Position) -> Option<&str> {
        let (line, column) = (at.line.checked_sub(1)?, at.column.checked_sub(1)?);
        let begin = self.line(line)?.start + self.split(line, column)?.0.len();
        self.text.get(begin..)
    }

    /// The lines around a place.
    pub fn around(&self, at: Position) -> Option<Around<'_>> {
        let split = self.split(at.line.checked_sub(1)?, at.column.checked_sub(1)?)?;
        Around::new(at, split, |line| self.line(line).and_then(|line| self.text.get(line.start..line.end)))
    }

    fn line(&self, line: u32) -> Option<&Line> {
        self.lines.get(usize::try_from(line).ok()?)
    }

    /// Whether a function or class of that name is declared by the word at a place, which is counted from 0:
    /// `function NAME`, `class NAME`, `NAME=`.
    pub(super) fn declares(&self, name: &str, line: u32, column: u32) -> bool {
        // V8 also makes up names of several words, as `r.recomputations`.
        if name.is_empty() || !name.chars().all(is_of_a_name) {
            return false;
        }
        self.split(line, column).is_some_and(|(before, at)| {
            let after = at.strip_prefix(name).filter(|after| !after.starts_with(is_of_a_name));
            after.is_some_and(|after| is_declared(before.trim_end(), after.trim_start()))
        })
    }

    /// A line before and from a column.
    fn split(&self, line: u32, column: u32) -> Option<(&str, &str)> {
        let line = self.line(line)?;
        let text = self.text.get(line.start..line.end)?;
        text.split_at_checked(line.byte(text, usize::try_from(column).ok()?)?)
    }
}

fn is_declared(before: &str, after: &str) -> bool {
    let assigned = after.starts_with('=') && !after.starts_with("==") && !after.starts_with("=>");
    let before = before.strip_suffix('*').unwrap_or(before).trim_end();
    let keyword = ["function", "class"].into_iter().find_map(|keyword| before.strip_suffix(keyword));
    assigned || keyword.is_some_and(|before| !before.ends_with(is_of_a_name))
}

fn is_of_a_name(c: char) -> bool {
    c == '$' || c == '_' || c.is_alphanumeric()
}

impl Line {
    fn new(text: &str, (start, end): (usize, usize), offset: usize) -> Self {
        let line = &text[start..end];
        let mut marks = Vec::new();
        let mut column = 0;
        // Asked once: a bundle is one line, and its first other character may stand at its end.
        let walked = if line.is_ascii() { "" } else { line };
        for (byte, c) in walked.char_indices() {
            if column >= marks.len() * STRIDE {
                marks.push(Mark { column, byte });
            }
            column += c.len_utf16();
        }
        Self { start, end, offset, marks }
    }

    /// Where a column begins within the line.
    fn byte(&self, text: &str, column: usize) -> Option<usize> {
        if self.marks.is_empty() {
            return Some(column);
        }
        let mark = self.marks.iter().take(column / STRIDE + 1).next_back()?;
        let mut at = *mark;
        let mut rest = text.get(mark.byte..)?.chars();
        while at.column < column {
            let c = rest.next()?;
            at = Mark { column: at.column + c.len_utf16(), byte: at.byte + c.len_utf8() };
        }
        Some(at.byte)
    }
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut start, mut offset) = (0, 0);
    while let Some(length) = text[start..].find(['\n', '\r']) {
        let end = start + length;
        lines.push(Line::new(text, (start, end), offset));
        let next = end + if text[end..].starts_with("\r\n") { 2 } else { 1 };
        offset += text[start..next].chars().map(char::len_utf16).sum::<usize>();
        start = next;
    }
    lines.push(Line::new(text, (start, text.len()), offset));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(text: &str, line: u32, column: u32) -> Option<String> {
        Generated::new(text.to_owned()).split(line, column).map(|(_, at)| at.to_owned())
    }

    #[test]
    fn columns_are_utf_16_units_of_lines_of_any_ending() {
        assert_eq!(at("a\r\nbä😀c\rd", 1, 4).unwrap(), "c");
        assert_eq!(at("a\r\nbä😀c\rd", 2, 0).unwrap(), "d");
        assert_eq!(at("ab", 0, 2).unwrap(), "");
        assert_eq!(at("ab", 0, 3), None);
        assert_eq!(at("äb", 0, 9), None);
        assert_eq!(at("ab", 1, 0), None);
    }

    #[test]
    fn places_are_offsets_in_utf_16_units_and_back() {
        let generated = Generated::new("a\r\nbä😀c\rd".to_owned());
        for (offset, line, column) in [(0, 1, 1), (3, 2, 1), (4, 2, 2), (7, 2, 5), (9, 3, 1)] {
            let at = Position { line, column };
            assert_eq!((generated.offset(at), generated.position(offset)), (Some(offset), at));
        }
        assert_eq!(generated.offset(Position { line: 4, column: 1 }), None);
        assert_eq!(generated.from(Position { line: 2, column: 5 }), Some("c\rd"));
    }

    #[test]
    fn columns_far_behind_a_character_that_is_not_ascii_are_found() {
        let text = format!("{}end", "😀".repeat(5_000));
        assert_eq!(at(&text, 0, 10_000).unwrap(), "end");
        assert_eq!(at(&text, 0, 9_998).unwrap(), "😀end");
    }

    #[test]
    fn a_word_is_declared_behind_a_keyword_or_before_an_equals_sign() {
        let declares = |text: &str, column| Generated::new(text.to_owned()).declares("a", 0, column);
        assert!(declares("function a(){}", 9));
        assert!(declares("function* a(){}", 10));
        assert!(declares("class a{}", 6));
        assert!(declares("let a=()=>1", 4));
        assert!(!declares("let a==1", 4));
        assert!(!declares("f(a=>1)", 2));
        assert!(!declares("function ab(){}", 9));
        assert!(!declares("myclass a", 8));
    }
}
