//! Two runs of a statement, step by step: what changed in the plan, and what that did. Pages are in a file of their own.

mod page;

use perf_look_analyzers::compare::{Change, Comparison, Difference, Figures, Pair, signed};
use perf_look_analyzers::finding::Finding;
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::{Report, Subject};
use ratatui::layout::Rect;

use super::findings::column;
use super::prose::Prose;
use super::{Areas, Room, mark};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece, plain};
use crate::diff::{Kept, telling_delta};
use crate::model::Model;
use crate::state::State;
use crate::text::{self, millis};
use crate::theme::{Glyphs, Role};

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    if let Some((_, difference)) = state.diff.page_difference(model, state.subject) {
        return page::title(state, difference);
    }
    let Some((_, difference)) = state.diff.difference(model, state.subject) else {
        return (vec![piece(Role::Heading, "Diff")], Line::new());
    };
    let count = |is: fn(&Pair) -> bool| difference.pairs.iter().filter(|pair| is(pair)).count();
    let same = count(|pair| pair.change == Change::Same && pair.moved.is_empty());
    let gone = count(|pair| pair.after.is_none());
    let new = count(|pair| pair.before.is_none());
    let changed = difference.pairs.len().saturating_sub(same + gone + new);
    let title = format!("{same} same   {changed} changed   {gone} gone   {new} new");
    let show = format!("show: {} (v)", state.diff.kept.name());
    let note = state.diff.run(model).into_iter().chain([show]).collect::<Vec<_>>().join("   ");
    (vec![piece(Role::Heading, title)], vec![piece(Role::Faint, note)])
}

/// Rows above the pairs: the verdict, and the names of the columns.
pub(super) fn head_height(state: &State, model: &Model, areas: &Areas) -> u16 {
    let is_compared = state.diff.difference(model, state.subject).is_some()
        || state.diff.page_difference(model, state.subject).is_some();
    match (is_compared, areas.room) {
        (false, _) => 0,
        (true, Room::Tiny | Room::Small) => 1,
        (true, _) => 2,
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    if let Some((_, difference)) = state.diff.page_difference(model, state.subject) {
        return page::draw(canvas, state, (difference, model), (areas, inner));
    }
    let Some((comparison, difference)) = state.diff.difference(model, state.subject) else {
        // A column of air, as in the details.
        let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        canvas.lines(inside, &how_to(state, model, usize::from(inside.width), canvas.glyphs()));
        return 0;
    };
    let mut rows = inner.rows();
    if let Some(row) = rows.next() {
        canvas.line(row, &[piece(Role::Strong, format!(" {}", comparison.verdict(difference)))]);
    }
    let table = Table::of(comparison, difference, (usize::from(inner.width), areas.room), canvas.glyphs());
    if areas.room > Room::Small
        && let Some(row) = rows.next()
    {
        canvas.line(row, &table.head());
    }
    let scroll = state.scroll(Screen::Diff);
    let top = scroll.top_for(super::list_height(state, model, areas));
    let mut drawn = 0;
    // The rows second: a pair that lacks its second half would lose the first.
    for ((place, pair), row) in state.diff.rows.iter().enumerate().skip(top).zip(rows.by_ref()) {
        drawn += 1;
        let is_here = place == scroll.cursor;
        canvas.line(row, &table.line(&difference.pairs[*pair], is_here));
        super::highlight(canvas, state, (row, is_here));
    }
    if drawn == 0
        && let Some(row) = rows.next()
    {
        let words = match state.diff.kept {
            Kept::Worse => "no step takes longer than before (v: show others)",
            _ => "the plans have the same shape, and no step another time (v: show all)",
        };
        canvas.line(row, &[piece(Role::Good, format!("  {words}"))]);
    }
    drawn
}

/// Nothing to compare with: how to get something.
fn how_to(state: &State, model: &Model, width: usize, glyphs: Glyphs) -> Vec<Line> {
    let mut prose = Prose::default();
    if model.page(state.subject).is_some() {
        how_to_compare_pages(&mut prose, state);
        return prose.lines(width, crate::state::Shown::Yes, glyphs);
    }
    prose.text(Role::Strong, "There is nothing to compare this run with yet.");
    if state.pinned == Some(state.subject) {
        prose.text(Role::Text, "This statement is the baseline. Go to another one with ) to compare them.");
    } else if model.comparison().is_some() {
        prose.text(Role::Text, "The report from before does not have this statement.");
    }
    prose.line(Line::new());
    let ways = [
        ("b", "keeps this statement as the baseline; ) goes to another one"),
        ("r", "runs the statement again; this run becomes the baseline"),
        ("perf-look diff BEFORE AFTER", "compares two saved captures or plans"),
    ];
    // Where half of the columns would be those of the keys, no two begin in the same column.
    let columns = if width < 64 { 0 } else { 28 };
    for (key, does) in ways {
        prose.labelled(piece(Role::Key, format!("  {}  ", text::left(key, columns.max(key.len())))), plain(does));
    }
    prose.lines(width, crate::state::Shown::Yes, glyphs)
}

fn how_to_compare_pages(prose: &mut Prose, state: &State) {
    prose.text(Role::Strong, "There is nothing to compare this page with.");
    if state.pinned == Some(state.subject) {
        prose.text(Role::Text, "This page is the baseline. Go to another one with ) to compare them.");
    } else {
        prose.text(Role::Text, "Each page is compared with the one that was loaded before it, or with what b keeps as the baseline. ) goes to the next page.");
    }
    prose.line(Line::new());
    prose.text(Role::Text, "perf-look web URL --save before.json records a page.");
    prose.text(Role::Text, "perf-look open before.json after.json loads two of them.");
}

/// Pairs about to be drawn.
struct Table<'a> {
    comparison: &'a Comparison,
    difference: &'a Difference,
    room: Room,
    label: usize,
    glyphs: Glyphs,
}

