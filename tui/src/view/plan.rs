//! The tree with its numbers. Rows are put together for what is on the screen only.

use perf_look_analyzers::Subject;
use perf_look_analyzers::compare::signed;
use perf_look_analyzers::flame::{Class, Measure};
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::counters::Counter;
use perf_look_analyzers::postgres::plan::Execution;
use perf_look_analyzers::quantity::{Interval, Ms, grouped};
use ratatui::layout::Rect;

use super::columns::{Against, Column, amount, columns, own_head};
use super::findings::finding_mark;
use super::tree::{fold_mark, guide, words};
use super::{Areas, mark};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, Piece, fit, piece, safe_line};
use crate::measure;
use crate::model::{Model, NodeChange};
use crate::rows::{Row, Sort};
use crate::state::{Colour, State};
use crate::text::{self, Off, millis, percent, plural, short};
use crate::theme::{Glyphs, Role};

pub(super) fn title(state: &State, model: &Model, glyphs: Glyphs) -> (Line, Line) {
    let Some(subject) = model.subject(state.subject) else { return (Line::new(), Line::new()) };
    let (shown, all) = (state.rows.nodes(), subject.plan.nodes().len());
    let mut title = if shown == all { plural(all, "node") } else { format!("{shown} of {}", plural(all, "node")) };
    if !state.shape.filter.is_empty() {
        title = format!("{title}   filter: {} (Esc)", state.shape.filter);
    } else if state.shape.least > 0.0 {
        title = format!("{title}   from {}% (-)", state.shape.least * 100.0);
    }
    let sum = if glyphs == Glyphs::Ascii { "sum of self" } else { "Σ self" };
    let note = match (subject.attribution.execution, subject.attribution.remainder) {
        _ if state.measure != Measure::of_choice(&subject.plan) => {
            let inside = state.measure.quantity(state.widths.in_nodes());
            let outside: f64 = state.widths.frames.iter().flatten().sum();
            let outside = match outside {
                outside if outside > 0.0 => format!(", {} outside the tree", state.measure.quantity(outside)),
                _ => String::new(),
            };
            format!("{sum} = {inside} ({}){outside}", state.measure.title())
        }
        (None, _) if subject.plan.is_analyzed() => "not timed: costs are shown".to_owned(),
        (None, _) => "not run: costs are shown".to_owned(),
        (Some(_), Some(rest)) => format!("{:.3} ms could not be placed", rest.0.abs()),
        (Some(whole), None) if subject.plan.statement.execution_ms.is_some() => {
            format!("{sum} = {whole} = Execution Time")
        }
        (Some(whole), None) => format!("{sum} = {whole}"),
    };
    (vec![piece(Role::Heading, title)], vec![piece(Role::Faint, note)])
}

/// Few names of nodes are longer.
const LONG_LABEL: usize = 70;

/// What a bar gets beyond its usual columns, at most.
const LONG_BAR: usize = 34;

/// A table about to be drawn.
struct Table<'a> {
    state: &'a State,
    model: &'a Model,
    subject: &'a Subject,
    columns: Vec<Column>,
    bar: usize,
    label: usize,
    glyphs: Glyphs,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    let Some(subject) = model.subject(state.subject) else {
        canvas.line(inner, &[piece(Role::Text, "  no plan could be read; 1 says why")]);
        return 0;
    };
    let width = usize::from(inner.width);
    let against = if model.comparison().is_some() { Against::ARun } else { Against::Nothing };
    let columns = columns(subject, against, width, areas.room);
    let taken: usize = columns.iter().map(|column| column.width() + 1).sum();
    let rest = width.saturating_sub(taken);
    // On a wide screen the bars grow, so that numbers stay near the names.
    let more = if columns.contains(&Column::Bar) { rest.saturating_sub(LONG_LABEL).min(LONG_BAR) } else { 0 };
    let table = Table {
        state,
        model,
        subject,
        columns,
        bar: Column::Bar.width() + more,
        label: rest - more,
        glyphs: canvas.glyphs(),
    };
    let mut rows = inner.rows();
    if super::head_height(state, areas) > 0
        && let Some(row) = rows.next()
    {
        canvas.line(row, &table.head());
    }
    let scroll = state.scroll(Screen::Plan);
    let top = scroll.top_for(super::list_height(state, model, areas));
    let mut drawn = 0;
    for (row, place) in rows.zip(top..state.rows.len()) {
        let Some(what) = state.rows.get(place) else { break };
        drawn += 1;
        let is_here = place == scroll.cursor;
        canvas.line(row, &table.line(what, is_here));
        super::highlight(canvas, state, (row, is_here));
    }
    if state.rows.is_empty() {
        canvas.line(inner, &[piece(Role::Text, "  no node passes the filter; Esc takes it off")]);
    }
    drawn
}

