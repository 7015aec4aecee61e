//! Sums by node type, table and index.

use ratatui::layout::Rect;

use super::findings::column;
use super::prose::Prose;
use super::{Areas, Room, mark, words};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece, plain};
use crate::measure;
use crate::model::Model;
use crate::state::State;
use crate::stats::{By, Column, Group};
use crate::text::{self, millis, percent, plural, short};
use crate::theme::{Glyphs, Role};

pub(super) fn title(state: &State) -> (Line, Line) {
    let mut title = Line::new();
    for by in By::ALL {
        let is_here = by == state.stats.by;
        let words = if is_here { format!("[by {}]", by.name()) } else { format!(" by {} ", by.name()) };
        title.push(piece(if is_here { Role::Heading } else { Role::Faint }, words));
    }
    (title, vec![piece(Role::Faint, format!("h/l other groups   sort: {} (s)", state.stats.column.name()))])
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    let Some(subject) = model.subject(state.subject) else { return 0 };
    let numbers = match areas.room {
        Room::Tiny | Room::Small => 18,
        Room::Medium => 42,
        Room::Wide => 63,
    };
    let name = usize::from(inner.width).saturating_sub(numbers + 2).max(4);
    let mut rows = inner.rows();
    if super::head_height(state, areas) > 0
        && let Some(row) = rows.next()
    {
        canvas.line(row, &head(state, subject.attribution.execution.is_some(), (name, areas.room)));
    }
    let scroll = state.scroll(Screen::Stats);
    let shown = state.groups.iter().enumerate().skip(scroll.top_for(super::list_height(state, model, areas)));
    let mut drawn = 0;
    for (row, (place, group)) in rows.zip(shown) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        let is_match = state.search.matches.binary_search(&place).is_ok();
        let mut line = vec![
            piece(Role::Text, format!("{} ", mark(is_here))),
            piece(if is_match { Role::Match } else { Role::Text }, column(&group.name, name, canvas.glyphs())),
        ];
        let share = measure::part(group.own, measure::whole(subject));
        line.extend(numbers_of(group, share, (areas.room, canvas.glyphs())));
        canvas.line(row, &line);
        super::highlight(canvas, state, (row, is_here));
    }
    if drawn == 0 {
        canvas.line(inner, &[piece(Role::Text, format!("  no node of this plan names its {}", state.stats.by.name()))]);
    }
    drawn
}

fn head(state: &State, is_timed: bool, (name, room): (usize, Room)) -> Line {
    let role = |column: Column| if state.stats.column == column { Role::Strong } else { Role::Faint };
    let own = if is_timed { "self ms" } else { "own cost" };
    let cell =
        |column: Column, words: &str, width: usize| piece(role(column), format!(" {}", text::right(words, width)));
    let mut line = vec![
        piece(role(Column::Name), format!("  {}", text::left(state.stats.by.name(), name))),
        cell(Column::Own, own, 9),
        piece(Role::Faint, format!(" {}", text::right("share", 7))),
    ];
    if room == Room::Wide {
        line.push(piece(Role::Text, " ".repeat(21)));
    }
    line.extend([cell(Column::Nodes, "nodes", 6), cell(Column::Rows, "rows", 7), cell(Column::Blocks, "blocks", 8)]);
    line
}

fn numbers_of(group: &Group, share: f64, (room, glyphs): (Room, Glyphs)) -> Line {
    let heat = words::heat(share);
    let own = if group.own >= 1e6 { short(group.own) } else { millis(group.own) };
    let mut line = vec![piece(heat, format!(" {} {}", text::right(&own, 9), text::right(&percent(share), 7)))];
    if room == Room::Wide {
        line.push(piece(heat, format!(" {}", text::bar(share, 20, glyphs))));
    }
    if room > Room::Small {
        let or_nothing = |number: Option<f64>| number.map(short).unwrap_or_default();
        let (rows, blocks) = (or_nothing(group.rows), or_nothing(group.blocks));
        let nodes = short(group.nodes.len() as f64);
        let words = format!(" {} {} {}", text::right(&nodes, 6), text::right(&rows, 7), text::right(&blocks, 8));
        line.push(piece(Role::Text, words));
    }
    line
}

/// The nodes of a group, slowest first.
pub(super) fn detail(state: &State, model: &Model, glyphs: Glyphs) -> Prose {
    /// More than anybody reads.
    const NAMED: usize = 200;
    let mut prose = Prose::default();
    let group = state.groups.get(state.scroll(Screen::Stats).cursor);
    let Some((group, subject)) = group.zip(model.subject(state.subject)) else { return prose };
    let unit = if subject.attribution.execution.is_some() { "ms" } else { "cost" };
    prose.text(Role::Strong, &format!("{}: {}", group.name, plural(group.nodes.len(), "node")));
    let mut nodes: Vec<_> = group.nodes.iter().map(|id| (measure::own_time_or_cost(subject, *id), *id)).collect();
    nodes.sort_by(|left, right| right.0.total_cmp(&left.0));
    for (own, id) in nodes.iter().take(NAMED) {
        let node = subject.plan.node(*id);
        let bar = text::bar(measure::own_share(subject, *id), 6, glyphs);
        let label = format!("  {} {unit} {bar} ", text::right(&millis(*own), 8));
        prose.labelled(piece(Role::Text, label), plain(format!("#{} {}", id.number(), super::tree::words(node))));
    }
    if nodes.len() > NAMED {
        prose.text(Role::Faint, &format!("  and {} more", nodes.len() - NAMED));
    }
    prose
}
