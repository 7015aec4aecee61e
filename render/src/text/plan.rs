//! A plan as a tree with its numbers in columns: what each node took itself, so that the lines add up.

use std::fmt::Write as _;

use perf_look_analyzers::postgres::plan::{Execution, Role};
use perf_look_analyzers::postgres::{Attribution, NodeId, Plan, PlanNode};
use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::{Report, Subject, safe};

use super::{Ink, Pen};
use crate::layout::{Off, bar, blocks_as_bytes, compact, cut, left, millis, right, short, width, wrap};

/// Of larger plans only the nodes that matter are drawn.
const ALL_UP_TO: usize = 60;
/// A node matters from this part of the whole.
const MATTERS: f64 = 0.01;
/// Of deeper plans each level is drawn in one column instead of two, or there would be no room for words.
const DEEPEST_WIDE_GUIDE: usize = 6;
/// Still deeper levels are numbered instead of drawn.
const DEEPEST_GUIDE: usize = 16;
/// From this width there is room for the inclusive time.
const WIDE: usize = 100;
/// Below this width there is room for the time and the node only.
const NARROW: usize = 64;

const BAR: usize = 5;

/// Draws the plan of a subject and its frames.
pub(super) fn draw(pen: &Pen<'_>, text: &mut String, report: &Report, subject: usize) {
    let Some(judged) = report.subjects.get(subject) else { return };
    let table = Table { pen, report, subject, judged, plan: &judged.plan, attribution: &judged.attribution };
    let shown = table.shown();
    table.header(text);
    let drawn = table.plan.nodes().iter().filter(|node| shown[node.id.index()]);
    let deepest = drawn.map(|node| node.depth as usize).max().unwrap_or(0);
    let mut guides = Guides { more: Vec::new(), is_narrow: deepest > DEEPEST_WIDE_GUIDE };
    for node in table.plan.nodes() {
        let guide = guides.of(table.plan, node, pen.style.unicode, &shown);
        if shown[node.id.index()] {
            table.node(text, node, &guide);
        }
    }
    table.hidden(text, &shown);
    table.frames(text);
}

/// Which nodes matter: of smaller plans all.
pub(super) fn that_matter(pen: &Pen<'_>, report: &Report, subject: usize) -> Vec<bool> {
    let of = |judged| Table { pen, report, subject, judged, plan: &judged.plan, attribution: &judged.attribution };
    report.subjects.get(subject).map_or_else(Vec::new, |judged| of(judged).shown())
}

struct Table<'a> {
    pen: &'a Pen<'a>,
    report: &'a Report,
    subject: usize,
    judged: &'a Subject,
    plan: &'a Plan,
    attribution: &'a Attribution,
}

/// The numbers of a line.
#[derive(Default)]
struct Cells {
    share: f64,
    own: String,
    total: String,
    rows: String,
    off: String,
    off_ink: Option<Ink>,
    buffers: String,
}

