//! Cuts a plan in TEXT out of the lines, and joins lines that a terminal cut.

use std::borrow::Cow;

use super::line::{End, Line};
use super::shape;

/// A line of a plan, put together again.
pub(super) struct Logical<'t> {
    /// Of its beginning.
    number: usize,
    /// Of its beginning, in the source.
    start: usize,
    text: Cow<'t, str>,
    indent: usize,
}

/// The lines of the plan that begins at `next`, which moves behind it.
pub(super) fn collect<'t>(lines: &[Line<'t>], next: &mut usize, framed: bool) -> Vec<Logical<'t>> {
    let first = &lines[*next];
    let mut plan = Collector {
        logical: Vec::new(),
        root: first.indent(),
        least: first.indent() + 2,
        widest: 0,
        last_width: 0,
        framed,
        end: End::Line,
        open: shape::Open::default(),
    };
    plan.add(first);
    *next += 1;
    let mut in_query = first.words().starts_with("Query Text:");
    while let Some(line) = lines.get(*next) {
        if line.end.is_frame() {
            break;
        }
        let words = line.words();
        if in_query {
            in_query = !shape::is_measured_node(words);
            plan.root = line.indent();
            plan.least = plan.root + 2;
            plan.add(line);
        } else if words.is_empty() && plan.end == End::Line && !plan.open.is_quote() {
            let Some(blanks) = blanks_inside(&lines[*next..], plan.root) else { break };
            *next += blanks;
            continue;
        } else {
            match plan.place_of(line) {
                Place::Own => plan.add(line),
                Place::Before => plan.extend(line),
                Place::Elsewhere => break,
            }
        }
        *next += 1;
    }
    plan.logical
}

/// Some mailers put empty lines between lines: how many, where the plan goes on behind them.
fn blanks_inside(lines: &[Line<'_>], root: usize) -> Option<usize> {
    let blanks = lines.iter().position(|line| line.end.is_frame() || !line.words().is_empty())?;
    let line = &lines[blanks];
    let words = line.words();
    let below = line.indent() > root && (shape::node_of(words).is_some() || shape::is_property(words));
    (!line.end.is_frame() && (below || shape::is_of_the_statement(words))).then_some(blanks)
}

/// Where a line belongs.
enum Place {
    /// It is a line of the plan.
    Own,
    /// It is the rest of the line before.
    Before,
    /// It belongs to what comes behind the plan.
    Elsewhere,
}

struct Collector<'t> {
    logical: Vec<Logical<'t>>,
    /// How far the root is indented.
    root: usize,
    /// How far properties are indented at least: those of a node stand before its children.
    least: usize,
    /// The width of the widest line so far; where a terminal cut lines, it cut them here.
    widest: usize,
    last_width: usize,
    framed: bool,
    end: End,
    /// What the line so far has opened.
    open: shape::Open,
}

impl<'t> Collector<'t> {
    fn place_of(&self, line: &Line<'_>) -> Place {
        let words = line.words();
        let before = self.logical.last().map_or("", |before| &*before.text);
        if matches!(self.end, End::Wrapped | End::Newline) {
            return Place::Before;
        }
        if shape::node_of(words).is_some() && line.indent() + 2 > self.root || shape::is_of_the_statement(words) {
            return Place::Own;
        }
        if shape::is_label(words) && line.indent() >= self.root + 2 {
            return Place::Own;
        }
        let deep = line.indent() >= self.least;
        if words.starts_with("->  ") && line.indent() > self.root && !self.open.is_any() {
            return Place::Own;
        }
        if deep && (shape::is_property(words) || !self.open.is_any() && !shape::is_middle(words)) {
            return Place::Own;
        }
        let is_root = shape::is_measured_node(words) || shape::is_bare_node(words);
        if is_root && line.indent() <= self.root && !self.open.is_any() {
            return Place::Elsewhere;
        }
        let goes_on = self.open.is_any() || shape::is_middle(words) || self.was_cut() && !shape::is_last(before.trim());
        if goes_on || self.framed && !shape::is_last(before.trim()) { Place::Before } else { Place::Elsewhere }
    }

    /// Whether the last line is as wide as the terminal may have been.
    fn was_cut(&self) -> bool {
        self.last_width >= 40 && self.last_width + 1 >= self.widest
    }

    fn add(&mut self, line: &Line<'t>) {
        self.measure(line);
        self.open = shape::Open::of(&line.text);
        self.least = if shape::node_of(line.words()).is_some() { line.indent() + 2 } else { self.least };
        if shape::is_of_the_statement(line.words()) {
            self.least = self.root + 2;
        }
        self.logical.push(Logical {
            number: line.number,
            start: line.start,
            text: line.text.clone(),
            indent: line.indent(),
        });
    }

    fn extend(&mut self, line: &Line<'_>) {
        let glue = match self.end {
            End::Newline => " ",
            // A text in SQL can hold line ends of its own.
            End::Line if self.open.is_quote() && !self.was_cut() => "\n",
            _ => "",
        };
        self.measure(line);
        self.open.add(&line.text);
        let Some(before) = self.logical.last_mut() else { return };
        let text = before.text.to_mut();
        text.push_str(glue);
        if shape::is_middle(&line.text) && !text.ends_with([' ', '(']) {
            // The terminal dropped the blank at its edge.
            text.push(' ');
        }
        text.push_str(&line.text);
    }

    fn measure(&mut self, line: &Line<'_>) {
        self.end = line.end;
        self.last_width = line.text.chars().count();
        self.widest = self.widest.max(self.last_width);
    }
}

/// The text of the lines, and where each is from. Borrowed where the source has it just so.
pub(super) fn joined<'t>(source: &'t str, lines: &[Logical<'t>]) -> (Cow<'t, str>, Vec<usize>) {
    // A text in SQL can hold line ends, so that a line of the plan is several.
    let of_each = |line: &Logical<'_>| line.number..=line.number + line.text.matches('\n').count();
    let numbers = lines.iter().flat_map(of_each).collect();
    (as_it_stands(source, lines).map_or_else(|| Cow::Owned(put_together(lines)), Cow::Borrowed), numbers)
}

/// The part of the source, where the lines are its own, on end, and not indented as a whole.
fn as_it_stands<'t>(source: &'t str, lines: &[Logical<'t>]) -> Option<&'t str> {
    let (first, last) = (lines.first()?, lines.last()?);
    let untouched = lines.iter().all(|line| matches!(line.text, Cow::Borrowed(_)));
    if !untouched || first.indent > 0 {
        return None;
    }
    let part = source.get(first.start..last.start + last.text.len())?;
    part.split('\n').eq(lines.iter().map(|line| &*line.text)).then_some(part)
}

fn put_together(lines: &[Logical<'_>]) -> String {
    let root = lines.first().map_or(0, |line| line.indent);
    let mut text = String::with_capacity(lines.iter().map(|line| line.text.len() + 1).sum());
    for line in lines {
        text.push_str(line.text[line.indent.min(root)..].trim_end());
        text.push('\n');
    }
    text
}
