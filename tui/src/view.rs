//! What is on the screen: a function of state, model and theme. Nothing here changes anything.

mod columns;
pub(crate) mod diff;
mod excerpt;
pub(crate) mod findings;
pub(crate) mod flame;
pub(crate) mod frame;
pub(crate) mod help;
pub(crate) mod node;
pub(crate) mod plan;
pub(crate) mod prose;
pub(crate) mod raw;
pub(crate) mod review;
pub(crate) mod source;
pub(crate) mod sql;
pub(crate) mod stats;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod words;

use perf_look_analyzers::finding::Of;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece};
use crate::model::Model;
use crate::state::{Pane, Shown, Sizes, State};
use crate::text;
use crate::theme::{Glyphs, Role, Theme};

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Room {
    /// For one line of words.
    Tiny,
    /// For one pane without borders.
    Small,
    /// For two panes and short columns.
    Medium,
    /// For everything.
    Wide,
}

/// Where things are on the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Areas {
    pub(crate) room: Room,
    pub(crate) header: Rect,
    pub(crate) tabs: Option<Rect>,
    /// With its borders; no rows where the details have all the room.
    pub(crate) list: Rect,
    /// With its borders.
    pub(crate) detail: Option<Rect>,
    pub(crate) footer: Rect,
}

/// What a frame took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Rows of lists that were put together: no more than are on the screen.
    pub rows: usize,
}

fn room((columns, rows): (u16, u16)) -> Room {
    match (columns, rows) {
        (..20, _) | (_, ..4) => Room::Tiny,
        (..60, _) | (_, ..16) => Room::Small,
        (..100, _) | (_, ..30) => Room::Medium,
        _ => Room::Wide,
    }
}

/// Divides the screen.
pub(crate) fn areas(state: &State, model: &Model) -> Areas {
    let (columns, rows) = state.size;
    let room = room(state.size);
    let is_review = state.review.is_some();
    let row = |y: u16, height: u16| Rect { x: 0, y, width: columns, height };
    let footer =
        if room == Room::Tiny { 0 } else { frame::footer_height(state, model, room).min(rows.saturating_sub(2)) };
    let top = match room {
        Room::Tiny => 0,
        Room::Wide if !is_review => 2,
        Room::Small | Room::Medium | Room::Wide => 1,
    };
    let body = row(top, rows.saturating_sub(top + footer));
    let (list, detail) = if is_review { review::panes(state, room, body) } else { panes(state, model, room, body) };
    Areas {
        room,
        header: row(0, 1.min(rows)),
        tabs: (room == Room::Wide && !is_review).then(|| row(1, 1)),
        list,
        detail,
        footer: row(rows.saturating_sub(footer), footer),
    }
}

fn panes(state: &State, model: &Model, room: Room, body: Rect) -> (Rect, Option<Rect>) {
    let split = |list: u16| {
        let list = list.min(body.height);
        let (above, below) = (Rect { height: list, ..body }, body.height - list);
        (above, Some(Rect { y: body.y + list, height: below, ..body }).filter(|_| below > 0))
    };
    let nothing = Rect { height: 0, ..body };
    match (room, state.pane, state.sizes) {
        (Room::Tiny, ..) => (nothing, None),
        (Room::Small, Pane::Detail, _) => (nothing, Some(body)),
        (Room::Small, Pane::List, Sizes::List) => (body, None),
        (Room::Small, Pane::List, _) if body.height < 7 => (body, None),
        (Room::Small, Pane::List, _) => split(body.height - 4),
        (_, _, Sizes::List) => (body, None),
        (_, _, Sizes::Detail) => split(6),
        (..) => split(fitting(state, model, body.height)),
    }
}