impl<'a> Table<'a> {
    fn of(
        comparison: &'a Comparison,
        difference: &'a Difference,
        (width, room): (usize, Room),
        glyphs: Glyphs,
    ) -> Self {
        // Marks, times, the difference, and at the widest two labels and the reason.
        let label = match room {
            Room::Wide => width.saturating_sub(4 + 9 + 3 + 9 + 11 + 20) / 2,
            Room::Medium => width.saturating_sub(4 + 9 + 9 + 11),
            Room::Small | Room::Tiny => width.saturating_sub(4 + 11),
        };
        Self { comparison, difference, room, label, glyphs }
    }

    fn head(&self) -> Line {
        let cell = |words: &str, width: usize| text::right(words, width);
        let words = if self.room == Room::Wide {
            format!(
                "    {} {}   {} {} {}  why",
                text::left("before", self.label),
                cell("self ms", 8),
                text::left("after", self.label),
                cell("self ms", 8),
                cell("change", 10)
            )
        } else {
            let names = text::left("step", self.label);
            format!("    {names} {} {} {}", cell("before", 8), cell("after", 8), cell("change", 10))
        };
        vec![piece(Role::Faint, words)]
    }

    fn line(&self, pair: &Pair, is_here: bool) -> Line {
        let (before, after) = self.comparison.labels(self.difference, pair);
        let (was, is) = self.comparison.figures(self.difference, pair);
        let sign = sign(pair);
        let mut line =
            vec![piece(Role::Text, format!("{} ", mark(is_here))), piece(sign_role(pair), format!("{sign} "))];
        let label = |label: Option<String>| column(&label.unwrap_or_default(), self.label, self.glyphs);
        match self.room {
            Room::Wide => {
                line.push(piece(Role::Text, format!("{} {}   ", label(before), own(was))));
                line.push(piece(Role::Text, format!("{} {}", label(after), own(is))));
            }
            Room::Medium => {
                line.push(piece(Role::Text, format!("{} {} {}", label(after.or(before)), own(was), own(is))));
            }
            Room::Small | Room::Tiny => line.push(piece(Role::Text, label(after.or(before)))),
        }
        line.push(piece(Role::Text, " "));
        line.push(self.delta(pair));
        if self.room == Room::Wide {
            line.push(piece(Role::Text, format!("  {}", self.comparison.why(pair))));
        }
        line
    }

    fn delta(&self, pair: &Pair) -> crate::canvas::Piece {
        let Some(delta) = self.comparison.delta(self.difference, pair) else {
            return piece(Role::Text, " ".repeat(10));
        };
        let role = match telling_delta(self.comparison, self.difference, pair) {
            Some(delta) if delta > 0.0 => Role::Slower,
            Some(_) => Role::Faster,
            None => Role::Text,
        };
        piece(role, text::right(&signed(delta), 10))
    }
}

fn own(figures: Figures) -> String {
    text::right(&figures.own.map_or("-".to_owned(), |own| millis(own.0)), 8)
}

