//! A list of a page: as many of its columns as there is room for, and all about the row of the cursor.

use perf_look_analyzers::web::Page;
use ratatui::layout::Rect;

use super::findings::{self, column};
use super::prose::Prose;
use super::{Areas, Room, mark};
use crate::canvas::{Canvas, Line, piece};
use crate::model::Model;
use crate::page::{Column, List, Side, Table, lists};
use crate::state::State;
use crate::text;
use crate::theme::{Glyphs, Role};

/// The page, the list that is shown of it, and its rows.
fn shown<'a>(state: &'a State, model: &'a Model) -> Option<(&'a Page, &'static List, &'a Table)> {
    let table = state.tables.get(state.screen)?;
    Some((model.page(state.subject)?, table.list(state.screen)?, table))
}

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    let Some((_, list, table)) = shown(state, model) else { return (Line::new(), Line::new()) };
    let mut title = Line::new();
    for other in lists(state.screen) {
        let is_here = other.name == list.name;
        let count = if is_here { format!(" {}", text::short(table.rows().len() as f64)) } else { String::new() };
        let words = if is_here { format!("[{}{count}]", other.name) } else { format!(" {} ", other.name) };
        title.push(piece(if is_here { Role::Heading } else { Role::Faint }, words));
    }
    let note = match (state.shape.filter.as_str(), table.sorted_by().and_then(|column| list.columns.get(column))) {
        ("", None) => "h/l other lists   s sort".to_owned(),
        ("", Some(column)) => format!("h/l other lists   sort: {} (s)", column.name),
        (filter, _) => format!("filter: {filter} (Esc)"),
    };
    (title, vec![piece(Role::Faint, note)])
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    let Some((page, list, table)) = shown(state, model) else { return 0 };
    let columns = columns(list, usize::from(inner.width), areas.room);
    let mut rows = inner.rows();
    if super::head_height(state, areas) > 0
        && let Some(row) = rows.next()
    {
        canvas.line(row, &head(list, table, &columns));
    }
    let scroll = state.scroll(state.screen);
    let top = scroll.top_for(super::list_height(state, model, areas));
    let mut drawn = 0;
    // The rows second: a pair that lacks its second half would lose the first.
    for ((place, item), row) in table.rows().iter().enumerate().skip(top).zip(rows.by_ref()) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        let (role, finding) = findings::mark_of_site(model, state.subject, (list.site)(page, *item).as_ref());
        let mut line = vec![piece(Role::Text, mark(is_here)), piece(role, finding)];
        let is_match = state.search.matches.binary_search(&place).is_ok();
        line.extend(columns.iter().map(|(column, width)| {
            let cell = (column.cell)(page, *item);
            let role = if is_match && column.width.is_none() { Role::Match } else { cell.role };
            piece(role, format!(" {}", aligned(column, &cell.text, (*width, canvas.glyphs()))))
        }));
        canvas.line(row, &line);
        super::highlight(canvas, state, (row, is_here));
    }
    if drawn == 0
        && let Some(row) = rows.next()
    {
        canvas.line(row, &[piece(Role::Text, format!("  {}", nothing(state, page, list)))]);
    }
    drawn
}

/// Why no row is shown.
fn nothing(state: &State, page: &Page, list: &List) -> String {
    if (list.len)(page) > 0 {
        return format!("nothing here has \"{}\"; Esc takes the filter off", state.shape.filter);
    }
    (list.none)(page)
}

fn aligned(column: &Column, words: &str, (width, glyphs): (usize, Glyphs)) -> String {
    let cut = self::column(words, width, glyphs);
    if column.side == Side::Left { cut } else { text::right(cut.trim_end(), width) }
}

fn head(list: &List, table: &Table, columns: &[(&'static Column, usize)]) -> Line {
    let sorted = table.sorted_by().and_then(|column| list.columns.get(column));
    let mut line = vec![piece(Role::Text, "  ")];
    line.extend(columns.iter().map(|(column, width)| {
        let is_sorted = sorted.is_some_and(|sorted| std::ptr::eq(sorted, *column));
        let role = if is_sorted { Role::Strong } else { Role::Faint };
        piece(role, format!(" {}", aligned(column, column.name, (*width, Glyphs::Unicode))))
    }));
    line
}

/// The columns that there is room for, and how wide each is: they leave whole.
fn columns(list: &'static List, width: usize, room: Room) -> Vec<(&'static Column, usize)> {
    /// For the marks at the left.
    const MARKS: usize = 2;
    let fixed = |columns: &[&Column]| -> usize {
        MARKS + columns.iter().map(|column| column.width.map_or(1, |width| width + 1)).sum::<usize>()
    };
    let least = match (list.columns.iter().any(|column| column.width.is_none()), room) {
        (false, _) => 0,
        (true, Room::Tiny | Room::Small) => 16,
        (true, _) => (width * 2 / 5).clamp(24, 60),
    };
    let mut columns: Vec<&'static Column> = list.columns.iter().collect();
    while fixed(&columns) + least > width {
        let Some(most) = columns.iter().map(|column| column.leaves).max().filter(|most| *most > 0) else { break };
        columns.retain(|column| column.leaves < most);
    }
    let rest = width.saturating_sub(fixed(&columns));
    columns.into_iter().map(|column| (column, column.width.unwrap_or(rest))).collect()
}

/// All about the row of the cursor, and what was found there.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    let Some((page, list, table)) = shown(state, model) else { return prose };
    let Some(item) = table.rows().get(state.scroll(state.screen).cursor).copied() else {
        prose.text(Role::Text, &nothing(state, page, list));
        return prose;
    };
    (list.detail)(page, item, &mut prose);
    let Some(site) = (list.site)(page, item) else { return prose };
    for finding in model.findings_at(state.subject, &site) {
        prose.heading("Finding");
        findings::brief(&mut prose, finding);
    }
    prose
}

/// The words above the details.
pub(super) fn detail_title(state: &State) -> &'static str {
    match state.tables.get(state.screen).and_then(|table| table.list(state.screen)) {
        Some(list) => list.of_one,
        None => "Details",
    }
}
