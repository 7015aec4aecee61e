//! Text for a terminal: what it came to, the steps side by side, what else differs.

use std::fmt::Write as _;
use std::io::{self, Write};

use perf_look_analyzers::compare::{Change, Difference, Figures, Noise, Outside, Pair};
use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::{Comparison, safe};

use crate::Style;
use crate::layout::{left, millis, right, short, width, wrap};
use crate::text::{Ink, Pen};

/// Of larger plans only the steps that changed, or whose time did, are shown.
const ALL_UP_TO: usize = 60;
/// A step's time changed from this part of the whole.
const MATTERS: f64 = 0.01;
/// Deeper steps are not indented further.
const DEEPEST: u32 = 10;
/// From this width on there is room for buffers beside times.
const WIDE: usize = 100;
/// Below this width there is room for the difference and the step only.
const NARROW: usize = 64;

pub(super) fn render(comparison: &Comparison, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for (place, difference) in comparison.differences.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        Page::of(comparison, Pen { style }, difference).difference(&mut text, difference);
    }
    for (place, difference) in comparison.pages.iter().enumerate() {
        if place + comparison.differences.len() > 0 {
            text.push('\n');
        }
        super::page::draw(&mut text, &Pen { style }, (comparison, difference));
    }
    for line in super::unmatched(comparison) {
        Pen { style }.hanging(&mut text, "", Ink::Poor, &safe::line(&line));
    }
    out.write_all(text.as_bytes())
}

struct Page<'a> {
    comparison: &'a Comparison,
    pen: Pen<'a>,
    columns: Columns,
}

/// Which columns there is something for, and room.
struct Columns {
    times: bool,
    buffers: bool,
}

impl<'a> Page<'a> {
    fn of(comparison: &'a Comparison, pen: Pen<'a>, difference: &Difference) -> Self {
        let (before, after) = comparison.subjects(difference);
        let times = before.attribution.execution.is_some() || after.attribution.execution.is_some();
        let is_counted = before.plan.has_counters() || after.plan.has_counters();
        let width = pen.style.width;
        let buffers = is_counted && (width >= WIDE || !times);
        Self {
            comparison,
            pen,
            columns: Columns { times: times && width >= NARROW, buffers: buffers && width >= NARROW },
        }
    }

    fn difference(&self, text: &mut String, difference: &Difference) {
        let (comparison, pen) = (self.comparison, &self.pen);
        let arrow = |words: String| if pen.style.unicode { words } else { words.replace('→', "->") };
        pen.hanging(text, "", Ink::Strong, &safe::line(&arrow(super::names(comparison, difference))));
        pen.hanging(text, "", self.verdict_ink(difference), &comparison.verdict(difference));
        let most = super::most(comparison, difference).map_or(String::new(), |most| format!("; {most}"));
        let came_to = arrow(format!("{}{most}", difference.changed()));
        pen.hanging(text, "", Ink::Plain, &safe::line(&came_to));
        text.push('\n');
        self.table(text, difference);
        text.push('\n');
        for line in comparison.circumstances(difference) {
            pen.hanging(text, "", Ink::Plain, &safe::line(&line));
        }
        let findings = super::findings(comparison, difference);
        if findings.is_empty() {
            pen.hanging(text, "", Ink::Plain, "findings: none, before or after");
        }
        for (what, line) in findings {
            let ink = match what {
                "fixed" => Ink::Good,
                "new" => Ink::Bad,
                _ => Ink::Plain,
            };
            pen.hanging(text, &format!("{what} "), ink, &safe::line(&line));
        }
    }

    fn verdict_ink(&self, difference: &Difference) -> Ink {
        let (before, after) = self.comparison.subjects(difference);
        match (difference.noise, before.attribution.execution, after.attribution.execution) {
            (Noise::Apart(..), Some(was), Some(is)) if is > was => Ink::Bad,
            (Noise::Apart(..), Some(_), Some(_)) => Ink::Good,
            _ => Ink::Plain,
        }
    }

    fn table(&self, text: &mut String, difference: &Difference) {
        let arrow = if self.pen.style.unicode { "→" } else { ">" };
        let delta = if self.pen.style.unicode { "Δ ms" } else { "diff ms" };
        let own = format!("self ms before{arrow}after");
        let header = self.columns(&Cells { delta, own: &own, rows: "rows", buffers: "buffers" });
        let _ = writeln!(text, "{}", self.pen.ink(Ink::Faint, &format!("  {header}step")));
        let all = difference.pairs.len() <= ALL_UP_TO;
        let (mut hidden, mut together) = (0_usize, 0.0);
        for pair in &difference.pairs {
            if all || pair.change != Change::Same || !pair.moved.is_empty() || self.matters(difference, pair) {
                self.pair(text, difference, pair);
            } else {
                hidden += 1;
                together += self.comparison.delta(difference, pair).map_or(0.0, |ms| ms.0);
            }
        }
        if hidden > 0 {
            let words =
                format!("and {} steps that did not change, {} together", grouped(hidden as f64), signed(together));
            self.pen.hanging(text, &format!("  {}", self.columns(&Cells::default())), Ink::Faint, &words);
        }
        for outside in difference.outside.iter().filter(|outside| outside.is_executed()) {
            self.outside(text, outside);
        }
        self.whole(text, difference);
        for outside in difference.outside.iter().filter(|outside| !outside.is_executed()) {
            self.outside(text, outside);
        }
    }

