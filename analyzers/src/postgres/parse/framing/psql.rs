//! psql's tables: borders of three kinds in three styles, headings, rules, footers, continuation marks, records.

use super::line::{End, Line};

const BARS: [char; 3] = ['|', '│', '║'];

/// Takes tables' frames off all lines.
pub(super) fn unframe(lines: &mut [Line<'_>]) {
    let mut table = Table::default();
    for line in lines {
        if line.end == End::Line {
            table.take(line);
        }
    }
}

/// The table that the reader is in.
#[derive(Default)]
struct Table {
    /// How wide the rule below the heading is.
    width: Option<usize>,
    /// Whether cells have a bar behind them and none before them.
    bar_behind: bool,
    /// Whether the line before is the rule.
    below_the_rule: bool,
    /// Whether the line before was wrapped, and with a mark in this one's first column.
    goes_on_behind_a_mark: bool,
    expanded: Expanded,
}

/// Whether the table has a line for each value, with its name before it.
#[derive(Default, Clone, Copy, PartialEq)]
enum Expanded {
    #[default]
    No,
    /// A record began.
    Begun,
    /// The column of names is so wide.
    Names(usize),
}

impl Table {
    fn take(&mut self, line: &mut Line<'_>) {
        let words = line.words();
        let below_the_rule = std::mem::take(&mut self.below_the_rule);
        if words.is_empty() {
            if self.expanded == Expanded::No {
                self.width = None;
            }
            return;
        }
        if is_record(words) {
            self.width = Some(line.text.chars().count());
            if self.expanded == Expanded::No {
                self.expanded = Expanded::Begun;
            }
            line.keep(0, 0);
            return;
        }
        if is_rule(words) {
            // A rule on two lines was cut by a terminal, as the cells were.
            self.width = (!below_the_rule).then(|| line.text.chars().count());
            self.below_the_rule = true;
            self.bar_behind = words.ends_with('+') && !words.starts_with('+');
            self.expanded = Expanded::No;
            line.end = End::Rule;
            return;
        }
        if is_footer(words) {
            *self = Self::default();
            line.end = End::Boundary;
            return;
        }
        self.cell(line);
        if is_heading(line.words()) {
            line.end = End::Heading;
        }
    }

    fn cell(&mut self, line: &mut Line<'_>) {
        self.marks_at_the_edge(line);
        let (start, end) = self.between_bars(&line.text);
        let (bar_before, bar_behind) = (start > 0, end < line.text.len());
        line.keep(start, end);
        if bar_behind {
            mark_behind(line);
        }
        if bar_before && bar_behind {
            mark_before(line);
        }
        self.name(line);
        unambiguous_marks(line);
    }

    /// Without bars a mark stands where no data reaches: at the end of the rule or right behind it.
    fn marks_at_the_edge(&mut self, line: &mut Line<'_>) {
        let Some(width) = self.width else { return };
        if std::mem::take(&mut self.goes_on_behind_a_mark) && line.text.starts_with('.') {
            line.keep(1, line.text.len());
        }
        let end = match line.text.chars().next_back() {
            Some('+') => End::Newline,
            Some('.') => End::Wrapped,
            _ => return,
        };
        let length = line.text.chars().count();
        if length == width || length == width + 1 {
            self.goes_on_behind_a_mark = end == End::Wrapped && length == width;
            line.end = end;
            line.keep(0, line.text.len() - 1);
            if end == End::Newline {
                line.keep(0, line.text.trim_end().len());
            }
        }
    }

    /// Where the text between the bars begins and ends.
    fn between_bars(&self, text: &str) -> (usize, usize) {
        let words = text.trim();
        let start = text.len() - text.trim_start().len();
        let end = start + words.len();
        let before = BARS.iter().find(|bar| words.starts_with(**bar)).map(|bar| bar.len_utf8());
        let behind = BARS.iter().find(|bar| words.ends_with(**bar)).map(|bar| bar.len_utf8());
        match (before, behind) {
            (Some(before), Some(behind)) if words.len() >= before + behind => (start + before, end - behind),
            (Some(before), None) => (start + before, text.len()),
            (None, Some(behind)) if self.bar_behind => (0, end - behind),
            _ => (0, text.len()),
        }
    }

    /// In expanded output takes the column of names off.
    fn name(&mut self, line: &mut Line<'_>) {
        if self.expanded == Expanded::No {
            // Unaligned, expanded output has no line that says so.
            if let Some(cell) = line.text.strip_prefix("QUERY PLAN|") {
                line.keep(line.text.len() - cell.len(), line.text.len());
            }
            return;
        }
        if let Some(width) = width_of_name(&line.text) {
            self.expanded = Expanded::Names(width);
        } else if !matches!(self.expanded, Expanded::Names(width) if is_blank(&line.text, width)) {
            return;
        }
        if let Expanded::Names(width) = self.expanded {
            let start = line.text.char_indices().nth(width).map_or(line.text.len(), |(start, _)| start);
            line.keep(start, line.text.len());
        }
    }
}

/// Whether the column of names is empty: the value goes on from the line above.
fn is_blank(text: &str, width: usize) -> bool {
    text.chars().take(width).all(|c| c == ' ' || c == ':' || BARS.contains(&c))
}

/// The width of `QUERY PLAN | `, of which the bar is missing with border 0.
fn width_of_name(text: &str) -> Option<usize> {
    let rest = text.trim_start().strip_prefix("QUERY PLAN")?;
    let cell = rest.trim_start_matches(' ');
    let cell = match cell.strip_prefix(BARS) {
        Some(cell) => cell.strip_prefix(' ').unwrap_or(cell),
        None => rest.strip_prefix(' ').unwrap_or(rest),
    };
    Some(text[..text.len() - cell.len()].chars().count())
}

/// Before a bar the last column is for marks.
fn mark_behind(line: &mut Line<'_>) {
    let last = line.text.chars().next_back();
    match last {
        Some('+' | '↵') => line.end = End::Newline,
        Some('.' | '…') => line.end = End::Wrapped,
        _ => {}
    }
    let length = match last {
        Some(mark @ ('+' | '↵' | '.' | '…' | ' ')) => line.text.len() - mark.len_utf8(),
        _ => line.text.len(),
    };
    line.keep(0, length);
    if line.end != End::Wrapped {
        line.keep(0, line.text.trim_end().len());
    }
}

/// Behind a bar the first column is for marks.
fn mark_before(line: &mut Line<'_>) {
    let first = line.text.chars().next().filter(|c| matches!(c, '.' | '…' | ' '));
    line.keep(first.map_or(0, char::len_utf8), line.text.len());
}

/// Marks that stand in no plan: psql's in Unicode.
fn unambiguous_marks(line: &mut Line<'_>) {
    if let Some(cell) = line.text.trim_end().strip_suffix('↵') {
        line.end = End::Newline;
        line.keep(0, cell.trim_end().len());
    } else if let Some(cell) = line.text.strip_suffix('…') {
        line.end = End::Wrapped;
        line.keep(0, cell.len());
    }
    if let Some(cell) = line.text.strip_prefix('…') {
        line.keep(line.text.len() - cell.len(), line.text.len());
    }
}

fn is_record(words: &str) -> bool {
    let boxed = words.split_once("[ ").is_some_and(|(before, rest)| {
        before.chars().all(is_of_a_rule) && rest.starts_with(|c: char| c.is_alphabetic()) && rest.contains(" ]")
    });
    let starred = words.strip_prefix("* ").and_then(|rest| rest.rsplit_once(' '));
    boxed && words.ends_with(is_of_a_rule) && words.starts_with(is_of_a_rule)
        || starred.is_some_and(|(word, number)| is_word(word) && is_number(number))
}

fn is_of_a_rule(c: char) -> bool {
    matches!(c, '-' | '+' | '=' | '|' | '\u{2500}'..='\u{257f}')
}

fn is_rule(words: &str) -> bool {
    let dashes = words.chars().filter(|c| matches!(c, '-' | '=' | '─' | '═' | '━')).count();
    dashes >= 3 && words.chars().all(|c| is_of_a_rule(c) || c == ' ')
}

/// `(5 rows)`, in any language.
fn is_footer(words: &str) -> bool {
    let inside = words.strip_prefix('(').and_then(|words| words.strip_suffix(')'));
    inside.and_then(|inside| inside.split_once(' ')).is_some_and(|(number, word)| is_number(number) && is_word(word))
}

fn is_heading(words: &str) -> bool {
    words.trim_matches(|c: char| is_of_a_rule(c) || c == ' ' || c == '^' || c == '"') == "QUERY PLAN"
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_alphabetic)
}
