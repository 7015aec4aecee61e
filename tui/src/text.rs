//! Text in columns: widths by grapheme, cutting, padding, wrapping, and numbers in few columns.

use perf_look_analyzers::quantity::grouped;
use ratatui::buffer::CellWidth as _;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::theme::Glyphs;

/// Columns that a text takes, as the screen counts them.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(grapheme_width).sum()
}

fn grapheme_width(grapheme: &str) -> usize {
    // Each is replaced by one picture before it is shown.
    if grapheme.contains(char::is_control) {
        return 1;
    }
    usize::from(grapheme.cell_width())
}

/// What stands for the rest of a text that was cut.
pub(crate) fn ellipsis(glyphs: Glyphs) -> &'static str {
    if glyphs == Glyphs::Ascii { ".." } else { "…" }
}

/// Cuts a text to so many columns and says so.
pub(crate) fn cut(text: &str, columns: usize, glyphs: Glyphs) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = ellipsis(glyphs);
    let room = columns.saturating_sub(mark.len().min(width(mark)));
    let mut short = head(text, room).to_owned();
    short.push_str(head(mark, columns - width(&short)));
    short
}

/// The end of a text in so many columns, and that more stands before it.
pub(crate) fn tail(text: &str, columns: usize, glyphs: Glyphs) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = head(ellipsis(glyphs), columns);
    let mut used = width(mark);
    let last = text.grapheme_indices(true).rev().take_while(|(_, grapheme)| {
        used += grapheme_width(grapheme);
        used <= columns
    });
    let start = last.last().map_or(text.len(), |(place, _)| place);
    format!("{mark}{}", &text[start..])
}

/// As much of a text as goes into so many columns.
pub(crate) fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (place, grapheme) in text.grapheme_indices(true) {
        used += grapheme_width(grapheme);
        if used > columns {
            return &text[..place];
        }
    }
    text
}

/// Spaces before the text, up to so many columns.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Spaces behind the text, up to so many columns.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks a text into lines of so many columns: at spaces where there are any, else inside the word.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split_inclusive(' ') {
        if used > 0 && used + width(word.trim_end()) > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for grapheme in word.graphemes(true) {
            let wide = grapheme_width(grapheme);
            if used + wide > columns {
                if grapheme == " " {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used += wide;
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// A number in at most five columns: `9,999`, `12.3k`, `300k`, `4.50M`, `0.25`.
pub(crate) fn short(number: f64) -> String {
    const UNITS: [&str; 5] = ["", "k", "M", "G", "T"];
    if number < 9_999.5 {
        let is_whole = number >= 10.0 || (number - number.round()).abs() <= 0.005;
        return if is_whole { grouped(number) } else { format!("{number:.2}") };
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

/// Milliseconds in at most seven columns, without the unit: `0.123`, `45.3`, `1,234`, `1.20M`.
pub(crate) fn millis(ms: f64) -> String {
    match ms {
        ms if ms < 0.000_5 => "0".to_owned(),
        ms if ms < 0.999_5 => format!("{ms:.3}"),
        ms if ms < 9.995 => format!("{ms:.2}"),
        ms if ms < 99.95 => format!("{ms:.1}"),
        ms if ms < 999_999.5 => grouped(ms),
        ms => short(ms),
    }
}

/// A part of a whole: `60%`, `0%`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", (share * 1000.0).floor() / 10.0)
}

/// How many times more or fewer rows came than were expected: `▲81x`; nothing below twice.
pub(crate) fn off(expected: f64, actual: f64, glyphs: Glyphs) -> Option<(Off, String)> {
    let (expected, actual) = (expected.max(1.0), actual.max(1.0));
    let (factor, off) =
        if actual >= expected { (actual / expected, Off::More) } else { (expected / actual, Off::Fewer) };
    if factor < 2.0 {
        return None;
    }
    let sign = match (off, glyphs) {
        (Off::More, Glyphs::Ascii) => "+",
        (Off::Fewer, Glyphs::Ascii) => "-",
        (Off::More, _) => "▲",
        (Off::Fewer, _) => "▼",
    };
    let factor = match factor {
        factor if factor < 9.5 => format!("{factor:.1}"),
        factor if factor < 999.5 => format!("{factor:.0}"),
        factor if factor < 9_950.0 => format!("{:.1}k", factor / 1e3),
        factor if factor < 999_500.0 => format!("{:.0}k", factor / 1e3),
        factor => short(factor),
    };
    Some((off, format!("{sign}{factor}x")))
}

/// In which way an estimate was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Off {
    More,
    Fewer,
}

/// A part of a whole as a bar of so many columns.
pub(crate) fn bar(share: f64, columns: usize, glyphs: Glyphs) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let cells = share.clamp(0.0, 1.0) * columns as f64;
    // Shown to the eighth or to the whole cell.
    let steps = if glyphs == Glyphs::Unicode { 8.0 } else { 1.0 };
    let (mut whole, mut bar) = (0.0, String::new());
    while (whole + 1.0) * steps <= (cells * steps).round() {
        bar.push_str(if glyphs == Glyphs::Ascii { "#" } else { "█" });
        whole += 1.0;
    }
    let rest = (cells * 8.0).round() - whole * 8.0;
    if glyphs == Glyphs::Unicode {
        let eighth = (0..EIGHTHS.len()).find(|eighth| (*eighth as f64 - rest).abs() < 0.5).unwrap_or(0);
        bar.push_str(EIGHTHS[eighth]);
    }
    left(&bar, columns)
}

/// `1 node`, `2 nodes`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(count as f64), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_grapheme_and_says_so() {
        assert_eq!(cut("orders", 6, Glyphs::Unicode), "orders");
        assert_eq!(cut("orders", 5, Glyphs::Unicode), "orde…");
        assert_eq!(cut("orders", 5, Glyphs::Ascii), "ord..");
        assert_eq!(cut("表表表", 4, Glyphs::Unicode), "表…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, Glyphs::Unicode), "e\u{301}…");
        assert_eq!(cut("orders", 1, Glyphs::Ascii), ".");
        assert_eq!(cut("orders", 0, Glyphs::Unicode), "");
    }

    #[test]
    fn a_word_that_is_too_long_is_broken() {
        assert_eq!(wrap("a bcdefghijklmnop", 10), ["a", "bcdefghijk", "lmnop"]);
        assert_eq!(wrap("表表表", 4), ["表表", "表"]);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(1.0, 4, Glyphs::Unicode), "████");
        assert_eq!(bar(0.5, 4, Glyphs::Ascii), "##  ");
        assert_eq!(bar(0.53, 4, Glyphs::Unicode), "██▏ ");
        assert_eq!(bar(0.53, 4, Glyphs::Basic), "██  ");
        assert_eq!(bar(0.0, 2, Glyphs::Unicode), "  ");
    }

    #[test]
    fn an_estimate_is_off_from_twice() {
        assert_eq!(off(100.0, 150.0, Glyphs::Unicode), None);
        assert_eq!(off(1.0, 81.0, Glyphs::Unicode).map(|off| off.1), Some("▲81x".to_owned()));
        assert_eq!(off(12_000.0, 1.0, Glyphs::Ascii).map(|off| off.1), Some("-12kx".to_owned()));
        assert_eq!(off(1.0, 1_535.0, Glyphs::Unicode).map(|off| off.1), Some("▲1.5kx".to_owned()));
    }
}
