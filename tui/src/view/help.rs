//! All keys of a screen, out of the key table; never cut off, and searchable.

use ratatui::layout::Rect;

use super::prose::Prose;
use super::{Areas, Room};
use crate::canvas::{Canvas, Line, piece};
use crate::keys::{self, Binding};
use crate::matching;
use crate::state::{Shown, State};
use crate::text;
use crate::theme::{Glyphs, Role};

fn area(areas: &Areas) -> Rect {
    let top = areas.tabs.map_or(areas.header.bottom(), Rect::bottom);
    Rect { y: top, height: areas.footer.y.saturating_sub(top), ..areas.header }
}

/// Lines, and how many are shown at once.
pub(crate) fn extent(state: &State, areas: &Areas) -> (usize, usize) {
    let inner = super::inside(areas, area(areas));
    let lines = lines(state, usize::from(inner.width), Glyphs::Unicode).len();
    (lines, usize::from(inner.height))
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, areas: &Areas) -> usize {
    let area = area(areas);
    let title = vec![piece(
        Role::Heading,
        format!("Keys of the screen {}", if state.review.is_some() { "Review" } else { state.screen.name() }),
    )];
    let query = state.help.as_ref().map_or("", |help| &help.query);
    let note = if query.is_empty() { "/ search   Esc close".to_owned() } else { format!("search: {query} (Esc)") };
    let inner = match areas.room {
        Room::Tiny | Room::Small => area,
        _ => canvas.boxed(area, Role::FocusedBorder, &title, &[piece(Role::Faint, note)]),
    };
    let lines = lines(state, usize::from(inner.width), canvas.glyphs());
    let height = usize::from(inner.height);
    let top = state.help.as_ref().map_or(0, |help| help.top).min(lines.len().saturating_sub(height));
    canvas.lines(inner, lines.iter().skip(top));
    lines.len().saturating_sub(top).min(height)
}

fn lines(state: &State, width: usize, glyphs: Glyphs) -> Vec<Line> {
    let words = matching::words(state.help.as_ref().map_or("", |help| &help.query));
    let here = state.on_screen();
    let (mut own, mut common) = (Vec::new(), Vec::new());
    for binding in keys::bindings().filter(|binding| binding.on.contains(&here)) {
        let keys: Vec<String> = binding.keys.iter().map(|key| keys::printed(key)).collect();
        let keys = keys.join(" ");
        if matching::text(&format!("{keys} {}", binding.help), &words) {
            let list = if is_common(&binding, state) { &mut common } else { &mut own };
            list.push((keys, binding.help));
        }
    }
    let mut prose = Prose::default();
    for (heading, list) in [("On this screen", own), ("Everywhere", common)] {
        if list.is_empty() {
            continue;
        }
        prose.heading(heading);
        for (keys, help) in list {
            let label = format!("  {} ", text::left(&keys, 13));
            prose.labelled(piece(Role::Key, label), vec![piece(Role::Text, help)]);
        }
    }
    let mut lines = prose.lines(width, Shown::Yes, glyphs);
    if lines.is_empty() {
        lines.push(vec![piece(Role::Text, "  no key does that; Esc shows all")]);
    }
    lines
}

fn is_common(binding: &Binding, state: &State) -> bool {
    let own = state.screens().iter().filter(|screen| screen.is_of_server() == state.screen.is_of_server());
    own.copied().all(|screen| binding.on.contains(&state.context_of(screen)))
}
