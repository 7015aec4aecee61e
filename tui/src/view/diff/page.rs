//! Two captures of a page beside each other: what it came to, and a row for each thing that changed.

use perf_look_analyzers::compare::pages::Fate;
use perf_look_analyzers::compare::{Comparison, PageDifference};
use perf_look_analyzers::web::place::Site;
use ratatui::layout::Rect;

use super::super::findings::{self, column};
use super::super::prose::{Prose, field_label};
use super::super::{Areas, Room, mark};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece, plain};
use crate::diff::{Kept, PageRow};
use crate::model::Model;
use crate::state::State;
use crate::text;
use crate::theme::{Glyphs, Role};

/// Columns of a number.
const NUMBER: usize = 10;
/// Columns of the kind.
const KIND: usize = 17;

pub(super) fn title(state: &State, difference: &PageDifference) -> (Line, Line) {
    let exact = match difference.exact_changes() {
        1 => "1 exact count changed".to_owned(),
        count => format!("{} exact counts changed", text::short(count as f64)),
    };
    let note = format!("show: {} (v)", state.diff.kept.name());
    (vec![piece(Role::Heading, exact)], vec![piece(Role::Faint, note)])
}

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    (difference, model): (&PageDifference, &Model),
    (areas, inner): (&Areas, Rect),
) -> usize {
    let mut rows = inner.rows();
    if let Some(row) = rows.next() {
        canvas.line(row, &[piece(Role::Strong, format!(" {}", difference.verdict()))]);
    }
    let (width, room) = (usize::from(inner.width), areas.room);
    if room > Room::Small
        && let Some(row) = rows.next()
    {
        let names = ["change", "before", "after"].map(str::to_owned);
        canvas
            .line(row, &line(("  ", Role::Faint), (&names, "kind", "what, and where"), (width, room, canvas.glyphs())));
    }
    let scroll = state.scroll(Screen::Diff);
    let top = scroll.top_for(super::super::list_height(state, model, areas));
    let mut drawn = 0;
    // The rows second: a pair that lacks its second half would lose the first.
    for ((place, shown), row) in state.diff.page_rows.iter().enumerate().skip(top).zip(rows.by_ref()) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        let marks = format!("{}{}", mark(is_here), shown.fate.mark());
        let role = if state.search.matches.binary_search(&place).is_ok() { Role::Match } else { shown.role };
        let words = (&shown.numbers, shown.kind, shown.words.as_str());
        canvas.line(row, &line((&marks, role), words, (width, room, canvas.glyphs())));
        super::super::highlight(canvas, state, (row, is_here));
    }
    if drawn == 0
        && let Some(row) = rows.next()
    {
        let words = match state.diff.kept {
            Kept::Worse => "nothing is more than before (v: show others)",
            _ => "nothing changed (v: show all)",
        };
        canvas.line(row, &[piece(Role::Good, format!("  {words}"))]);
    }
    drawn
}

/// Numbers leave where there is little room: first what was and is, then the kind.
fn line(
    (marks, role): (&str, Role),
    (numbers, kind, words): (&[String; 3], &str, &str),
    (width, room, glyphs): (usize, Room, Glyphs),
) -> Line {
    let mut line = vec![piece(role, marks.to_owned())];
    let mut used = 2;
    // Of a finding there are no numbers.
    let is_sentence = numbers[1].is_empty();
    let shown = if width >= 72 && !is_sentence { 3 } else { 1 };
    for number in numbers.iter().take(shown) {
        line.push(piece(role, format!(" {}", text::right(number, NUMBER))));
        used += NUMBER + 1;
    }
    if room == Room::Wide && !is_sentence {
        line.push(piece(Role::Faint, format!("  {}", column(kind, KIND, glyphs))));
        used += KIND + 2;
    }
    line.push(piece(role, format!("  {}", column(words, width.saturating_sub(used + 2), glyphs))));
    line
}

/// All about the row of the cursor, then how both were measured.
pub(super) fn detail(state: &State, model: &Model, (comparison, difference): (&Comparison, &PageDifference)) -> Prose {
    let mut prose = Prose::default();
    if let Some(row) = state.diff.page_rows.get(state.scroll(Screen::Diff).cursor) {
        of_row(&mut prose, row);
        if let Some(site) = row.site() {
            for finding in model.findings_at(state.subject, site) {
                prose.heading("Finding");
                findings::brief(&mut prose, finding);
            }
        }
    }
    prose.heading("The two captures");
    let (before, after) = comparison.both_pages(difference);
    prose.field("before", before.name());
    prose.field("after", after.name());
    for line in comparison.circumstances_of_page(difference) {
        prose.labelled(piece(Role::Text, "  "), plain(line));
    }
    prose
}

fn of_row(prose: &mut Prose, row: &PageRow) {
    prose.headline(piece(Role::Strong, row.words.clone()), plain(""));
    prose.field("what", row.title);
    let [change, was, is] = &row.numbers;
    if was.is_empty() {
        prose.field("became", change.clone());
    } else {
        let how = match row.fate {
            Fate::Same => "the same".to_owned(),
            fate => format!("{change}, {}", fate.as_str()),
        };
        prose.field("change", format!("{was} before, {is} after: {how}"));
        prose.field(
            "sure",
            match &row.doubt {
                None => "the same in each run, so that a difference is a change of the page".to_owned(),
                Some(why) => format!("no: {why}"),
            },
        );
    }
    place(prose, "was at", row.site_before.as_ref());
    place(prose, "is at", row.site_after.as_ref());
}

fn place(prose: &mut Prose, label: &str, site: Option<&Site>) {
    if let Some(site) = site {
        prose.labelled(field_label(label), plain(site.to_string()));
    }
}
