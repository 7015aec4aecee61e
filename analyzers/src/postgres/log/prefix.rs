//! What stands before `LOG:` in a line: whose entry it is and of when, by `log_line_prefix` or as it looks.

use thiserror::Error;

use super::sql::Hash;

/// A `log_line_prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// As it stands there.
    Literal(Vec<u8>),
    Time,
    /// What tells backends apart: `%p`, `%c`.
    Session,
    /// Anything else.
    Other,
}

/// Why a text is no `log_line_prefix`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrefixError {
    /// An escape that Postgres does not have.
    #[error("log_line_prefix has no %{0}; give it as SHOW log_line_prefix prints it: '%m [%p] '")]
    Unknown(char),
    /// Nothing behind the last percent sign.
    #[error("nothing stands behind the last %; give it as SHOW log_line_prefix prints it: '%m [%p] '")]
    Unfinished,
}

impl std::str::FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match (c, pieces.last_mut()) {
                ('%', _) => escape(&mut chars)?,
                (c, Some(Piece::Literal(bytes))) => {
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                (c, _) => Some(Piece::Literal(c.to_string().into_bytes())),
            };
            pieces.extend(piece);
        }
        Ok(Self(pieces))
    }
}

/// What stands behind a percent sign; none for `%q`, which writes nothing.
fn escape(chars: &mut std::str::Chars<'_>) -> Result<Option<Piece>, PrefixError> {
    // A width, such as in %-10u, pads with blanks.
    let c = chars.find(|c| !matches!(c, '-' | '0'..='9')).ok_or(PrefixError::Unfinished)?;
    Ok(Some(match c {
        'q' => return Ok(None),
        '%' => Piece::Literal(b"%".to_vec()),
        't' | 'm' | 'n' => Piece::Time,
        'p' | 'c' => Piece::Session,
        'a' | 'u' | 'd' | 'r' | 'h' | 'b' | 'P' | 'i' | 'e' | 'l' | 's' | 'v' | 'x' | 'Q' | 'L' => Piece::Other,
        c => return Err(PrefixError::Unknown(c)),
    }))
}

/// What a prefix says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header<'l> {
    /// Tells backends apart; 0 where the prefix does not say.
    pub(super) session: u64,
    /// As the log writes it; empty where the prefix does not say.
    pub(super) time: &'l [u8],
}

/// Reads what stands before `LOG:`.
pub(super) fn header<'l>(prefix: Option<&Prefix>, text: &'l [u8]) -> Header<'l> {
    match prefix {
        Some(prefix) => prefix.read(text),
        None => Header { session: session(text), time: time(text) },
    }
}

impl Prefix {
    fn read<'l>(&self, mut text: &'l [u8]) -> Header<'l> {
        let mut header = Header::default();
        for (place, piece) in self.0.iter().enumerate() {
            // Blanks stand in a time, so that what comes behind it may stand in it too.
            let of_time = if *piece == Piece::Time { time(text) } else { b"" };
            let end = match (piece, self.0.get(place + 1)) {
                (Piece::Literal(literal), _) => literal.len().min(text.len()),
                _ if !of_time.is_empty() && text.starts_with(of_time) => of_time.len(),
                // What pads a value belongs to it.
                (_, Some(Piece::Literal(literal))) => memchr::memmem::find(text, literal).unwrap_or(text.len()),
                _ => text.len(),
            };
            let (value, rest) = text.split_at(end);
            match piece {
                Piece::Time => header.time = value.trim_ascii(),
                Piece::Session => header.session = hashed(value.trim_ascii()),
                Piece::Literal(_) | Piece::Other => {}
            }
            text = rest;
        }
        header
    }
}

/// Never 0.
pub(super) fn hashed(text: &[u8]) -> u64 {
    let mut hash = Hash::default();
    hash.bytes(text);
    hash.0.max(1)
}

/// A number in brackets, behind `pid=`, or a session id as `%c` writes it.
fn session(text: &[u8]) -> u64 {
    bracketed(text).or_else(|| behind_pid(text)).or_else(|| session_id(text)).map_or(0, hashed)
}

fn digits(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then(|| &text[..length])
}

