//! Widths of text on a terminal: cutting, padding, wrapping, and numbers in few columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Spaces before the text, up to so many columns.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Spaces behind the text, up to so many columns.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Cuts a text to so many columns and says so with `…` (or `~`).
pub(crate) fn cut(text: &str, columns: usize, unicode: bool) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > columns {
            break;
        }
        short.push(c);
    }
    short.push(if unicode { '…' } else { '~' });
    short
}

/// Breaks a text into lines of so many columns: at spaces where there are any, else inside the word.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let bare = width(word.trim_end());
        if used > 0 && used + bare > columns {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > columns {
                if c == ' ' {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// A number in at most five columns: `9999`, `12.3k`, `300k`, `4.50M`, `0.25`.
pub(crate) fn short(number: f64) -> String {
    const UNITS: [&str; 5] = ["", "k", "M", "G", "T"];
    if number < 9_999.5 {
        return if number < 10.0 && (number - number.round()).abs() > 0.005 {
            format!("{number:.2}")
        } else {
            format!("{number:.0}")
        };
    }
    let (mut rest, mut unit) = (number, 0);
    while rest >= 999.5 && unit + 1 < UNITS.len() {
        rest /= 1000.0;
        unit += 1;
    }
    match rest {
        rest if rest < 9.995 => format!("{rest:.2}{}", UNITS[unit]),
        rest if rest < 99.95 => format!("{rest:.1}{}", UNITS[unit]),
        rest => format!("{rest:.0}{}", UNITS[unit]),
    }
}

/// Milliseconds in at most seven columns, without the unit: `0.123`, `45.3`, `1,234`, `123k`.
pub(crate) fn millis(ms: f64) -> String {
    match ms {
        ms if ms < 0.000_5 => "0".to_owned(),
        ms if ms < 0.999_5 => format!("{ms:.3}"),
        ms if ms < 9.995 => format!("{ms:.2}"),
        ms if ms < 99.95 => format!("{ms:.1}"),
        ms if ms < 999_999.5 => perf_look_analyzers::quantity::grouped(ms),
        ms => short(ms),
    }
}

/// A part of a whole as a bar of so many columns.
pub(crate) fn bar(share: f64, columns: usize, unicode: bool) -> String {
    const EIGHTHS: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
    let share = share.clamp(0.0, 1.0);
    if !unicode {
        let marks = (1..=columns).filter(|column| *column as f64 <= share * columns as f64 + 0.5).count();
        return left(&"#".repeat(marks), columns);
    }
    let mut bar = String::new();
    let mut rest = share * columns as f64;
    for _ in 0..columns {
        let eighth = (0..=8).rev().find(|eighth| f64::from(*eighth) / 8.0 <= rest + 0.062_5).unwrap_or(0);
        bar.push_str(EIGHTHS[usize::try_from(eighth).unwrap_or(0)]);
        rest = (rest - 1.0).max(-1.0);
        if rest <= 0.0 {
            break;
        }
    }
    left(&bar, columns)
}

/// How far the planner's row count was off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Off {
    /// How many times more or fewer rows came; 2 and up.
    pub(crate) factor: f64,
    /// Whether more came than were expected.
    pub(crate) more: bool,
}

impl Off {
    /// None where it is not worth a word. Less than a row is a row, as the planner counts.
    pub(crate) fn of(expected: f64, actual: f64) -> Option<Self> {
        let (expected, actual) = (expected.max(1.0), actual.max(1.0));
        let more = actual >= expected;
        let factor = if more { actual / expected } else { expected / actual };
        (factor >= 2.0).then_some(Self { factor, more })
    }
}

/// In at most four columns: `2.5`, `12`, `999`, `1.2k`, `12k`.
pub(crate) fn compact(factor: f64) -> String {
    match factor {
        factor if factor < 9.5 => format!("{factor:.1}"),
        factor if factor < 999.5 => format!("{factor:.0}"),
        factor if factor < 9_950.0 => format!("{:.1}k", factor / 1e3),
        factor if factor < 999_500.0 => format!("{:.0}k", factor / 1e3),
        factor if factor < 999_500_000.0 => format!("{:.0}M", factor / 1e6),
        factor => format!("{:.0}G", factor / 1e9),
    }
}

/// Blocks of 8 KiB as the bytes that they are: `1.2 MiB`.
pub(crate) fn blocks_as_bytes(blocks: f64) -> String {
    const KIB_OF_A_BLOCK: f64 = 8.0;
    let kib = blocks * KIB_OF_A_BLOCK;
    match kib {
        kib if kib < 1023.5 => format!("{kib:.0} KiB"),
        kib if kib < 10.0 * 1024.0 => format!("{:.1} MiB", kib / 1024.0),
        kib if kib < 1023.5 * 1024.0 => format!("{:.0} MiB", kib / 1024.0),
        kib => format!("{:.1} GiB", kib / 1024.0 / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_columns() {
        for (number, shown) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (9_999.0, "9999"),
            (12_345.0, "12.3k"),
            (300_000.0, "300k"),
            (999_999.0, "1.00M"),
            (4_500_000.0, "4.50M"),
        ] {
            assert_eq!(short(number), shown);
        }
    }

    #[test]
    fn a_word_that_is_too_long_is_broken() {
        assert_eq!(wrap("a bcdefghijklmnop", 10), ["a", "bcdefghijk", "lmnop"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("表表表表表", 8), ["表表表表", "表"]);
        assert_eq!(cut("表表表", 4, true), "表…");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(1.0, 4, true), "████");
        assert_eq!(bar(0.5, 4, true), "██  ");
        assert_eq!(bar(0.0, 4, true), "    ");
        assert_eq!(bar(0.5, 4, false), "##  ");
    }
}
