//! The code around the place that was selected, with the line of the place marked, and what is known of it.

use ratatui::layout::Rect;

use super::prose::Prose;
use super::{findings, mark};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece};
use crate::model::Model;
use crate::page;
use crate::source::{SourceRow, missing};
use crate::state::State;
use crate::theme::Role;

/// Columns of marks, a number, and air.
pub(crate) const BEFORE: usize = 10;

pub(super) fn title(state: &State) -> (Line, Line) {
    let Some(site) = &state.source.site else { return (vec![piece(Role::Heading, "No place")], Line::new()) };
    (vec![piece(Role::Heading, site.to_string())], vec![piece(Role::Faint, "* the place")])
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, inner: Rect) -> usize {
    let scroll = state.scroll(Screen::Source);
    let top = scroll.top_for(usize::from(inner.height));
    let shown = state.source.rows.iter().enumerate().skip(top);
    let mut drawn = 0;
    for (row, (place, code)) in inner.rows().zip(shown) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        canvas.line(row, &line(state, place, code));
        super::highlight(canvas, state, (row, is_here));
    }
    if drawn == 0
        && let Some(page) = model.page(state.subject)
    {
        let mut prose = Prose::default();
        prose.text(Role::Text, missing(page, state.source.site.as_ref()));
        let width = usize::from(inner.width).saturating_sub(2);
        let words = prose.lines(width, crate::state::Shown::Yes, canvas.glyphs());
        canvas.lines(Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }, &words);
    }
    drawn
}

fn line(state: &State, place: usize, code: &SourceRow) -> Line {
    let number = code.number.map_or(String::new(), |number| number.to_string());
    let sign = if code.is_site { "*" } else { " " };
    let is_match = state.search.matches.binary_search(&place).is_ok();
    let role = match (is_match, code.is_site) {
        (true, _) => Role::Match,
        (false, true) => Role::Strong,
        (false, false) => Role::Code,
    };
    vec![
        piece(Role::Text, format!("{}{sign}", mark(place == state.scroll(Screen::Source).cursor))),
        piece(Role::Faint, format!(" {number:>5}  ")),
        piece(role, code.text.clone()),
    ]
}

/// What was found at the place, and what the lists say of it.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    let Some((page, site)) = model.page(state.subject).zip(state.source.site.as_ref()) else { return prose };
    for finding in model.findings_at(state.subject, site) {
        prose.heading("Finding");
        findings::brief(&mut prose, finding);
    }
    page::at_site(page, site, &mut prose);
    prose
}