impl Table<'_> {
    /// Whether the clock is the measure.
    fn is_timed(&self) -> bool {
        self.state.measure == Measure::Wall && self.subject.attribution.execution.is_some()
    }

    fn head(&self) -> Line {
        let sorted = |column: Column| match (column, self.state.shape.sort) {
            (Column::Own, Sort::Own)
            | (Column::Total, Sort::Total)
            | (Column::Rows | Column::EstimateAndRows, Sort::Rows)
            | (Column::Off, Sort::Off)
            | (Column::Blocks, Sort::Blocks) => Role::Strong,
            _ => Role::Faint,
        };
        let arrow = self.arrow();
        let mut line = vec![piece(Role::Faint, text::left("     # node", self.label))];
        for column in &self.columns {
            let words = match column {
                Column::Loops => "loops".to_owned(),
                Column::Own if self.is_timed() => "self ms".to_owned(),
                Column::Own => own_head(self.state.measure).to_owned(),
                Column::Bar => String::new(),
                Column::Share => "share".to_owned(),
                Column::Total => "total ms".to_owned(),
                Column::Change => "change".to_owned(),
                Column::Rows => "rows".to_owned(),
                Column::EstimateAndRows => format!("plan {arrow}  rows"),
                Column::Off => "off".to_owned(),
                Column::Blocks => "hit/read".to_owned(),
            };
            line.push(piece(sorted(*column), format!(" {}", text::right(&words, column.width()))));
        }
        line
    }

    fn width(&self, column: Column) -> usize {
        if column == Column::Bar { self.bar } else { column.width() }
    }

    fn cell(&self, column: Column, words: &str) -> String {
        let width = self.width(column);
        if column == Column::Bar { text::left(words, width) } else { text::right(words, width) }
    }

    fn arrow(&self) -> &'static str {
        if self.glyphs == Glyphs::Ascii { "->" } else { "→" }
    }

    fn line(&self, row: Row, is_here: bool) -> Line {
        match row {
            Row::Node(id) => self.node(self.subject.plan.node(id), is_here),
            Row::Frame(place) => self.frame(place, is_here),
        }
    }

    /// Time outside the tree.
    fn frame(&self, place: usize, is_here: bool) -> Line {
        let frame = &self.subject.attribution.frames[place];
        let is_inside = frame.name != "Planning";
        let own = self.state.widths.frame(place);
        // Planning is no part of Execution Time.
        let is_part = is_inside || !self.is_timed();
        let share = own.filter(|_| is_part).map(|own| measure::part(own, self.state.widths.whole));
        let words = if is_inside { frame.name.clone() } else { format!("{}, before execution", frame.name) };
        let words = vec![piece(Role::Faint, format!("{}      {words}", mark(is_here)))];
        let mut line = fit(words, self.label, self.glyphs);
        for column in &self.columns {
            let words = match column {
                Column::Own => own.map(|own| amount(self.state.measure, own)).unwrap_or_default(),
                Column::Bar => share.map(|share| text::bar(share, self.bar, self.glyphs)).unwrap_or_default(),
                Column::Share => share.map(percent).unwrap_or_default(),
                _ => String::new(),
            };
            line.push(piece(Role::Faint, format!(" {}", self.cell(*column, &words))));
        }
        line
    }

    fn node(&self, node: &PlanNode, is_here: bool) -> Line {
        let mut line = self.label(node, is_here);
        let is_dim = node.execution == Execution::NeverRan;
        for column in &self.columns {
            let (role, words) = self.number(*column, node);
            let role = if is_dim { Role::Faint } else { role };
            line.push(piece(role, format!(" {}", self.cell(*column, &words))));
        }
        line
    }

    fn label(&self, node: &PlanNode, is_here: bool) -> Line {
        let (role, finding) = finding_mark(self.model, self.state.subject, node);
        let number = super::tree::number(self.subject, node);
        let guide = if self.state.shape.sort == Sort::Plan {
            guide(self.model, self.state, node, self.glyphs)
        } else {
            String::new()
        };
        let fold = fold_mark(self.state, self.subject, node, self.glyphs);
        let class = text::width(&self.class(node).text);
        let used = 2 + text::width(&number) + 1 + text::width(&guide) + 2 + class;
        let words = words(node);
        let words = text::cut(&safe_line(&words, self.glyphs), self.label.saturating_sub(used), self.glyphs);
        let role_of_words = if node.execution == Execution::NeverRan { Role::Faint } else { self.ink(node) };
        let line = vec![
            piece(Role::Text, mark(is_here)),
            piece(role, finding),
            piece(Role::Faint, format!("{number} {guide}")),
            piece(Role::Faint, format!("{fold} ")),
            self.class(node),
            Piece { role: self.matched(node, role_of_words), text: words },
        ];
        fit(line, self.label, self.glyphs)
    }

    /// The letter of what the node does, on its colour, where that was asked for.
    fn class(&self, node: &PlanNode) -> Piece {
        if self.state.colour != Colour::Class {
            return piece(Role::Text, "");
        }
        let class = Class::of(node);
        piece(super::flame::class_role(class), format!("{} ", class.letter()))
    }

    fn matched(&self, node: &PlanNode, role: Role) -> Role {
        let is_match = self.state.search.matches.binary_search(&node.id.index()).is_ok();
        if is_match { Role::Match } else { role }
    }

    /// The colour of a node's words, by what was chosen.
    fn ink(&self, node: &PlanNode) -> Role {
        match self.state.colour {
            Colour::Heat | Colour::Class => Role::Text,
            Colour::Misestimate => match measure::off(node) {
                Some(off) if off >= 10.0 => Role::More,
                _ => Role::Text,
            },
            Colour::Cache => match self.subject.attribution.own_counters(node) {
                Some(own) if own[Counter::SharedRead] > own[Counter::SharedHit] => Role::Warm,
                _ => Role::Text,
            },
            Colour::Finding => finding_mark(self.model, self.state.subject, node).0,
        }
    }

    fn number(&self, column: Column, node: &PlanNode) -> (Role, String) {
        let share = self.state.widths.share(node.id);
        let heat = match share {
            _ if self.state.colour != Colour::Heat => Role::Text,
            share => super::words::heat(share),
        };
        match column {
            Column::Loops => (Role::Text, loops(node)),
            Column::Own => (heat, self.own(node)),
            Column::Bar => (heat, text::bar(share, self.bar, self.glyphs)),
            Column::Share => (heat, percent(share)),
            Column::Total => {
                let total = self.subject.attribution.time(node.id).map(|time| millis(time.total.0));
                (Role::Text, total.unwrap_or_default())
            }
            Column::Change => self.change(node),
            Column::Rows => (Role::Text, measure::rows(node).map(short).unwrap_or_default()),
            Column::EstimateAndRows => (Role::Text, self.estimate_and_rows(node)),
            Column::Off => self.off(node),
            Column::Blocks => (Role::Text, self.blocks(node)),
        }
    }

    /// With `~` where it is an average over processes, or rounding can have moved it by a tenth.
    fn own(&self, node: &PlanNode) -> String {
        let Some(time) = self.subject.attribution.time(node.id).filter(|_| self.is_timed()) else {
            return amount(self.state.measure, self.state.widths.own(node.id));
        };
        if node.execution == Execution::NeverRan {
            return "-".to_owned();
        }
        let about = if time.approximate || is_coarse(node, time.own) { "~" } else { "" };
        format!("{about}{}", millis(time.own.0))
    }

    fn estimate_and_rows(&self, node: &PlanNode) -> String {
        let expected = node.expected_rows().or_else(|| node.estimate.map(|estimate| estimate.rows));
        let actual = node.rows().map(Interval::mid);
        let expected = expected.map_or("?".to_owned(), short);
        format!("{expected} {} {}", self.arrow(), text::right(&actual.map_or("-".to_owned(), short), 5))
    }

    /// Against the run before.
    fn change(&self, node: &PlanNode) -> (Role, String) {
        let Some(change) = self.model.change(self.state.subject, node.id) else {
            return (Role::Text, String::new());
        };
        let role = match change {
            NodeChange { tells: false, .. } => Role::Text,
            NodeChange { by, .. } if by.0 > 0.0 => Role::Slower,
            NodeChange { .. } => Role::Faster,
        };
        (role, signed(change.by))
    }

    fn off(&self, node: &PlanNode) -> (Role, String) {
        let Some((expected, actual)) = node.expected_rows().zip(node.rows()) else {
            return (Role::Text, String::new());
        };
        match text::off(expected, actual.mid(), self.glyphs) {
            Some((Off::More, words)) => (Role::More, words),
            Some((Off::Fewer, words)) => (Role::Fewer, words),
            None => (Role::Text, String::new()),
        }
    }

    /// Its own blocks: found in the cache, and read.
    fn blocks(&self, node: &PlanNode) -> String {
        let Some(own) = self.subject.attribution.own_counters(node) else { return String::new() };
        let hit = own[Counter::SharedHit] + own[Counter::LocalHit];
        let read = own[Counter::SharedRead] + own[Counter::LocalRead];
        if hit + read > 0.0 { format!("{}/{}", short(hit), short(read)) } else { String::new() }
    }
}

fn loops(node: &PlanNode) -> String {
    match &node.execution {
        Execution::Ran(run) if run.loops > 1.0 && run.loops < 999_999.5 => grouped(run.loops),
        Execution::Ran(run) if run.loops > 1.0 => short(run.loops),
        Execution::NeverRan => "never".to_owned(),
        _ => String::new(),
    }
}

/// Whether rounding to three decimals a loop can have moved a time by more than a tenth.
pub(super) fn is_coarse(node: &PlanNode, own: Ms) -> bool {
    const ROUNDED: f64 = 0.000_5;
    node.run().is_some_and(|run| run.loops > 1.0 && run.loops * ROUNDED > own.0 / 10.0)
}