/// As many rows as the list has, within limits, so that little room is empty.
fn fitting(state: &State, model: &Model, height: u16) -> u16 {
    let (rows, most) = match state.screen {
        // With what is said below the findings.
        Screen::Findings => (state.listed.len().max(2) + 3 + model.report().rejects.len().min(3), 45),
        Screen::Plan => (model.subject(state.subject).map_or(0, |subject| subject.plan.nodes().len()) + 4, 60),
        Screen::Flame => (usize::MAX, 65),
        Screen::Sql => (state.statement.rows.len(), 60),
        Screen::Diff => (state.diff.rows.len().max(8) + 3, 60),
        Screen::Stats => (state.groups.len() + 1, 60),
        Screen::Raw => (model.subject(state.subject).map_or(0, |subject| subject.plan.nodes().len()) + 3, 35),
        Screen::Source => (state.source.rows.len().max(3), 60),
        // Of a page and of a server.
        _ => (state.tables.len(state.screen).max(3) + 1, 60),
    };
    let most = u32::from(height) * most / 100;
    let wanted = u32::try_from(rows.saturating_add(2)).unwrap_or(u32::MAX);
    u16::try_from(wanted.min(most).max(5)).unwrap_or(height)
}

/// What is inside the borders of a pane.
pub(crate) fn inside(areas: &Areas, pane: Rect) -> Rect {
    if areas.room <= Room::Small || pane.width < 4 || pane.height < 2 {
        return pane;
    }
    Rect { x: pane.x + 1, y: pane.y + 1, width: pane.width - 2, height: pane.height - 2 }
}

/// Rows of the list that can be shown.
pub(crate) fn list_height(state: &State, model: &Model, areas: &Areas) -> usize {
    let inner = inside(areas, areas.list);
    let footnote = u16::from(state.screen == Screen::Flame && flame::has_footnote(state));
    let head = match state.screen {
        Screen::Diff => diff::head_height(state, model, areas),
        _ => head_height(state, areas),
    };
    usize::from(inner.height.saturating_sub(head + footnote))
}

/// Whether the list has a row of column names.
pub(crate) fn head_height(state: &State, areas: &Areas) -> u16 {
    let has_head = !matches!(state.screen, Screen::Flame | Screen::Sql | Screen::Diff | Screen::Raw | Screen::Source);
    u16::from(has_head && areas.room > Room::Small)
}

/// How many lines the details have.
pub(crate) fn detail_length(state: &State, model: &Model, areas: &Areas) -> usize {
    areas.detail.map_or(0, |detail| {
        let width = usize::from(inside(areas, detail).width);
        details(state, model, width, Glyphs::Unicode).len()
    })
}

/// The lines of the details.
fn details(state: &State, model: &Model, width: usize, glyphs: Glyphs) -> Vec<Line> {
    // A column of air to both sides.
    let has_excerpt = matches!(state.screen, Screen::Findings | Screen::Plan | Screen::Flame);
    if has_excerpt && room(state.size) == Room::Small && state.pane == Pane::List {
        return excerpt::lines(state, model, glyphs).lines(width.saturating_sub(2), Shown::Yes, glyphs);
    }
    let prose = match state.screen {
        Screen::Findings if state.rules.yes() => findings::rules(model),
        Screen::Findings => findings::detail(state, model, glyphs),
        Screen::Plan => node::detail(state, model, glyphs),
        Screen::Sql => sql::detail(state, model),
        Screen::Stats => stats::detail(state, model, glyphs),
        Screen::Raw => raw::detail(state, model),
        Screen::Flame => flame::detail(state, model),
        Screen::Diff => diff::detail(state, model),
        Screen::Source => source::detail(state, model),
        _ => table::detail(state, model),
    };
    prose.lines(width.saturating_sub(2), state.wrap, glyphs)
}

/// Draws everything.
pub fn draw(state: &State, model: &Model, theme: &Theme, buffer: &mut Buffer) -> Drawn {
    let mut canvas = Canvas::new(buffer, theme);
    let areas = areas(state, model);
    if areas.room == Room::Tiny {
        let words = vec![piece(Role::Text, "too small, q quits")];
        canvas.line(Rect { height: 1.min(state.size.1), ..areas.header }, &words);
        return Drawn::default();
    }
    match model.review() {
        Some(review) => review::header(&mut canvas, state, review, &areas),
        None => frame::header(&mut canvas, state, model, &areas),
    }
    let rows = if state.help.is_some() {
        help::draw(&mut canvas, state, &areas)
    } else if let Some(review) = model.review() {
        review::draw(&mut canvas, state, review, &areas)
    } else {
        let rows = list(&mut canvas, state, model, &areas);
        detail(&mut canvas, state, model, &areas);
        rows
    };
    frame::footer(&mut canvas, state, model, &areas);
    frame::menu(&mut canvas, state, &areas);
    Drawn { rows }
}

