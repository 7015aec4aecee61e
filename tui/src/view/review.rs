//! A review: to the left the targets and what becomes of them, to the right all about one; at the end, what is written.

mod target;

use perf_look_analyzers::gate::{Outcome, State as Ended, wording};
use ratatui::layout::Rect;

use super::prose::Prose;
use super::{Areas, Room, mark, pane};
use crate::canvas::{Canvas, Line, line_width, piece, safe_line};
use crate::model::Model;
use crate::review::{Choice, Review, Reviewing, Stage, Target};
use crate::state::{Pane, Shown, State};
use crate::text;
use crate::theme::{Glyphs, Role};

/// Rows of the list that a target takes: its name, and its verdict with what is decided.
const ROWS: u16 = 2;

/// Beside each other where there is room, else one of the two.
pub(super) fn panes(state: &State, room: Room, body: Rect) -> (Rect, Option<Rect>) {
    /// Columns for the verdicts and the ends of most names.
    const LEAST: u16 = 32;
    const MOST: u16 = 60;
    let nothing = Rect { width: 0, height: 0, ..body };
    match (room, state.pane) {
        (Room::Tiny, _) => (nothing, None),
        (Room::Small, Pane::List) => (body, None),
        (Room::Small, Pane::Detail) => (nothing, Some(body)),
        _ => {
            let left = (body.width * 2 / 5).clamp(LEAST, MOST).min(body.width);
            (Rect { width: left, ..body }, Some(Rect { x: body.x + left, width: body.width - left, ..body }))
        }
    }
}

/// What the gate says of all, and how far the review is.
pub(super) fn header(canvas: &mut Canvas<'_>, state: &State, review: &Review, areas: &Areas) {
    let far = match &state.review {
        Some(reviewing) if reviewing.stage == Stage::Deciding => {
            format!("{} of {} decided ", reviewing.decided(), review.targets.len())
        }
        _ => "Write this? y/n ".to_owned(),
    };
    let far = vec![piece(Role::Strong, far)];
    let wide = u16::try_from(line_width(&far) + 1).unwrap_or(u16::MAX).min(areas.header.width);
    let left = Rect { width: areas.header.width - wide, ..areas.header };
    canvas.line(left, &[piece(Role::Strong, " Review"), piece(Role::Text, format!("  {}", review.headline))]);
    canvas.line_right(areas.header, &far);
}

/// Targets that the list shows at once.
pub(crate) fn targets_shown(areas: &Areas) -> usize {
    usize::from(super::inside(areas, areas.list).height / ROWS)
}

/// Lines of what is known of the target, and how many are shown at once.
pub(crate) fn extent_of_detail(state: &State, model: &Model, areas: &Areas) -> (usize, usize) {
    let Some((area, review)) = areas.detail.zip(model.review()) else { return (0, 1) };
    let inner = super::inside(areas, area);
    (details(state, review, inner, Glyphs::Unicode).len(), usize::from(inner.height.max(1)))
}

/// Lines of what will be written, and how many are shown at once.
pub(crate) fn extent_of_summary(state: &State, model: &Model, areas: &Areas) -> (usize, usize) {
    let Some(review) = model.review() else { return (0, 1) };
    let inner = super::inside(areas, body(areas));
    (summary(state, review, inner, Glyphs::Unicode).len(), usize::from(inner.height.max(1)))
}

fn body(areas: &Areas) -> Rect {
    let top = areas.header.bottom();
    Rect { y: top, height: areas.footer.y.saturating_sub(top), ..areas.header }
}

/// Draws both panes, or what will be written, and says how many targets it drew.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, review: &Review, areas: &Areas) -> usize {
    let Some(reviewing) = &state.review else { return 0 };
    if let Stage::Leaving(top) = reviewing.stage {
        draw_summary(canvas, (state, review), areas, top);
        return 0;
    }
    let drawn = draw_list(canvas, (state, reviewing), review, areas);
    draw_detail(canvas, state, review, areas);
    drawn
}

fn draw_list(
    canvas: &mut Canvas<'_>,
    (state, reviewing): (&State, &Reviewing),
    review: &Review,
    areas: &Areas,
) -> usize {
    if areas.list.height == 0 {
        return 0;
    }
    let title = vec![piece(Role::Heading, text::plural(review.targets.len(), "target"))];
    let inner = pane(canvas, areas, (areas.list, state.pane == Pane::List), &(title, Line::new()));
    let shown = targets_shown(areas);
    let top = reviewing.scroll.top_for(shown);
    let targets = review.targets.iter().enumerate().skip(top).take(shown);
    let mut drawn = 0;
    for ((place, target), row) in targets.zip((inner.y..).step_by(usize::from(ROWS))) {
        drawn += 1;
        let is_here = place == reviewing.scroll.cursor;
        let area = Rect { y: row, height: ROWS, ..inner };
        let is_match = state.search.matches.binary_search(&place).is_ok();
        let choice = reviewing.choices.get(place).and_then(Option::as_ref);
        draw_target(canvas, (target, choice), (is_here, is_match), area);
        super::highlight(canvas, state, (area, is_here));
    }
    drawn
}