    /// What is beside the nodes, as far as it took any time.
    fn outside(&self, text: &mut String, outside: &Outside) {
        let columns = self.times(outside.before, outside.after);
        let ink = if outside.before.is_some() == outside.after.is_some() { Ink::Faint } else { Ink::Plain };
        let first = format!("{} {columns}", super::mark_outside(outside));
        self.lines(text, &first, ink, &safe::line(&super::name_outside(outside)));
    }

    /// What steps and frames add up to.
    fn whole(&self, text: &mut String, difference: &Difference) {
        let (before, after) = self.comparison.subjects(difference);
        if let (Some(was), Some(is)) = (before.attribution.execution, after.attribution.execution) {
            self.lines(text, &format!("  {}", self.times(Some(was), Some(is))), Ink::Faint, "= Execution Time");
        }
    }

    /// The columns of what has times only.
    fn times(&self, was: Option<Ms>, is: Option<Ms>) -> String {
        let arrow = if self.pen.style.unicode { "→" } else { ">" };
        let shown = |own: Option<Ms>| own.map_or_else(|| "-".to_owned(), |ms| millis(ms.0));
        let delta = is.unwrap_or_default() - was.unwrap_or_default();
        let own = format!("{}{arrow}{}", shown(was), shown(is));
        self.columns(&Cells { delta: &signed(delta.0), own: &own, ..Cells::default() })
    }

    fn matters(&self, difference: &Difference, pair: &Pair) -> bool {
        let (before, _) = self.comparison.subjects(difference);
        let whole = before.attribution.execution.unwrap_or_default().0;
        self.comparison.delta(difference, pair).is_some_and(|delta| delta.0.abs() >= MATTERS * whole)
    }

    fn columns(&self, cells: &Cells<'_>) -> String {
        let mut line = format!("{}  ", right(cells.delta, 8));
        let wide = self.pen.style.width >= NARROW;
        let columns =
            [(self.columns.times, cells.own, 20), (wide, cells.rows, 13), (self.columns.buffers, cells.buffers, 15)];
        for (_, cell, width) in columns.into_iter().filter(|(is_shown, ..)| *is_shown) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}  ", right(cell, width));
        }
        line
    }

    fn pair(&self, text: &mut String, difference: &Difference, pair: &Pair) {
        let comparison = self.comparison;
        let (was, is) = comparison.figures(difference, pair);
        let delta = comparison.delta(difference, pair);
        let columns = self.columns(&Cells {
            delta: &delta.map_or(String::new(), |delta| signed(delta.0)),
            own: &self.both(was.own.map(|ms| millis(ms.0)), is.own.map(|ms| millis(ms.0)), pair),
            rows: &self.one_or_both(was.rows.map(short), is.rows.map(short), pair),
            buffers: &self.buffers(&was, &is, pair),
        });
        let mark = pair.mark();
        let ink = match mark {
            '=' => Ink::Faint,
            _ if delta.is_some_and(|delta| delta.0 > 0.0) => Ink::Bad,
            _ => Ink::Plain,
        };
        let first = format!("{mark} {columns}{}", self.indent(difference, pair));
        let (step, why) = (comparison.step(difference, pair), comparison.why(pair));
        let words = if why.is_empty() { step } else { format!("{step}: {why}") };
        let words = if self.pen.style.unicode { words } else { words.replace('→', "->") };
        self.lines(text, &first, ink, &safe::line(&words));
    }

    fn lines(&self, text: &mut String, first: &str, ink: Ink, words: &str) {
        // Further lines stand two columns further in.
        let room = self.pen.style.width.saturating_sub(width(first) + 2).max(16);
        for (place, line) in wrap(words, room).iter().enumerate() {
            let start = if place == 0 { first.to_owned() } else { " ".repeat(width(first) + 2) };
            let _ = writeln!(text, "{start}{}", self.pen.ink(ink, line));
        }
    }

    fn indent(&self, difference: &Difference, pair: &Pair) -> String {
        let (before, after) = self.comparison.subjects(difference);
        let depth = match (pair.after, pair.before) {
            (Some(id), _) => after.plan.node(id).depth,
            (None, Some(id)) => before.plan.node(id).depth,
            (None, None) => 0,
        };
        left("", depth.min(DEEPEST) as usize)
    }

    /// `80.3→14.9`, `-` for what is not there.
    fn both(&self, was: Option<String>, is: Option<String>, pair: &Pair) -> String {
        let arrow = if self.pen.style.unicode { "→" } else { ">" };
        let missing = |is_there: bool| if is_there { "?" } else { "-" }.to_owned();
        match (was, is) {
            (None, None) => String::new(),
            (was, is) => format!(
                "{}{arrow}{}",
                was.unwrap_or_else(|| missing(pair.before.is_some())),
                is.unwrap_or_else(|| missing(pair.after.is_some()))
            ),
        }
    }

    /// One number where both are the same.
    fn one_or_both(&self, was: Option<String>, is: Option<String>, pair: &Pair) -> String {
        if was == is { is.unwrap_or_default() } else { self.both(was, is, pair) }
    }

    fn buffers(&self, was: &Figures, is: &Figures, pair: &Pair) -> String {
        let (was, is) = super::blocks(was, is);
        self.one_or_both(was, is, pair)
    }
}

/// The numbers before a step.
#[derive(Default)]
struct Cells<'a> {
    delta: &'a str,
    own: &'a str,
    rows: &'a str,
    buffers: &'a str,
}

/// `+12.3`, `-65.4`, `0`.
fn signed(ms: f64) -> String {
    match ms {
        ms if ms >= 0.000_5 => format!("+{}", millis(ms)),
        ms if ms <= -0.000_5 => format!("-{}", millis(-ms)),
        _ => "0".to_owned(),
    }
}
