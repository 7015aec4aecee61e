//! A list of a page: as many of its columns as there is room for, and all about the row of the cursor.

use ratatui::layout::Rect;

use super::findings::{self, column};
use super::prose::Prose;
use super::{Areas, Room, mark};
use crate::canvas::{Canvas, Line, piece};
use crate::lists::{self, Head, Listing, Side, Table};
use crate::model::Model;
use crate::state::State;
use crate::text;
use crate::theme::{Glyphs, Role};

/// The list that is shown, and its rows.
fn shown<'a>(state: &'a State, model: &'a Model) -> Option<(Box<dyn Listing + 'a>, &'a Table)> {
    let table = state.tables.get(state.screen)?;
    Some((table.listing(model, state.subject, state.screen)?, table))
}

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    let Some((list, table)) = shown(state, model) else { return (Line::new(), Line::new()) };
    let mut title = Line::new();
    let names = lists::names(state.screen);
    for name in &names {
        let is_here = *name == list.name();
        let count = if is_here { format!(" {}", text::short(table.rows().len() as f64)) } else { String::new() };
        let words = if is_here { format!("[{name}{count}]") } else { format!(" {name} ") };
        title.push(piece(if is_here { Role::Heading } else { Role::Faint }, words));
    }
    let others = if names.len() > 1 { "h/l other lists   " } else { "" };
    let heads = list.heads();
    let note = match (state.shape.filter.as_str(), table.sorted_by().and_then(|column| heads.get(column))) {
        ("", None) => format!("{others}s sort"),
        ("", Some(head)) => format!("{others}sort: {} (s)", head.name),
        (filter, _) => format!("filter: {filter} (Esc)"),
    };
    (title, vec![piece(Role::Faint, note)])
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    let Some((list, table)) = shown(state, model) else { return 0 };
    let heads = list.heads();
    let columns = columns(&heads, usize::from(inner.width), areas.room);
    let mut rows = inner.rows();
    if super::head_height(state, areas) > 0
        && let Some(row) = rows.next()
    {
        canvas.line(row, &head(&heads, table, &columns));
    }
    let scroll = state.scroll(state.screen);
    let top = scroll.top_for(super::list_height(state, model, areas));
    let mut drawn = 0;
    // The rows second: a pair that lacks its second half would lose the first.
    for ((place, item), row) in table.rows().iter().enumerate().skip(top).zip(rows.by_ref()) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        let (role, finding) = findings::mark_of_site(model, state.subject, list.site(*item).as_ref());
        let mut line = vec![piece(Role::Text, mark(is_here)), piece(role, finding)];
        let is_match = state.search.matches.binary_search(&place).is_ok();
        line.extend(columns.iter().map(|(column, width)| {
            let (cell, head) = (list.cell(*item, *column), heads[*column]);
            let role = if is_match && head.width.is_none() { Role::Match } else { cell.role };
            piece(role, format!(" {}", aligned(head, &cell.text, (*width, canvas.glyphs()))))
        }));
        canvas.line(row, &line);
        super::highlight(canvas, state, (row, is_here));
    }
    if drawn == 0
        && let Some(row) = rows.next()
    {
        let words = nothing(state, &*list);
        canvas.line(row, &[piece(Role::Text, format!("  {}", words.lines().next().unwrap_or_default()))]);
    }
    drawn
}

/// Why no row is shown.
fn nothing(state: &State, list: &dyn Listing) -> String {
    if list.len() > 0 {
        return format!("nothing here has \"{}\"; Esc takes the filter off", state.shape.filter);
    }
    list.none()
}

fn aligned(head: Head, words: &str, (width, glyphs): (usize, Glyphs)) -> String {
    let cut = self::column(words, width, glyphs);
    if head.side == Side::Left { cut } else { text::right(cut.trim_end(), width) }
}

fn head(heads: &[Head], table: &Table, columns: &[(usize, usize)]) -> Line {
    let mut line = vec![piece(Role::Text, "  ")];
    line.extend(columns.iter().map(|(column, width)| {
        let head = heads[*column];
        let role = if table.sorted_by() == Some(*column) { Role::Strong } else { Role::Faint };
        piece(role, format!(" {}", aligned(head, head.name, (*width, Glyphs::Unicode))))
    }));
    line
}

/// The columns that there is room for, by their places, and how wide each is: they leave whole.
fn columns(heads: &[Head], width: usize, room: Room) -> Vec<(usize, usize)> {
    /// For the marks at the left.
    const MARKS: usize = 2;
    let fixed = |columns: &[usize]| -> usize {
        MARKS + columns.iter().map(|column| heads[*column].width.map_or(1, |width| width + 1)).sum::<usize>()
    };
    let least = match (heads.iter().any(|head| head.width.is_none()), room) {
        (false, _) => 0,
        (true, Room::Tiny | Room::Small) => 16,
        (true, _) => (width * 2 / 5).clamp(24, 60),
    };
    let mut columns: Vec<usize> = (0..heads.len()).collect();
    while fixed(&columns) + least > width {
        let leaves = columns.iter().map(|column| heads[*column].leaves);
        let Some(most) = leaves.max().filter(|most| *most > 0) else { break };
        columns.retain(|column| heads[*column].leaves < most);
    }
    let rest = width.saturating_sub(fixed(&columns));
    columns.into_iter().map(|column| (column, heads[column].width.unwrap_or(rest))).collect()
}

/// All about the row of the cursor, and what was found there.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    let Some((list, table)) = shown(state, model) else { return prose };
    let Some(item) = table.rows().get(state.scroll(state.screen).cursor).copied() else {
        prose.text(Role::Text, &nothing(state, &*list));
        return prose;
    };
    list.detail(item, &mut prose);
    let Some(site) = list.site(item) else { return prose };
    for finding in model.findings_at(state.subject, &site) {
        prose.heading("Finding");
        findings::brief(&mut prose, finding);
    }
    prose
}

/// The words above the details.
pub(super) fn detail_title(state: &State, model: &Model) -> &'static str {
    shown(state, model).map_or("Details", |(list, _)| list.of_one())
}
