//! The statement, and which of its clauses a node comes from: exact, likely, or not known.

use std::ops::Range;

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::clauses::{Basis, Certainty, ClauseKind, Clauses, Link, Place, TokenKind};
use perf_look_analyzers::postgres::{NodeId, PlanNode};
use perf_look_analyzers::{Severity, Subject};
use ratatui::layout::Rect;

use super::prose::Prose;
use super::{Areas, Room, mark, tree, words};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece, plain};
use crate::measure;
use crate::model::Model;
use crate::state::State;
use crate::statement::{SqlRow, shown};
use crate::text::{self, millis, percent, plural};
use crate::theme::Role;

/// Columns in front of the SQL: the mark of the cursor, the number of the line.
const BEFORE: usize = 6;

/// Columns for the brackets around up to three places.
const BRACKETS: usize = 6;

/// Columns behind the SQL: nodes, their time, the mark of findings.
fn behind(room: Room) -> usize {
    match room {
        Room::Wide => 34,
        Room::Medium => 24,
        Room::Small | Room::Tiny => 9,
    }
}

/// Columns for the SQL itself.
pub(crate) fn columns(areas: &Areas) -> usize {
    let inner = usize::from(super::inside(areas, areas.list).width);
    inner.saturating_sub(BEFORE + behind(areas.room) + BRACKETS)
}

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    let Some(lines) = state.statement.rows.last().map(|row| row.line) else {
        return (vec![piece(Role::Heading, "SQL")], Line::new());
    };
    let title = vec![piece(Role::Heading, format!("SQL  {}", plural(lines, "line")))];
    let note = match model.clauses(state.subject).map(|clauses| clauses.of_node(state.node)) {
        None => return (title, Line::new()),
        Some(None) => format!("#{} comes from no clause that is known", state.node.number()),
        Some(Some(link)) => format!("[#{}] {}", state.node.number(), certainty(link.primary())),
    };
    (title, vec![piece(Role::Faint, note)])
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    let query = model.subject(state.subject).and_then(|subject| subject.query.as_deref());
    let Some((query, subject)) = query.zip(model.subject(state.subject)) else {
        let words = "  the plan does not say its SQL; captures (--save) and auto_explain's logs do";
        canvas.line(inner, &[piece(Role::Text, words)]);
        return 0;
    };
    let scroll = state.scroll(Screen::Sql);
    let top = scroll.top_for(usize::from(inner.height));
    let clauses = model.clauses(state.subject);
    let places: Vec<Range<usize>> = clauses
        .and_then(|clauses| clauses.of_node(state.node))
        .map_or(&[][..], |from| &from.places)
        .iter()
        .map(|place| place.range.clone())
        .collect();
    let mut drawn = 0;
    let mut line_before =
        top.checked_sub(1).and_then(|above| state.statement.rows.get(above)).map_or(0, |row| row.line);
    for (row, (at, sql)) in inner.rows().zip(state.statement.rows.iter().enumerate().skip(top)) {
        drawn += 1;
        let is_here = at == scroll.cursor;
        let number = if sql.line == line_before { String::new() } else { sql.line.to_string() };
        line_before = sql.line;
        let mut line = vec![piece(Role::Faint, format!("{}{number:>4} ", mark(is_here)))];
        line.extend(sql_pieces(query, clauses, &sql.range, &places));
        let is_match = state.search.matches.binary_search(&at).is_ok();
        if is_match {
            line.iter_mut().skip(1).for_each(|piece| piece.role = Role::Match);
        }
        let room = u16::try_from(behind(areas.room)).unwrap_or(0).min(row.width);
        canvas.line(Rect { width: row.width - room, ..row }, &line);
        let right = Rect { x: row.right() - room, width: room, ..row };
        canvas.line_right(right, &charged(subject, (sql, areas.room)));
        super::highlight(canvas, state, (row, is_here));
    }
    drawn
}

