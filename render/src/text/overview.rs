//! A server as a whole: for each question some sentences and a table.

use std::fmt::Write as _;

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::Step;
use perf_look_analyzers::safe;

use super::{Ink, Pen};
use crate::layout::{cut, left, right, width};
use crate::overview::{Below, Head, NEXT, Row, Section, sections};
use crate::words::plural;

/// Columns of words are not cut below this.
const NARROW: usize = 12;

/// With columns.
pub(super) fn draw(pen: &Pen<'_>, text: &mut String, overview: &Overview) {
    around(pen, text, overview, |text, section| table(pen, text, section));
}

/// A sentence a row, to be read out.
pub(super) fn draw_lines(pen: &Pen<'_>, text: &mut String, overview: &Overview) {
    around(pen, text, overview, |text, section| {
        for row in &section.rows {
            let cells = section.heads.iter().zip(&row.cells).map(|(head, cell)| format!("{} {cell}", head.name));
            pen.hanging(text, "  ", Ink::Plain, &safe::line(&cells.collect::<Vec<_>>().join(", ")));
            below(pen, text, row);
        }
    });
}

fn around(pen: &Pen<'_>, text: &mut String, overview: &Overview, rows: impl Fn(&mut String, &Section)) {
    let _ = writeln!(text);
    pen.hanging(text, "", Ink::Strong, &safe::line(&overview.heading()));
    for note in overview.notes() {
        pen.hanging(text, "  note: ", Ink::Plain, &safe::line(&note));
    }
    for part in overview.unread() {
        pen.hanging(text, "  not looked at: ", Ink::Poor, &safe::line(&part));
    }
    let (speaking, quiet) = sections(overview);
    for section in &speaking {
        let _ = writeln!(text);
        pen.hanging(text, "", Ink::Strong, section.title);
        for sentence in &section.lead {
            pen.hanging(text, "  ", Ink::Plain, &safe::line(sentence));
        }
        steps(pen, text, section.steps);
        rows(text, section);
        if section.more > 0 {
            let more = format!("and {} more; --report json has them all", plural(section.more, "row"));
            pen.hanging(text, "  ", Ink::Faint, &more);
        }
    }
    if !quiet.is_empty() {
        let _ = writeln!(text);
        pen.hanging(text, "nothing to say of: ", Ink::Faint, &quiet.join(", "));
    }
    let _ = writeln!(text);
    for (command, what) in NEXT {
        pen.hanging(text, &format!("next: {} ", pen.ink(Ink::Code, command)), Ink::Faint, what);
    }
}

fn steps(pen: &Pen<'_>, text: &mut String, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Words(words) => pen.hanging(text, "  help: ", Ink::Plain, words),
            Step::Sql(sql) => {
                let _ = writeln!(text, "    {}", pen.ink(Ink::Code, sql));
            }
        }
    }
}

fn table(pen: &Pen<'_>, text: &mut String, section: &Section) {
    if section.rows.is_empty() {
        return;
    }
    let widths = widths(section, pen.style.width.saturating_sub(2));
    let names = section.heads.iter().map(|head| head.name.to_owned()).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(section.heads).zip(&widths);
        let cells = cells.map(|((cell, head), columns)| {
            let cell = cut(&safe::line(cell), *columns, pen.style.unicode);
            if head.is_number { right(&cell, *columns) } else { left(&cell, *columns) }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let _ = writeln!(text, "  {}", pen.ink(Ink::Faint, &line(&names)));
    for row in &section.rows {
        let _ = writeln!(text, "  {}", line(&row.cells));
        below(pen, text, row);
    }
}

/// As wide as what is in them, but words give way where a line would be too long.
fn widths(section: &Section, all: usize) -> Vec<usize> {
    let widest = |(place, head): (usize, &Head)| {
        let cells = section.rows.iter().filter_map(|row| row.cells.get(place)).map(|cell| width(&safe::line(cell)));
        cells.max().unwrap_or(0).max(width(head.name))
    };
    let mut widths: Vec<usize> = section.heads.iter().enumerate().map(widest).collect();
    let gaps = 2 * widths.len().saturating_sub(1);
    loop {
        let excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(all);
        let words =
            section.heads.iter().zip(&mut widths).filter(|(head, _)| !head.is_number).map(|(_, columns)| columns);
        let Some(widest) = words.max().filter(|columns| excess > 0 && **columns > NARROW) else { return widths };
        *widest -= 1;
    }
}

fn below(pen: &Pen<'_>, text: &mut String, row: &Row) {
    for below in &row.below {
        match below {
            Below::Words(words) => pen.hanging(text, "    ", Ink::Plain, &safe::line(words)),
            Below::Query(query) => pen.statement(text, "    ", query),
            // Not wrapped, so that it can be copied.
            Below::Sql(sql) => {
                let _ = writeln!(text, "    {}", pen.ink(Ink::Code, &safe::line(sql)));
            }
        }
    }
}