impl Table<'_> {
    fn shown(&self) -> Vec<bool> {
        let nodes = self.plan.nodes();
        if nodes.len() <= ALL_UP_TO {
            return vec![true; nodes.len()];
        }
        let mut shown: Vec<bool> = nodes.iter().map(|node| self.share(node.id) >= MATTERS).collect();
        for finding in self.report.findings.iter().filter(|finding| finding.location.is_in(self.subject)) {
            if let Some(node) = finding.location.node() {
                shown[node.index()] = true;
            }
        }
        shown[0] = true;
        for node in nodes.iter().rev() {
            if let (true, Some(parent)) = (shown[node.id.index()], node.parent) {
                shown[parent.index()] = true;
            }
        }
        shown
    }

    /// A node's own part of the whole: of the time, or of the cost where nothing was timed.
    fn share(&self, id: NodeId) -> f64 {
        let own = self.attribution.node(id);
        let (part, whole) = match (own.time, self.attribution.execution) {
            (Some(time), Some(whole)) => (time.own.0, whole.0),
            _ => (own.own_cost, self.plan.root().estimate.map_or(0.0, |estimate| estimate.total_cost)),
        };
        if whole > 0.0 { part / whole } else { 0.0 }
    }

    fn is_timed(&self) -> bool {
        self.attribution.execution.is_some()
    }

    fn is_wide(&self) -> bool {
        self.pen.style.width >= WIDE && self.is_timed()
    }

    fn header(&self, text: &mut String) {
        let arrow = if self.pen.style.unicode { "→" } else { ">" };
        let own = if self.is_timed() { "self ms" } else { "cost" };
        let rows = if self.plan.is_analyzed() { format!("rows est{arrow}act") } else { "rows est".to_owned() };
        let cells = Cells {
            own: own.to_owned(),
            total: "total ms".to_owned(),
            rows,
            off: "off".to_owned(),
            buffers: if self.plan.has_counters() { "buffers" } else { "" }.to_owned(),
            ..Cells::default()
        };
        let line = format!("{} node", self.columns(&cells, Ink::Faint));
        let _ = writeln!(text, "{}", self.pen.ink(Ink::Faint, line.trim_end()));
    }

    /// The numbers in front of a label, always as wide.
    fn columns(&self, cells: &Cells, ink: Ink) -> String {
        let unicode = self.pen.style.unicode;
        let bar_ink = match cells.share {
            share if share >= 0.5 => Ink::Bad,
            share if share >= 0.1 => Ink::Poor,
            _ => Ink::Plain,
        };
        let inside_header = ink == Ink::Faint;
        let color = |cell: String, ink| if inside_header { cell } else { self.pen.ink(ink, &cell) };
        let mut line = color(bar(cells.share, BAR, unicode), bar_ink);
        let _ = write!(line, " {}", color(right(&cells.own, 7), bar_ink));
        if self.is_narrow() {
            return line;
        }
        if self.is_wide() {
            let _ = write!(line, " {}", right(&cells.total, 8));
        }
        let _ = write!(line, " {}", right(&cells.rows, 12));
        let _ = write!(line, " {}", color(right(&cells.off, 5), cells.off_ink.unwrap_or(Ink::Plain)));
        if self.plan.has_counters() {
            let _ = write!(line, " {}", right(&cells.buffers, 8));
        }
        line
    }

    fn is_narrow(&self) -> bool {
        self.pen.style.width < NARROW
    }

    fn columns_width(&self) -> usize {
        if self.is_narrow() {
            return BAR + 8;
        }
        let total = if self.is_wide() { 9 } else { 0 };
        let buffers = if self.plan.has_counters() { 9 } else { 0 };
        BAR + 8 + total + 13 + 6 + buffers
    }

    fn node(&self, text: &mut String, node: &PlanNode, guide: &Guide) {
        let cells = self.cells(node);
        let label = self.label(node);
        let room = self.pen.style.width.saturating_sub(self.columns_width() + 1 + width(&guide.next));
        let never = node.execution == Execution::NeverRan;
        for (place, line) in wrap(&label, room).iter().enumerate() {
            let (numbers, guide) = match place {
                0 => (self.columns(&cells, Ink::Plain), &guide.first),
                _ => (" ".repeat(self.columns_width()), &guide.next),
            };
            let ink = if never { Ink::Faint } else { Ink::Plain };
            let _ = writeln!(text, "{numbers} {}{}", self.pen.ink(Ink::Faint, guide), self.mark(line, ink));
        }
    }

    /// A finding's mark stands out in the label.
    fn mark(&self, line: &str, ink: Ink) -> String {
        match line.split_once(" !") {
            Some((label, mark)) => {
                format!("{} {}", self.pen.ink(ink, label), self.pen.ink(Ink::Bad, &format!("!{mark}")))
            }
            None => self.pen.ink(ink, line),
        }
    }

    fn label(&self, node: &PlanNode) -> String {
        let mut label = format!("#{} {}", node.id.number(), node.label());
        match (&node.subplan_name, node.role) {
            (Some(name), _) => label = format!("{label}, {name}"),
            (None, Some(Role::InitPlan)) => label.push_str(", InitPlan"),
            _ => {}
        }
        if let Some(run) = node.run().filter(|run| run.loops > 1.0) {
            let _ = write!(label, ", {} loops", grouped(run.loops));
        }
        if node.execution == Execution::NeverRan {
            label.push_str(", never executed");
        }
        let mut label = cut(&safe::line(&label), 400, self.pen.style.unicode);
        let here = |finding: &perf_look_analyzers::Finding| {
            finding.location.is_in(self.subject) && finding.location.node() == Some(node.id)
        };
        for (number, _) in self.report.findings.iter().enumerate().filter(|(_, finding)| here(finding)) {
            let _ = write!(label, " !{}", number + 1);
        }
        label
    }

    fn cells(&self, node: &PlanNode) -> Cells {
        let arrow = if self.pen.style.unicode { "→" } else { ">" };
        let share = self.attribution.node(node.id);
        let mut cells = Cells { share: self.share(node.id), ..Cells::default() };
        match share.time {
            Some(time) => {
                let about = match (time.approximate, self.pen.style.unicode) {
                    (true, true) => "≈",
                    (true, false) => "~",
                    _ => "",
                };
                cells.own = format!("{about}{}", millis(time.own.0));
                cells.total = millis(time.total.0);
            }
            None => cells.own = short(share.own_cost),
        }
        let expected = node.estimate.map(|estimate| estimate.rows * node.run().map_or(1.0, |run| run.loops));
        let actual = node.rows().map(perf_look_analyzers::quantity::Interval::mid);
        cells.rows = match (expected, actual) {
            (Some(expected), Some(actual)) => format!("{}{arrow}{}", short(expected), short(actual)),
            (Some(expected), None) => short(expected),
            (None, Some(actual)) => short(actual),
            (None, None) => String::new(),
        };
        if let (Some(expected), Some(actual)) = (expected, actual) {
            (cells.off, cells.off_ink) = self.off(expected, actual);
        }
        if let Some(counters) = self.attribution.own_counters(node) {
            let blocks = counters.touched_blocks();
            cells.buffers = if blocks > 0.0 { blocks_as_bytes(blocks) } else { String::new() };
        }
        cells
    }

    /// How many times more or fewer rows came than were expected.
    fn off(&self, expected: f64, actual: f64) -> (String, Option<Ink>) {
        let Some(Off { factor, more }) = Off::of(expected, actual) else {
            return (String::new(), None);
        };
        let sign = match (more, self.pen.style.unicode) {
            (true, true) => "↑",
            (false, true) => "↓",
            (true, false) => "+",
            (false, false) => "-",
        };
        let ink = match factor {
            factor if factor >= 100.0 => Some(Ink::Bad),
            factor if factor >= 10.0 => Some(Ink::Poor),
            _ => None,
        };
        (format!("{sign}{}", compact(factor)), ink)
    }

    fn hidden(&self, text: &mut String, shown: &[bool]) {
        let hidden: Vec<&PlanNode> = self.plan.nodes().iter().filter(|node| !shown[node.id.index()]).collect();
        if hidden.is_empty() {
            return;
        }
        let together: Ms = hidden.iter().filter_map(|node| self.attribution.time(node.id)).map(|time| time.own).sum();
        let what = if self.is_timed() { format!(" with {together} together") } else { String::new() };
        let words = format!("and {} more nodes{what}; --report json has them all", grouped(hidden.len() as f64));
        let cells = Cells { own: if self.is_timed() { millis(together.0) } else { String::new() }, ..Cells::default() };
        self.line(text, &cells, &words);
    }

    fn line(&self, text: &mut String, cells: &Cells, words: &str) {
        let room = self.pen.style.width.saturating_sub(self.columns_width() + 1);
        for (place, line) in wrap(words, room).iter().enumerate() {
            let numbers = if place == 0 { self.columns(cells, Ink::Plain) } else { " ".repeat(self.columns_width()) };
            let _ = writeln!(text, "{numbers} {}", self.pen.ink(Ink::Faint, line));
        }
    }

    fn frames(&self, text: &mut String) {
        let whole = self.attribution.execution.unwrap_or_default();
        for frame in &self.attribution.frames {
            let inside = frame.name != "Planning";
            // After root: its time is in its nodes.
            if frame.own <= Ms::ZERO {
                continue;
            }
            let share = if inside && whole > Ms::ZERO { frame.own.0 / whole.0 } else { 0.0 };
            let own = if self.is_timed() || !inside { millis(frame.own.0) } else { String::new() };
            let words = if inside { frame.name.clone() } else { format!("{}, before execution", frame.name) };
            self.line(text, &Cells { share, own, ..Cells::default() }, &safe::line(&words));
        }
        if let Some(remainder) = self.attribution.remainder.filter(|rest| rest.0.abs() > MATTERS * whole.0) {
            let words = format!("{:.3} ms could not be placed: parts took more than the whole", remainder.0);
            self.line(text, &Cells::default(), &words);
        }
        if self.judged.plan.statement.execution_ms.is_some() && self.is_timed() {
            let cells = Cells { own: millis(whole.0), ..Cells::default() };
            self.line(text, &cells, "= Execution Time");
        }
    }
}