/// The SQL of a row in the roles of its tokens, with brackets around the places of the selected node.
fn sql_pieces(query: &str, clauses: Option<&Clauses>, row: &Range<usize>, places: &[Range<usize>]) -> Line {
    let Some(clauses) = clauses else {
        return plain(shown(query.get(row.clone()).unwrap_or("")));
    };
    let tokens = clauses.tokens();
    let first = tokens.partition_point(|token| token.range.end <= row.start);
    let mut line = Line::new();
    for token in tokens[first..].iter().take_while(|token| token.range.start < row.end) {
        let (from, to) = (token.range.start.max(row.start), token.range.end.min(row.end));
        if places.iter().any(|place| place.start == from) {
            line.push(piece(Role::Key, "["));
        }
        let is_in_place = places.iter().any(|place| place.start <= from && to <= place.end);
        let role = if is_in_place { Role::Strong } else { token_role(token.kind) };
        line.push(piece(role, shown(query.get(from..to).unwrap_or(""))));
        if places.iter().any(|place| place.end == to) {
            line.push(piece(Role::Key, "]"));
        }
    }
    line
}

fn token_role(kind: TokenKind) -> Role {
    match kind {
        TokenKind::Keyword => Role::Code,
        TokenKind::Text | TokenKind::Number | TokenKind::Parameter => Role::Good,
        TokenKind::Comment => Role::Faint,
        TokenKind::Unread => Role::Warn,
        TokenKind::Name | TokenKind::QuotedName | TokenKind::Operator | TokenKind::Punctuation | TokenKind::Space => {
            Role::Text
        }
    }
}

/// The nodes that are charged to a row, what they took, and whether something was found there.
fn charged(subject: &Subject, (row, room): (&SqlRow, Room)) -> Line {
    if row.nodes.is_empty() {
        return Line::new();
    }
    let share = measure::part(row.own, measure::whole(subject));
    let heat = words::heat(share);
    let found = match row.worst {
        Some(Severity::Error) => (Role::Error, "!"),
        Some(Severity::Warn) => (Role::Warn, "!"),
        Some(Severity::Info) => (Role::Info, "i"),
        None => (Role::Text, " "),
    };
    let mut line = Line::new();
    if room > Room::Small {
        let named = if room == Room::Wide { 4 } else { 2 };
        let mut ids: Vec<String> = row.nodes.iter().take(named).map(|id| format!("#{}", id.number())).collect();
        if row.nodes.len() > named {
            ids.push(format!("+{}", row.nodes.len() - named));
        }
        line.push(piece(Role::Faint, ids.join(" ")));
    }
    line.push(piece(heat, text::right(&millis(row.own), 8)));
    if room > Room::Small {
        line.push(piece(heat, text::right(&percent(share), 7)));
    }
    line.push(piece(found.0, found.1));
    line
}

/// The nodes that come from the row of the cursor, and those that come from nowhere.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    let Some((subject, clauses)) = model.subject(state.subject).zip(model.clauses(state.subject)) else {
        return prose;
    };
    let Some(row) = state.statement.rows.get(state.scroll(Screen::Sql).cursor) else { return prose };
    let query = subject.query.as_deref().unwrap_or("");
    let words = shown(query.get(row.range.clone()).unwrap_or("").trim());
    prose.labelled(piece(Role::Faint, format!("line {}  ", row.line)), vec![piece(Role::Strong, words)]);
    let linked_here = &state.statement.linked;
    for link in linked_here.nodes.iter().filter_map(|id| clauses.of_node(*id)) {
        linked(&mut prose, subject, link, &row.range);
    }
    if linked_here.nodes.is_empty() {
        prose.text(Role::Faint, "  no node comes from this line alone");
    }
    if linked_here.more > 0 {
        prose.text(Role::Faint, &format!("  and {} more", linked_here.more));
    }
    unmatched(&mut prose, subject, clauses);
    prose
}

fn linked(prose: &mut Prose, subject: &Subject, link: &Link, row: &Range<usize>) {
    let node = subject.plan.node(link.node);
    let here = link.places.iter().find(|place| place.range.start < row.end && row.start < place.range.end);
    let place = here.unwrap_or_else(|| link.primary());
    prose.labelled(piece(Role::Text, "  "), node_words(subject, node));
    let role = if place.certainty == Certainty::Exact { Role::Good } else { Role::Warn };
    prose.labelled(
        piece(role, format!("     {}", place.certainty.as_str())),
        plain(format!("  in {}: {}", clause(place.kind), basis(place.basis))),
    );
}

