//! The one place where text goes onto the screen: it is made safe, cut to its room, and given the style of its role.

use std::borrow::Cow;

use perf_look_analyzers::safe;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text;
use crate::theme::{Glyphs, Role, Theme};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) role: Role,
    pub(crate) text: String,
}

/// A line of the screen.
pub(crate) type Line = Vec<Piece>;

/// A piece of text in a role, made safe, so that what is measured is what is shown.
pub(crate) fn piece(role: Role, text: impl Into<String>) -> Piece {
    let text = text.into();
    let made_safe = match safe::line(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(safe) => Some(safe),
    };
    Piece { role, text: made_safe.unwrap_or(text) }
}

/// A line of plain text.
pub(crate) fn plain(text: impl Into<String>) -> Line {
    vec![piece(Role::Text, text)]
}

/// Columns that a line takes.
pub(crate) fn line_width(line: &[Piece]) -> usize {
    line.iter().map(|piece| text::width(&piece.text)).sum()
}

/// A line of exactly so many columns: cut or filled.
pub(crate) fn fit(line: Line, columns: usize, glyphs: Glyphs) -> Line {
    let mut fitted = Line::new();
    let mut room = columns;
    for mut piece in line {
        let wide = text::width(&piece.text);
        if wide > room {
            piece.text = text::cut(&piece.text, room, glyphs);
        }
        room -= text::width(&piece.text);
        fitted.push(piece);
        if wide > room && room == 0 {
            break;
        }
    }
    fitted.push(piece(Role::Text, " ".repeat(room)));
    fitted
}

/// Text from outside that takes part in layout: what is measured must be what is shown.
pub(crate) fn safe_line(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    let safe = safe::line(text);
    if glyphs != Glyphs::Ascii || safe.is_ascii() {
        return safe;
    }
    Cow::Owned(safe.chars().map(|c| ascii(c).unwrap_or_else(|| c.to_string())).collect())
}

/// Our own signs in ASCII. Letters of other languages stay: names are shown as they are.
fn ascii(c: char) -> Option<String> {
    Some(match c {
        '\u{2400}'..='\u{241f}' => format!("\\x{:02x}", u32::from(c) - 0x2400),
        '\u{2421}' => "\\x7f".to_owned(),
        '…' => "..".to_owned(),
        '→' => "->".to_owned(),
        '×' => "x".to_owned(),
        '–' | '—' => "-".to_owned(),
        '±' => "+-".to_owned(),
        'Σ' => "sum".to_owned(),
        _ => return None,
    })
}

/// What is drawn on.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    pub(crate) fn glyphs(&self) -> Glyphs {
        self.theme.glyphs
    }

    /// Whether fills have colours.
    pub(crate) fn has_fills(&self) -> bool {
        self.theme.has_fills()
    }

    /// Writes a line into the first row of an area, cut where it is too long.
    pub(crate) fn line(&mut self, area: Rect, line: &[Piece]) {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return;
        }
        let (mut x, end) = (area.x, area.right());
        for (place, piece) in line.iter().enumerate() {
            let safe = safe_line(&piece.text, self.theme.glyphs);
            let room = usize::from(end - x);
            let rest = &line[place + 1..];
            let follows = rest.iter().any(|piece| !piece.text.trim_end().is_empty());
            let fits = text::width(&safe) <= room && !(follows && text::width(&safe) == room);
            let shown = if fits { safe } else { Cow::Owned(self.cut(&safe, room)) };
            x = self.buffer.set_stringn(x, area.y, &shown, room, self.theme.style(piece.role)).0;
            if x >= end || !fits {
                break;
            }
        }
    }

    /// As [`text::cut`], but always with its mark: more follows.
    fn cut(&self, text: &str, room: usize) -> String {
        let mark = text::ellipsis(self.theme.glyphs);
        let mut short = text::head(text, room.saturating_sub(text::width(mark))).to_owned();
        short.push_str(text::head(mark, room - text::width(&short)));
        short
    }

    /// Writes a line at the right end of an area.
    pub(crate) fn line_right(&mut self, area: Rect, line: &[Piece]) {
        let wide = u16::try_from(line_width(line)).unwrap_or(u16::MAX).min(area.width);
        self.line(Rect { x: area.right() - wide, width: wide, ..area }, line);
    }

    /// Writes one line a row, from the top of an area.
    pub(crate) fn lines<'l>(&mut self, area: Rect, lines: impl IntoIterator<Item = &'l Line>) {
        for (row, line) in area.rows().zip(lines) {
            self.line(row, line);
        }
    }

    /// Gives a whole area the style of a role, whatever it had.
    pub(crate) fn paint(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            self.buffer[position].set_style(ratatui::style::Style::reset().patch(self.theme.style(role)));
        }
    }

    /// Empties an area, for what is drawn over others.
    pub(crate) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            self.buffer[position].reset();
        }
    }

    /// Draws a frame with words in its upper edge, and returns what is inside.
    pub(crate) fn boxed(&mut self, area: Rect, border: Role, title: &[Piece], note: &[Piece]) -> Rect {
        if area.width < 4 || area.height < 2 {
            return area;
        }
        let (corners, across, down) = match self.glyphs() {
            Glyphs::Ascii => (["+"; 4], "-", "|"),
            _ => (["┌", "┐", "└", "┘"], "─", "│"),
        };
        let middle = across.repeat(usize::from(area.width - 2));
        let row = |at: u16| Rect { y: at, height: 1, ..area };
        self.line(row(area.y), &[piece(border, format!("{}{middle}{}", corners[0], corners[1]))]);
        self.line(row(area.bottom() - 1), &[piece(border, format!("{}{middle}{}", corners[2], corners[3]))]);
        for y in area.y + 1..area.bottom() - 1 {
            self.line(Rect { width: 1, ..row(y) }, &[piece(border, down)]);
            self.line(Rect { x: area.right() - 1, width: 1, ..row(y) }, &[piece(border, down)]);
        }
        self.edge(row(area.y), border, title, note);
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }

    /// Title to the left, note to the right; the note leaves first.
    fn edge(&mut self, edge: Rect, border: Role, title: &[Piece], note: &[Piece]) {
        let spaced = |line: &[Piece]| {
            let mut spaced = vec![piece(border, " ")];
            spaced.extend_from_slice(line);
            spaced.push(piece(border, " "));
            spaced
        };
        let inner = Rect { x: edge.x + 1, width: edge.width - 2, ..edge };
        if !title.is_empty() {
            let wide = u16::try_from(line_width(title) + 2).unwrap_or(u16::MAX).min(inner.width);
            self.line(Rect { width: wide, ..inner }, &spaced(title));
        }
        let left = line_width(title) + 2;
        if !note.is_empty() && left + line_width(note) + 3 <= usize::from(inner.width) {
            self.line_right(inner, &spaced(note));
        }
    }
}