/// Told apart without colours.
fn sign(pair: &Pair) -> &'static str {
    match (pair.before, pair.after) {
        (None, _) => "+",
        (_, None) => "-",
        _ if pair.change == Change::Same && pair.moved.is_empty() => "=",
        _ => "~",
    }
}

fn sign_role(pair: &Pair) -> Role {
    if sign(pair) == "=" { Role::Faint } else { Role::Strong }
}

/// The pair in full, and what else differs between the two runs.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    if let Some(compared) = state.diff.page_difference(model, state.subject) {
        return page::detail(state, model, compared);
    }
    let Some((comparison, difference)) = state.diff.difference(model, state.subject) else { return prose };
    let (before, after) = comparison.subjects(difference);
    let pair = state.diff.rows.get(state.scroll(Screen::Diff).cursor).and_then(|row| difference.pairs.get(*row));
    if let Some(pair) = pair {
        one_pair(&mut prose, comparison, difference, pair);
        prose.line(Line::new());
    }
    prose.field("before", run(before));
    prose.field("after", run(after));
    outside(&mut prose, difference);
    for line in comparison.circumstances(difference) {
        prose.labelled(piece(Role::Text, "  "), plain(line));
    }
    findings(&mut prose, "fixed", (&comparison.before, &difference.fixed), Role::Good);
    findings(&mut prose, "new", (&comparison.after, &difference.new), Role::Error);
    if !difference.remaining.is_empty() {
        prose.field("remaining", text::plural(difference.remaining.len(), "finding"));
    }
    prose
}

/// Planning, triggers and the like: with the steps they add up to the difference of the runs.
fn outside(prose: &mut Prose, difference: &Difference) {
    let shown = |own: Option<Ms>| own.map_or("not there".to_owned(), |own| own.to_string());
    for (place, frame) in difference.outside.iter().enumerate() {
        let label = if place == 0 { "outside" } else { "" };
        let times =
            format!("{} before   {} after   {}", shown(frame.before), shown(frame.after), signed(frame.delta()));
        prose.field(label, format!("{}   {times}", frame.name));
    }
}

fn one_pair(prose: &mut Prose, comparison: &Comparison, difference: &Difference, pair: &Pair) {
    let (before, after) = comparison.subjects(difference);
    let (was, now) = comparison.figures(difference, pair);
    let why = comparison.why(pair);
    if !why.is_empty() {
        prose.text(Role::Strong, &why);
    }
    side(prose, ("before", before, pair.before), was);
    side(prose, ("after", after, pair.after), now);
    if let Some(delta) = comparison.delta(difference, pair) {
        prose.field("change", signed(delta));
    }
}

fn side(prose: &mut Prose, (name, subject, id): (&str, &Subject, Option<NodeId>), figures: Figures) {
    let Some(id) = id else {
        prose.field(name, "not there");
        return;
    };
    let node = subject.plan.node(id);
    prose.labelled(
        super::prose::field_label(name),
        vec![piece(Role::Strong, format!("#{} {}", id.number(), super::tree::words(node)))],
    );
    let mut numbers = Vec::new();
    numbers.extend(figures.own.map(|own| format!("{own} itself")));
    numbers.extend(figures.rows.map(|rows| format!("{} rows", grouped(rows))));
    numbers.extend(figures.blocks.map(|blocks| format!("{} blocks", grouped(blocks))));
    for name in ["Filter", "Index Cond", "Hash Cond", "Join Filter", "Merge Cond"] {
        numbers.extend(node.text(name).map(|condition| format!("{name}: {condition}")));
    }
    prose.field("", numbers.join("   "));
}

/// What the run was, and how much its time varied.
fn run(subject: &Subject) -> String {
    let time = subject.attribution.execution.map_or("not timed".to_owned(), |time: Ms| time.to_string());
    let version = subject.server_version.as_deref().map_or(String::new(), |version| format!("   PostgreSQL {version}"));
    format!("{}   {time}{version}", subject.name)
}

fn findings(prose: &mut Prose, name: &str, (report, places): (&Report, &[usize]), role: Role) {
    for (place, finding) in places.iter().filter_map(|place| report.findings.get(*place)).enumerate() {
        let label = if place == 0 { name } else { "" };
        prose.labelled(super::prose::field_label(label), vec![piece(role, words(finding))]);
    }
}

fn words(finding: &Finding) -> String {
    format!("{}: {}", finding.rule, finding.headline)
}