fn node_words(subject: &Subject, node: &PlanNode) -> Line {
    let own = measure::own_time_or_cost(subject, node.id);
    let unit = if subject.attribution.execution.is_some() { "ms" } else { "cost" };
    let share = percent(measure::own_share(subject, node.id));
    vec![
        piece(Role::Strong, format!("#{} {}", node.id.number(), tree::words(node))),
        piece(Role::Text, format!("   {} {unit} itself ({share})", millis(own))),
    ]
}

fn unmatched(prose: &mut Prose, subject: &Subject, clauses: &Clauses) {
    /// Enough to see what kind they are.
    const NAMED: usize = 12;
    let none = clauses.unmatched();
    if none.is_empty() {
        prose.text(Role::Faint, "every node has its clause");
        return;
    }
    prose.heading(&format!("{} from no clause that is known", plural(none.len(), "node")));
    for id in none.iter().take(NAMED) {
        prose.labelled(piece(Role::Text, "  "), node_words(subject, subject.plan.node(*id)));
    }
    if none.len() > NAMED {
        prose.text(Role::Faint, &format!("  and {} more", none.len() - NAMED));
    }
}

/// `exact, the same condition`.
fn certainty(place: &Place) -> String {
    format!("{}: {}", place.certainty.as_str(), basis(place.basis))
}

fn basis(basis: Basis) -> String {
    match basis {
        Basis::Name => "the same table and alias".to_owned(),
        Basis::Condition => "the same condition".to_owned(),
        Basis::Shape => "the same condition but for constants".to_owned(),
        Basis::Keys => "the same keys".to_owned(),
        Basis::OnlyOne => "the only clause that asks for it".to_owned(),
        Basis::Serves(node) => format!("does a part of the work of #{}", node.number()),
    }
}

/// SQL's own words.
fn clause(kind: ClauseKind) -> &'static str {
    match kind {
        ClauseKind::With => "WITH",
        ClauseKind::Select => "SELECT",
        ClauseKind::Distinct => "DISTINCT",
        ClauseKind::From => "FROM",
        ClauseKind::Join => "JOIN",
        ClauseKind::On => "ON",
        ClauseKind::Where => "WHERE",
        ClauseKind::GroupBy => "GROUP BY",
        ClauseKind::Having => "HAVING",
        ClauseKind::Window => "WINDOW",
        ClauseKind::SetOperation => "a set operation",
        ClauseKind::OrderBy => "ORDER BY",
        ClauseKind::Limit => "LIMIT",
        ClauseKind::Lock => "FOR UPDATE",
        ClauseKind::Values => "VALUES",
        ClauseKind::Target => "the table that is written",
        ClauseKind::Set => "SET",
        ClauseKind::When => "WHEN",
        ClauseKind::Conflict => "ON CONFLICT",
        ClauseKind::Returning => "RETURNING",
    }
}

/// Where a node comes from, a line a place: `4:7 in WHERE: o.amount > 900   (exact: the same condition)`.
pub(super) fn of_node(model: &Model, subject: Of, node: NodeId) -> Vec<String> {
    let query = model.subject(subject).and_then(|subject| subject.query.as_deref());
    let Some((query, clauses)) = query.zip(model.clauses(subject)) else { return Vec::new() };
    match clauses.of_node(node) {
        None => vec!["from no clause that is known".to_owned()],
        Some(link) => link.places.iter().map(|place| placed(query, clauses, place)).collect(),
    }
}

fn placed(query: &str, clauses: &Clauses, place: &Place) -> String {
    /// What a row shows of a long clause.
    const SHOWN: usize = 120;
    let start = place.range.start;
    let line_start = query[..start].rfind('\n').map_or(0, |at| at + 1);
    let column = query[line_start..start].chars().count() + 1;
    let words = query[place.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
    let end = words.char_indices().nth(SHOWN).map_or(words.len(), |(at, _)| at);
    let more = if end < words.len() { "…" } else { "" };
    let number = clauses.line_of(start);
    format!("{number}:{column} in {}: {}{more}   ({})", clause(place.kind), &words[..end], certainty(place))
}
