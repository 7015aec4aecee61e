//! Text from outside, made safe to show: plans, SQL and names may hold escape codes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line: control characters, line ends included, become visible symbols, and marks that reorder text are named.
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, |c| c == '\n' || is_hostile(c))
}

/// Several lines: as [`line()`], but line ends and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    clean(text, |c| c != '\t' && is_hostile(c))
}

fn clean(text: &str, hostile: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hostile) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !hostile(c) {
            clean.push(c);
            continue;
        }
        match c {
            // The Unicode block "Control Pictures" has a picture for each of C0, in order.
            '\0'..='\x1f' => clean.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\x7f' => clean.push('\u{2421}'),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(clean, "<U+{:04X}>", c as u32);
            }
        }
    }
    Cow::Owned(clean)
}

/// Characters that move the cursor, start an escape sequence, change the direction of text or hide in it.
pub fn is_hostile(c: char) -> bool {
    let reorders_or_hides = matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{061c}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    );
    c != '\n' && (c.is_control() || reorders_or_hides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_codes_become_pictures() {
        assert_eq!(line("a\x1b[31mb\n"), "a␛[31mb␊");
        assert_eq!(block("a\nb\x07"), "a\nb␇");
    }

    #[test]
    fn marks_that_reorder_text_are_named() {
        assert_eq!(line("a\u{202e}b"), "a<U+202E>b");
    }
}
