//! Text to read: headings, labelled lines, and lines that are wrapped behind their label.

use crate::canvas::{Line, Piece, line_width, piece, safe_line};
use crate::state::Shown;
use crate::text;
use crate::theme::{Glyphs, Role};

/// Lines before they know how wide they may be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prose {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// Stands to the left; what follows hangs behind it.
    label: Piece,
    line: Line,
    hangs: Hangs,
}

/// Where the second line of an entry begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hangs {
    BehindTheLabel,
    /// Two columns in.
    Left,
}

impl Prose {
    /// A line of its own.
    pub(crate) fn line(&mut self, line: Line) {
        self.labelled(piece(Role::Text, ""), line);
    }

    /// A line of one role; of several lines one each.
    pub(crate) fn text(&mut self, role: Role, text: &str) {
        for line in text.lines() {
            self.line(vec![piece(role, line)]);
        }
    }

    /// A line behind a label.
    pub(crate) fn labelled(&mut self, label: Piece, line: Line) {
        self.entries.push(Entry { label, line, hangs: Hangs::BehindTheLabel });
    }

    /// A label of any length and what it says, as one text.
    pub(crate) fn headline(&mut self, label: Piece, line: Line) {
        self.entries.push(Entry { label, line, hangs: Hangs::Left });
    }

    /// Some plain words behind a label of ten columns.
    pub(crate) fn field(&mut self, label: &str, words: impl Into<String>) {
        self.labelled(field_label(label), vec![piece(Role::Text, words)]);
    }

    /// A heading, with a line of air above unless it is the first.
    pub(crate) fn heading(&mut self, heading: &str) {
        if !self.entries.is_empty() {
            self.line(Line::new());
        }
        self.text(Role::Heading, heading);
    }

    /// The lines, wrapped or to be cut.
    pub(crate) fn lines(&self, width: usize, wrap: Shown, glyphs: Glyphs) -> Vec<Line> {
        let mut lines = Vec::new();
        for entry in &self.entries {
            let label = Piece { role: entry.label.role, text: safe_line(&entry.label.text, glyphs).into_owned() };
            let indent = text::width(&label.text);
            // Behind a long label there would be little room: the words go on below it.
            if wrap.yes() && (entry.hangs == Hangs::Left || indent * 2 > width) {
                let mut line = vec![label];
                line.extend(entry.line.iter().cloned());
                lines.extend(hanging(&line, width, glyphs));
                continue;
            }
            if !wrap.yes() || indent + 8 > width {
                let mut line = vec![label];
                line.extend(entry.line.iter().cloned());
                lines.push(line);
                continue;
            }
            for (place, mut wrapped) in wrap_pieces(&entry.line, width - indent, glyphs).into_iter().enumerate() {
                let first = if place == 0 { label.clone() } else { piece(Role::Text, " ".repeat(indent)) };
                wrapped.insert(0, first);
                lines.push(wrapped);
            }
        }
        lines
    }
}

/// Wrapped, and moved in by two columns from the second line on.
fn hanging(line: &[Piece], width: usize, glyphs: Glyphs) -> Vec<Line> {
    let mut lines = wrap_pieces(line, width.saturating_sub(2), glyphs);
    for line in lines.iter_mut().skip(1) {
        line.insert(0, piece(Role::Text, "  "));
    }
    lines
}

/// The label of a field: two spaces, the word, and room up to the column of the words.
pub(crate) fn field_label(label: &str) -> Piece {
    let columns = if label.len() > 9 { label.len() + 2 } else { 11 };
    piece(Role::Faint, format!("  {}", text::left(label, columns)))
}

/// Breaks a line of pieces at its spaces.
fn wrap_pieces(line: &[Piece], width: usize, glyphs: Glyphs) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Line::new()];
    let mut used = 0;
    for part in line {
        let safe = safe_line(&part.text, glyphs);
        for word in safe.split_inclusive(' ') {
            let wide = text::width(word.trim_end());
            if used > 0 && used + wide > width {
                lines.push(Line::new());
                used = 0;
            }
            for (place, bit) in text::wrap(word, width).iter().enumerate() {
                if place > 0 {
                    lines.push(Line::new());
                    used = 0;
                }
                // `wrap` takes the space at the end, which is wanted between words.
                let space = if text::width(word) > text::width(word.trim_end()) { " " } else { "" };
                let is_blank = bit.is_empty() && used == 0 && word.trim().is_empty() && place > 0;
                if !is_blank {
                    push(&mut lines, part.role, &format!("{bit}{space}"));
                    used = lines.last().map_or(0, |line| line_width(line));
                }
            }
        }
    }
    for line in &mut lines {
        if let Some(last) = line.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
    }
    lines
}

/// Adds to the last piece where it has the same role.
fn push(lines: &mut [Line], role: Role, text: &str) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut() {
        Some(last) if last.role == role => last.text.push_str(text),
        _ => line.push(piece(role, text)),
    }
}