fn draw_target(
    canvas: &mut Canvas<'_>,
    (target, choice): (&Target, Option<&Choice>),
    (is_here, is_match): (bool, bool),
    area: Rect,
) {
    let mut rows = area.rows();
    let room = usize::from(area.width).saturating_sub(2);
    let name = safe_line(&target.outcome.target, canvas.glyphs()).into_owned();
    let name = piece(if is_match { Role::Match } else { Role::Strong }, text::tail(&name, room, canvas.glyphs()));
    if let Some(row) = rows.next() {
        canvas.line(row, &[piece(Role::Text, format!("{} ", mark(is_here))), name]);
    }
    if let Some(row) = rows.next() {
        let (role, verdict) = verdict(&target.outcome);
        canvas.line(row, &[piece(Role::Text, "    "), piece(role, verdict)]);
        if let Some(choice) = choice {
            canvas.line_right(row, &[piece(Role::Text, " "), piece(Role::Strong, format!("{} ", choice.word()))]);
        }
    }
}

/// A sign and a word, told apart without colour.
fn verdict(outcome: &Outcome) -> (Role, String) {
    let (role, sign) = match outcome.state {
        Ended::Regressed => (Role::Error, 'x'),
        Ended::New => (Role::Info, '+'),
        Ended::NotComparable | Ended::Unmeasured => (Role::Warn, '?'),
        Ended::Passed => (Role::Good, '='),
    };
    (role, format!("{sign} {}", wording::state(outcome)))
}

fn details(state: &State, review: &Review, inner: Rect, glyphs: Glyphs) -> Vec<Line> {
    let Some(reviewing) = &state.review else { return Vec::new() };
    let place = reviewing.scroll.cursor;
    let mut prose = Prose::default();
    match review.targets.get(place) {
        Some(target) => target::describe(&mut prose, target, reviewing.choices.get(place).and_then(Option::as_ref)),
        None => prose.text(Role::Text, "No target changed."),
    }
    prose.lines(usize::from(inner.width).saturating_sub(2), Shown::Yes, glyphs)
}

fn draw_detail(canvas: &mut Canvas<'_>, state: &State, review: &Review, areas: &Areas) {
    let Some(area) = areas.detail else { return };
    let inner = super::inside(areas, area);
    let lines = details(state, review, inner, canvas.glyphs());
    let top = state.detail.min(lines.len().saturating_sub(1));
    let rest = lines.len().saturating_sub(top + usize::from(inner.height));
    let has_keys = state.pane == Pane::Detail;
    let note = match (has_keys, rest) {
        (true, 0) => "Tab back".to_owned(),
        (false, 0) => "Tab to read".to_owned(),
        (true, _) => format!("{}, j for more", text::plural(rest, "more line")),
        (false, _) => format!("{}, Tab to read on", text::plural(rest, "more line")),
    };
    let place = state.review.as_ref().map_or(0, |reviewing| reviewing.scroll.cursor) + 1;
    let title = vec![piece(Role::Heading, format!("{place} of {}", review.targets.len()))];
    let inner = pane(canvas, areas, (area, has_keys), &(title, vec![piece(Role::Faint, note)]));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    canvas.lines(inner, lines.iter().skip(top));
}

fn draw_summary(canvas: &mut Canvas<'_>, (state, review): (&State, &Review), areas: &Areas, top: usize) {
    let title = vec![piece(Role::Heading, "What will be written")];
    let inside = super::inside(areas, body(areas));
    let lines = summary(state, review, inside, canvas.glyphs());
    let rest = lines.len().saturating_sub(top + usize::from(inside.height));
    let note = if rest > 0 { format!("{}, j for more", text::plural(rest, "more line")) } else { String::new() };
    let note = if note.is_empty() { Line::new() } else { vec![piece(Role::Faint, note)] };
    let inner = pane(canvas, areas, (body(areas), true), &(title, note));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    canvas.lines(inner, lines.iter().skip(top));
}

fn summary(state: &State, review: &Review, inner: Rect, glyphs: Glyphs) -> Vec<Line> {
    let Some(reviewing) = &state.review else { return Vec::new() };
    let mut prose = Prose::default();
    for (place, choice) in reviewing.to_write() {
        let Some(target) = review.targets.get(place) else { continue };
        prose.labelled(
            piece(Role::Strong, format!("{} ", text::left(choice.word(), 7))),
            vec![piece(Role::Strong, &*target.outcome.target)],
        );
        for line in consequences(target, choice) {
            prose.labelled(piece(Role::Text, "        "), vec![piece(Role::Text, line)]);
        }
    }
    prose.line(Line::new());
    match review.targets.len() - reviewing.to_write().count() {
        0 => {}
        1 => prose.text(Role::Text, "1 target stays as it is"),
        left => prose.text(Role::Text, &format!("{left} targets stay as they are")),
    }
    prose.lines(usize::from(inner.width).saturating_sub(2), Shown::Yes, glyphs)
}

/// What a decision does.
fn consequences(target: &Target, choice: &Choice) -> Vec<String> {
    match choice {
        Choice::Accept { reason } if target.accepted.is_some() => {
            vec!["its baseline is what was measured now".to_owned(), format!("why: {reason}")]
        }
        Choice::Accept { reason } => vec!["it gets its first baseline".to_owned(), format!("why: {reason}")],
        Choice::Waive { reason, owner, expires } => {
            let open = target.outcome.open().map(wording::rule).collect::<Vec<_>>().join(", ");
            vec![format!("{open} is tolerated until {expires}, by {owner}"), format!("why: {reason}")]
        }
        Choice::Reject if target.measured.is_none() => vec!["nothing is kept; the change is to be mended".to_owned()],
        Choice::Reject => vec!["what was measured is forgotten; the change is to be mended".to_owned()],
        Choice::Skip => Vec::new(),
    }
}
