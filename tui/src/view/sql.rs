//! The statement, line by line.

use ratatui::layout::Rect;

use super::prose::Prose;
use super::{mark, node};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece};
use crate::model::Model;
use crate::state::{Pane, State};
use crate::text::plural;
use crate::theme::{Glyphs, Role};

/// The lines of the statement; none where it is not known.
pub(crate) fn lines<'m>(state: &State, model: &'m Model) -> impl Iterator<Item = &'m str> + use<'m> {
    model.subject(state.subject).and_then(|subject| subject.query.as_deref()).unwrap_or("").lines()
}

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    let title = vec![piece(Role::Heading, format!("SQL  {}", plural(lines(state, model).count(), "line")))];
    (title, Line::new())
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, inner: Rect) -> usize {
    let scroll = state.scroll(Screen::Sql);
    let top = scroll.top_for(usize::from(inner.height));
    let mut drawn = 0;
    for (row, (place, line)) in inner.rows().zip(lines(state, model).enumerate().skip(top)) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        let role = if state.search.matches.binary_search(&place).is_ok() { Role::Match } else { Role::Text };
        let number = format!("{}{:>4} ", mark(is_here), place + 1);
        canvas.line(row, &[piece(Role::Faint, number), piece(role, line.replace('\t', "    "))]);
        if is_here {
            canvas.paint(row, if state.pane == Pane::List { Role::Cursor } else { Role::Selected });
        }
    }
    if drawn == 0 {
        let words = "  the plan does not say its SQL; auto_explain's logs and captures (--save) do";
        canvas.line(inner, &[piece(Role::Text, words)]);
    }
    drawn
}

pub(super) fn detail(state: &State, model: &Model, glyphs: Glyphs) -> Prose {
    node::detail(state, model, glyphs)
}