/// `[4711]`, `[4711-1]`.
fn bracketed(text: &[u8]) -> Option<&[u8]> {
    let mut open = memchr::memchr_iter(b'[', text);
    open.find_map(|open| {
        let number = digits(&text[open + 1..])?;
        matches!(text.get(open + 1 + number.len()), Some(b']' | b'-')).then_some(number)
    })
}

fn behind_pid(text: &[u8]) -> Option<&[u8]> {
    let place = memchr::memmem::find(text, b"pid=").map(|place| place + 4)?;
    digits(&text[place..])
}

/// `6920a1b2.77a5`: when it began and the process, in hexadecimal.
fn session_id(text: &[u8]) -> Option<&[u8]> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit();
    text.split(|byte| !byte.is_ascii_hexdigit() && *byte != b'.').find(|word| {
        let mut parts = word.split(|byte| *byte == b'.');
        let (begin, process, more) = (parts.next(), parts.next(), parts.next());
        let is =
            |part: Option<&[u8]>, length| part.is_some_and(|part| part.len() >= length && part.iter().all(is_part));
        is(begin, 8) && is(process, 2) && more.is_none()
    })
}

/// `2026-11-21 05:03:44.381 UTC`, wherever it stands.
pub(super) fn time(text: &[u8]) -> &[u8] {
    const LENGTH: usize = "2026-11-21 05:03:44".len();
    // A second one, such as that of a session's begin, stands further back.
    let last = text.len().min(80).saturating_sub(LENGTH - 1);
    let Some(start) = (0..last).find(|start| is_time(&text[*start..])) else { return b"" };
    let fraction = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let behind = &text[start + LENGTH..];
    let mut end = start + LENGTH + behind.iter().take_while(|byte| fraction(byte)).count();
    if let Some(zone) = text[end..].strip_prefix(b" ") {
        // `UTC`, `+02`; in `UTC-6920a1b2.77a5` something else follows.
        let is_of_zone = |place: usize, byte: &u8| match byte {
            b'+' | b'-' => place == 0,
            byte => byte.is_ascii_uppercase() || zone[0].is_ascii_punctuation() && byte.is_ascii_digit(),
        };
        let length = zone.iter().enumerate().take_while(|(place, byte)| is_of_zone(*place, byte)).count();
        end += if length > 1 { length + 1 } else { 0 };
    }
    &text[start..end]
}

/// Whether a text begins with `2026-11-21 05:03:44`.
pub(super) fn is_time(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"0000-00-00 00:00:00";
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b' ' => matches!(byte, b' ' | b'T'),
        shape => byte == shape,
    };
    text.len() >= SHAPE.len() && text.iter().zip(SHAPE).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_as_they_look() {
        for (text, pid, time) in [
            ("2026-11-21 05:03:44.381 UTC [30629] ", "30629", "2026-11-21 05:03:44.381 UTC"),
            ("2026-11-21 05:03:44 CET:10.1.2.3(5432):u@d:[77]:", "77", "2026-11-21 05:03:44 CET"),
            ("2026-11-21 05:03:44 UTC [77-3] u@d ", "77", "2026-11-21 05:03:44 UTC"),
            ("2026-11-21 05:03:44 UTC-6920a1b2.77a5-", "6920a1b2.77a5", "2026-11-21 05:03:44 UTC"),
            ("user=me,db=shop,pid=99 ", "99", ""),
            ("Nov 21 05:03:44 db1 postgres[12]: [5-1] ", "12", ""),
        ] {
            let header = header(None, text.as_bytes());
            assert_eq!(header.session, hashed(pid.as_bytes()), "{text}");
            assert_eq!(String::from_utf8_lossy(header.time), time, "{text}");
        }
        assert_eq!(header(None, b""), Header::default());
    }

    #[test]
    fn a_named_prefix_is_read_as_it_was_named() {
        let prefix: Prefix = "%p|%m|%u@%d|".parse().unwrap();
        let header = header(Some(&prefix), b"4711|2026-11-21 05:03:44.381 UTC|me@[1]|");
        assert_eq!(header.session, hashed(b"4711"));
        assert_eq!(header.time, b"2026-11-21 05:03:44.381 UTC");
    }

    #[test]
    fn what_is_no_prefix_says_what_one_is() {
        assert_eq!("%m %y".parse::<Prefix>(), Err(PrefixError::Unknown('y')));
        assert_eq!("%m %".parse::<Prefix>(), Err(PrefixError::Unfinished));
    }
}
