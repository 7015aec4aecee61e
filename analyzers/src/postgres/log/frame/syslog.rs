//! Lines as syslog keeps them: each behind a header of its own, numbered by Postgres, long ones cut between words.

use std::borrow::Cow;

use memchr::memmem;

use crate::postgres::log::prefix::{Header, hashed, time};

/// A line of an entry.
#[derive(Debug, PartialEq)]
pub(super) struct Chunk<'l> {
    /// Whose it is, and of when.
    pub(super) header: Header<'l>,
    pub(super) number: Number,
    /// What Postgres wrote, of which tabs and line ends were written as `#011` and `#012`.
    pub(super) text: Cow<'l, [u8]>,
}

/// What stands in brackets before the text of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// `[5-2]`: the second line of a backend's fifth entry.
    Part { entry: u64, part: u64 },
    /// `[5]`: the fifth entry, or the fifth line of one, by the server's settings.
    Alone,
}

/// How far into a line the header goes.
const HEADER: usize = 200;

impl<'l> Chunk<'l> {
    /// None of a line that is not of syslog.
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let near = &line[..line.len().min(HEADER)];
        if near.first().is_none_or(u8::is_ascii_whitespace) {
            return None;
        }
        let end = traditional(near).or_else(|| structured(near))?;
        let (header, rest) = line.split_at(end);
        let (number, text) = number(rest)?;
        Some(Self { header: Header { session: session(header), time: stamp(header) }, number, text: unescaped(text) })
    }
}

/// Behind `Nov 21 05:03:44 db1 postgres[4711]: `; no blank stands before that bracket, as it does in `log_line_prefix`.
fn traditional(line: &[u8]) -> Option<usize> {
    let end = memmem::find(line, b"]: [")?;
    let open = memchr::memrchr(b'[', &line[..end])?;
    let is_process = open + 1 < end && line[open + 1..end].iter().all(u8::is_ascii_digit);
    let is_behind_name = open > 0 && !line[open - 1].is_ascii_whitespace();
    (is_process && is_behind_name).then_some(end + "]: ".len())
}

/// Behind `<134>1 2026-11-21T05:03:44.381Z db1 postgres 4711 - - `.
fn structured(line: &[u8]) -> Option<usize> {
    let end = memmem::find(line, b" - - [")?;
    let process = line[..end].rsplit(|byte| *byte == b' ').next()?;
    let is_process = !process.is_empty() && process.iter().all(u8::is_ascii_digit);
    is_process.then_some(end + " - - ".len())
}

/// `[5-2] text`, `[5] text`.
fn number(text: &[u8]) -> Option<(Number, &[u8])> {
    let end = memchr::memchr(b']', text)?;
    let inside = std::str::from_utf8(text.get(1..end)?).ok()?;
    let number = if let Some((entry, part)) = inside.split_once('-') {
        Number::Part { entry: entry.parse().ok()?, part: part.parse().ok()? }
    } else {
        inside.parse::<u64>().ok()?;
        Number::Alone
    };
    let text = &text[end + 1..];
    Some((number, text.strip_prefix(b" ").unwrap_or(text)))
}

/// The machine and the process: logs of several machines may be in one file.
fn session(header: &[u8]) -> u64 {
    let (header, words) = match header.strip_suffix(b" - - ") {
        Some(header) => (header, 3),
        None => (header.trim_ascii_end(), 2),
    };
    let from = memchr::memrchr_iter(b' ', header).nth(words - 1).map_or(0, |blank| blank + 1);
    hashed(&header[from..])
}

/// `2026-11-21T05:03:44.381`, or `Nov 21 05:03:44`, in which no year stands.
fn stamp(header: &[u8]) -> &[u8] {
    const LENGTH: usize = "Nov 21 05:03:44".len();
    let written = time(header);
    let is_short = header.get(..LENGTH).is_some_and(|text| text[3] == b' ' && text[9] == b':' && text[12] == b':');
    if written.is_empty() && is_short { &header[..LENGTH] } else { written }
}

/// With tabs and line ends in place of the numbers that rsyslog writes for them.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(text, b"#01").is_none() {
        return Cow::Borrowed(text);
    }
    let (mut plain, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(place) = memmem::find(rest, b"#01") {
        let byte = match rest.get(place + 3) {
            Some(b'1') => b'\t',
            Some(b'2') => b'\n',
            _ => b'#',
        };
        let length = if byte == b'#' { 1 } else { 4 };
        plain.extend_from_slice(&rest[..place]);
        plain.push(byte);
        rest = &rest[place + length..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Option<(Number, String, String)> {
        let Chunk { header, number, text } = Chunk::of(line.as_bytes())?;
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((number, text_of(header.time), text_of(&text)))
    }

    fn part(entry: u64, part: u64) -> Number {
        Number::Part { entry, part }
    }

    #[test]
    fn headers_of_syslog_are_told_from_prefixes() {
        let plain = |number, time: &str, text: &str| Some((number, time.to_owned(), text.to_owned()));
        assert_eq!(
            text("Nov 21 05:03:44 db1 postgres[12]: [5-2] #011Query Text: select 1"),
            plain(part(5, 2), "Nov 21 05:03:44", "\tQuery Text: select 1")
        );
        assert_eq!(
            text("2026-11-21T05:03:44.381+00:00 db1 postgres@main[12]: [7] LOG:  a#012#011b#01"),
            plain(Number::Alone, "2026-11-21T05:03:44.381", "LOG:  a\n\tb#01")
        );
        assert_eq!(
            text("<134>1 2026-11-21T05:03:44.381Z db1 postgres 4711 - - [3-1] LOG:  x"),
            plain(part(3, 1), "2026-11-21T05:03:44.381", "LOG:  x")
        );
        assert_eq!(text("2026-11-21 05:03:44 UTC [12]: [5-1] user=me,db=shop LOG:  x"), None);
        assert_eq!(text("2026-11-21 05:03:44.381 UTC [12] LOG:  x"), None);
        assert_eq!(text("\tSort Key: a[1]: [2]"), None);
    }

    #[test]
    fn the_same_process_on_two_machines_is_two() {
        let session = |line: &str| Chunk::of(line.as_bytes()).unwrap().header.session;
        let one = session("Nov 21 05:03:44 db1 postgres[12]: [5-1] x");
        assert_eq!(one, session("Nov 21 05:03:45 db1 postgres[12]: [6-1] y"));
        assert_ne!(one, session("Nov 21 05:03:44 db2 postgres[12]: [5-1] x"));
        assert_ne!(one, session("Nov 21 05:03:44 db1 postgres[13]: [5-1] x"));
    }
}
