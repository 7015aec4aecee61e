//! Reads the small parts of lines: numbers, names, quotes, lists.

use std::borrow::Cow;

use crate::postgres::plan::Value;

/// Whether a value is complete, or quotes and brackets of it are still open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Openness {
    quote: Option<u8>,
    brackets: u32,
    comma: bool,
}

impl Openness {
    /// After some more of the value.
    pub(super) fn after(mut self, more: &str) -> Self {
        more.bytes().for_each(|byte| self.step(byte));
        self.comma = more.ends_with(',');
        self
    }

    /// Postgres doubles quotes inside of quotes, so that counting them is enough.
    fn step(&mut self, byte: u8) {
        if let Some(quote) = self.quote {
            if byte == quote {
                self.quote = None;
            }
            return;
        }
        match byte {
            b'\'' | b'"' => self.quote = Some(byte),
            b'(' | b'[' => self.brackets += 1,
            b')' | b']' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }

    pub(super) fn in_quotes(self) -> bool {
        self.quote.is_some()
    }

    pub(super) fn is_open(self) -> bool {
        self.quote.is_some() || self.brackets > 0 || self.comma
    }
}

/// The parts of a list between its commas, as far as these are outside of quotes and brackets.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let mut open = Openness::default();
        let comma = text.bytes().position(|byte| {
            let ends = byte == b',' && open == Openness::default();
            open.step(byte);
            ends
        });
        rest = comma.map(|comma| &text[comma + 1..]);
        Some(text[..comma.unwrap_or(text.len())].trim_ascii())
    })
}

/// A list of texts.
pub(super) fn list_value(text: &str) -> Value {
    Value::List(list(text).map(|part| Value::Text(part.into())).collect())
}

/// A number as it is printed: without a decimal point it stays whole. Masked ones (`N`, `xxx`) are none.
pub(super) fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Value::Integer).or_else(|| decimal(text));
    }
    let numeric = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    digits.bytes().all(numeric).then(|| decimal(text)).flatten()
}

fn decimal(text: &str) -> Option<Value> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Decimal)
}

/// A number, whatever the unit behind it: `24kB`, `0.5 ms`, `3 b`. Other text stays text.
pub(super) fn measure(text: &str) -> Value {
    if text.ends_with(|last: char| last.is_ascii_digit()) {
        return number(text).unwrap_or_else(|| Value::Text(text.into()));
    }
    let bare = ["kB", "ms", "b", "%"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end();
    number(bare).unwrap_or_else(|| Value::Text(text.into()))
}

/// Pairs such as `hit=1 read=2` or `buffers full=3`; a name may have several words, a value has one.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let is_edge = |byte: u8| matches!(byte, b' ' | b',');
        let end = after.bytes().position(is_edge).unwrap_or(after.len());
        let next = after[end..].bytes().position(|byte| !is_edge(byte)).map_or(after.len(), |blanks| end + blanks);
        rest = &after[next..];
        // A unit is no part of the next name.
        rest = rest.strip_prefix("ms ").map_or(rest, str::trim_start);
        Some((name, &after[..end]))
    })
}

/// Fields such as `Buckets: 1024  Batches: 1`, apart by two blanks.
pub(super) fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("  ").filter_map(|field| field.split_once(':')).map(|(name, value)| (name.trim(), value.trim()))
}

/// A name at the beginning of a text, without the quotes that it needs in SQL; and what stands behind it.
pub(super) fn identifier(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.bytes().position(|byte| matches!(byte, b' ' | b'.' | b'"')).unwrap_or(text.len());
        return (end > 0).then(|| (Cow::Borrowed(&text[..end]), &text[end..]));
    };
    let mut from = 0;
    loop {
        let end = from + quoted[from..].find('"')?;
        if !quoted[end + 1..].starts_with('"') {
            return Some((unquoted(&quoted[..end]), &quoted[end + 1..]));
        }
        from = end + 2;
    }
}

fn unquoted(name: &str) -> Cow<'_, str> {
    if name.contains('"') { Cow::Owned(name.replace("\"\"", "\"")) } else { Cow::Borrowed(name) }
}