fn list(canvas: &mut Canvas<'_>, state: &State, model: &Model, areas: &Areas) -> usize {
    if areas.list.height == 0 {
        return 0;
    }
    let (title, note) = match state.screen {
        Screen::Findings => findings::title(state, model),
        Screen::Plan => plan::title(state, model, canvas.glyphs()),
        Screen::Sql => sql::title(state, model),
        Screen::Stats => stats::title(state),
        Screen::Raw => raw::title(state, model),
        Screen::Flame => flame::title(state),
        Screen::Diff => diff::title(state, model),
        Screen::Source => source::title(state),
        _ => table::title(state, model),
    };
    let inner = pane(canvas, areas, (areas.list, state.pane == Pane::List), &(title, note));
    match state.screen {
        Screen::Findings => findings::draw(canvas, state, model, (areas, inner)),
        Screen::Plan => plan::draw(canvas, state, model, (areas, inner)),
        Screen::Sql => sql::draw(canvas, state, model, (areas, inner)),
        Screen::Stats => stats::draw(canvas, state, model, (areas, inner)),
        Screen::Raw => raw::draw(canvas, state, model, inner),
        Screen::Flame => flame::draw(canvas, state, model, inner),
        Screen::Diff => diff::draw(canvas, state, model, (areas, inner)),
        Screen::Source => source::draw(canvas, state, model, inner),
        _ => table::draw(canvas, state, model, (areas, inner)),
    }
}

/// The borders of a pane, where there is room for them.
fn pane(canvas: &mut Canvas<'_>, areas: &Areas, (area, has_keys): (Rect, bool), words: &(Line, Line)) -> Rect {
    if areas.room <= Room::Small {
        return area;
    }
    let border = if has_keys { Role::FocusedBorder } else { Role::Border };
    canvas.boxed(area, border, &words.0, &words.1)
}

fn detail(canvas: &mut Canvas<'_>, state: &State, model: &Model, areas: &Areas) {
    let Some(area) = areas.detail else { return };
    let has_keys = state.pane == Pane::Detail;
    let width = usize::from(inside(areas, area).width);
    let lines = details(state, model, width, canvas.glyphs());
    let height = usize::from(inside(areas, area).height);
    let top = state.detail.min(lines.len().saturating_sub(1));
    let title = vec![piece(Role::Heading, detail_title(state, model))];
    let rest = lines.len().saturating_sub(top + height);
    let note = match (has_keys, rest) {
        (false, _) if lines.is_empty() => "",
        (true, 0) => "Tab back",
        (false, 0) => "Tab to read",
        (true, _) => "j for more",
        (false, _) => "Tab to read on",
    };
    let note = if rest > 0 { format!("{}, {note}", text::plural(rest, "more line")) } else { note.to_owned() };
    let note = if note.is_empty() { Line::new() } else { vec![piece(Role::Faint, note)] };
    let inner = pane(canvas, areas, (area, has_keys), &(title, note));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    canvas.lines(inner, lines.iter().skip(top));
}

fn detail_title(state: &State, model: &Model) -> &'static str {
    match state.screen {
        Screen::Findings if state.rules.yes() => "Rules",
        Screen::Findings if state.listed.is_empty() => "No finding",
        Screen::Findings => "Finding",
        Screen::Plan => "Node",
        Screen::Flame if state.flame.narrow.yes() => "Narrow frames",
        Screen::Flame if state.flame.top.yes() => "Top",
        Screen::Flame => "Frame",
        Screen::Sql => "Nodes of this line",
        Screen::Diff if matches!(state.subject, Of::Page(_)) => "Change",
        Screen::Diff => "Pair",
        Screen::Stats => "Nodes of the group",
        Screen::Raw => "As Postgres named it",
        Screen::Source => "What is known of it",
        _ => table::detail_title(state, model),
    }
}

/// Makes the row of the cursor stand out, more so where its pane has the keys.
fn highlight(canvas: &mut Canvas<'_>, state: &State, (row, is_here): (Rect, bool)) {
    if is_here {
        canvas.paint(row, if state.pane == Pane::List { Role::Cursor } else { Role::Selected });
    }
}

/// The mark of the row of the cursor.
pub(crate) fn mark(is_here: bool) -> &'static str {
    if is_here { ">" } else { " " }
}
