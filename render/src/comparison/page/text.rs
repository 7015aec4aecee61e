//! Text for a terminal: what it came to, the findings, then numbers and places that changed.

use std::fmt::Write as _;

use perf_look_analyzers::compare::PageDifference;
use perf_look_analyzers::compare::pages::{Fate, Things};
use perf_look_analyzers::{Comparison, safe};

use super::{Part, delta, heading, parts, rest, shown};
use crate::layout::right;
use crate::text::{Ink, Pen};

/// More rows of a table are counted; JSON has them all.
const ROWS: usize = 10;
/// From this width on there is room for both numbers beside their difference.
const WIDE: usize = 72;

/// Draws a page.
pub(in crate::comparison) fn draw(
    text: &mut String,
    pen: &Pen<'_>,
    (comparison, difference): (&Comparison, &PageDifference),
) {
    let arrow = |words: String| if pen.style.unicode { words } else { words.replace('→', "->") };
    pen.hanging(text, "", Ink::Strong, &safe::line(&arrow(comparison.names_of_page(difference))));
    pen.hanging(text, "", Ink::Plain, &difference.verdict());
    for line in comparison.circumstances_of_page(difference) {
        let ink = if difference.settings.is_empty() { Ink::Faint } else { Ink::Poor };
        pen.hanging(text, "", ink, &safe::line(&line));
    }
    for (what, line) in comparison.findings_of_page(difference) {
        let ink = match what {
            "fixed" => Ink::Good,
            "new" => Ink::Bad,
            _ => Ink::Plain,
        };
        pen.hanging(text, &format!("{what} "), ink, &safe::line(&line));
    }
    for part in parts(difference) {
        let _ = writeln!(text);
        pen.hanging(text, "", Ink::Strong, part.title);
        Table { pen, text }.part(&part);
    }
}

struct Table<'a> {
    pen: &'a Pen<'a>,
    text: &'a mut String,
}

impl Table<'_> {
    fn part(&mut self, part: &Part<'_>) {
        if !part.metrics.is_empty() {
            self.heading("numbers of the page");
        }
        for metric in &part.metrics {
            let columns = self.columns(&delta(metric), (&metric.before.to_string(), &metric.after.to_string()));
            self.row(metric.fate(), &columns, metric.name);
        }
        for table in part.changed() {
            self.table(table);
        }
        if let Some(unchanged) = part.unchanged() {
            self.pen.hanging(self.text, "  ", Ink::Faint, &unchanged);
        }
    }

    fn heading(&mut self, heading: &str) {
        self.pen.hanging(self.text, "  ", Ink::Plain, heading);
    }

    fn table(&mut self, table: &Things) {
        self.heading(&heading(table));
        for row in table.changed().take(ROWS) {
            let number = |number: Option<f64>| shown(number.map(|number| table.kind.quantity(number)));
            let (was, is) = (number(row.before), number(row.after));
            let columns = self.columns(&table.kind.signed(row.delta()), (&was, &is));
            self.row(row.fate(), &columns, &row.words());
        }
        let more = rest(table, ROWS);
        if !more.is_empty() {
            let empty = self.columns("", ("", "")).replace(['→', '>'], " ");
            self.pen.hanging(self.text, &format!("    {empty}"), Ink::Faint, &more.join("; "));
        }
    }

    fn columns(&self, delta: &str, (was, is): (&str, &str)) -> String {
        let arrow = if self.pen.style.unicode { "→" } else { ">" };
        if self.pen.style.width < WIDE {
            return format!("{}  ", right(delta, 9));
        }
        format!("{} {}{arrow}{}  ", right(delta, 9), right(was, 8), right(is, 8))
    }

    fn row(&mut self, fate: Fate, columns: &str, words: &str) {
        let ink = match fate {
            Fate::New | Fate::More => Ink::Plain,
            Fate::Gone | Fate::Less | Fate::Same => Ink::Faint,
        };
        let first = format!("  {} {columns}", fate.mark());
        self.pen.hanging(self.text, &first, ink, &safe::line(words));
    }
}