/// The lines that lead to a node.
struct Guides {
    /// Of each level above, whether more children follow.
    more: Vec<bool>,
    /// Whether a level takes one column.
    is_narrow: bool,
}

struct Guide {
    first: String,
    next: String,
}

impl Guides {
    fn of(&mut self, plan: &Plan, node: &PlanNode, unicode: bool, shown: &[bool]) -> Guide {
        let depth = node.depth as usize;
        let last = node.parent.is_none_or(|parent| is_last(plan, parent, node.id, shown));
        self.more.truncate(depth);
        self.more.push(!last);
        if depth == 0 {
            return Guide { first: String::new(), next: "  ".to_owned() };
        }
        if depth > DEEPEST_GUIDE {
            let first = format!("{}{depth} ", if unicode { "⋯" } else { ".." });
            let next = " ".repeat(width(&first));
            return Guide { first: left(&first, 4), next };
        }
        let (pipe, tee, corner) = if unicode { ("│", "├", "└") } else { ("|", "|", "`") };
        let gap = if self.is_narrow { "" } else { " " };
        let level = |more: &bool| format!("{}{gap}", if *more { pipe } else { " " });
        let above: String = self.more[1..depth].iter().map(level).collect();
        Guide {
            first: format!("{above}{} ", if last { corner } else { tee }),
            next: format!("{above}{}   ", if last { " " } else { pipe }),
        }
    }
}

/// Whether no later sibling is drawn. Only large plans hide nodes, and those are drawn few.
fn is_last(plan: &Plan, parent: NodeId, id: NodeId, shown: &[bool]) -> bool {
    if !shown[id.index()] {
        return true;
    }
    let end = id.index() + plan.subtree(id).len();
    let last = parent.index() + plan.subtree(parent).len();
    !shown[end..last].iter().any(|shown| *shown)
}
