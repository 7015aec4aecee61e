//! A workload as text: where it is from, a table of its statements, and those that changed their plan with both plans.

use std::fmt::Write as _;

use perf_look_analyzers::{Report, Workload, safe};

use super::{Draw, Ink, Pen};
use crate::layout;
use crate::workload::{Table, flips, rest, source, table};

/// As many columns as a statement needs to be known again; below that it gets a line of its own.
const STATEMENT: usize = 24;

pub(super) fn draw(pen: &Pen<'_>, text: &mut String, workload: &Workload) {
    for line in source(workload) {
        pen.hanging(text, "  ", Ink::Plain, &safe::line(&line));
    }
    if workload.statements.is_empty() {
        return;
    }
    text.push('\n');
    let table = table(workload);
    if !columns(pen, text, &table) {
        lines(pen, text, &table);
    }
    if let Some(rest) = rest(workload) {
        pen.hanging(text, "  ", Ink::Faint, &rest);
    }
}

/// For who has it read out: a statement a paragraph, each number with its name.
pub(super) fn draw_lines(pen: &Pen<'_>, text: &mut String, workload: &Workload) {
    for line in source(workload) {
        pen.hanging(text, "  ", Ink::Plain, &safe::line(&line));
    }
    lines(pen, text, &table(workload));
    if let Some(rest) = rest(workload) {
        pen.hanging(text, "  ", Ink::Plain, &rest);
    }
}

fn lines(pen: &Pen<'_>, text: &mut String, table: &Table) {
    for (place, row) in table.rows.iter().enumerate() {
        let numbers = table.heads.iter().zip(&row.numbers).filter(|(_, number)| *number != "–");
        let numbers = numbers.map(|(head, number)| format!("{head} {number}"));
        let words = format!("{}: {}", numbers.collect::<Vec<_>>().join(", "), safe::line(&row.statement));
        let words = layout::cut(&words, LONGEST, pen.style.unicode);
        pen.hanging(text, &format!("  statement {}, ", place + 1), Ink::Plain, &words);
    }
}

/// Statements can have kilobytes.
const LONGEST: usize = 800;

/// Says whether there is room for it; else nothing is drawn.
fn columns(pen: &Pen<'_>, text: &mut String, table: &Table) -> bool {
    let widest = |column: usize| table.rows.iter().map(|row| layout::width(&row.numbers[column])).max().unwrap_or(0);
    let widths: Vec<usize> =
        table.heads.iter().enumerate().map(|(column, head)| widest(column).max(layout::width(head))).collect();
    let number = table.rows.len().to_string().len();
    let line = |first: &str, cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths).map(|(cell, width)| layout::right(cell, *width));
        format!("  {}  {}", layout::right(first, number), cells.collect::<Vec<_>>().join("  "))
    };
    let heads = line("", &mut table.heads.iter().copied());
    let used = layout::width(&heads) + 2;
    if used > pen.style.width + 2 {
        return false;
    }
    let left = pen.style.width.checked_sub(used).filter(|left| *left >= STATEMENT);
    let heads = if left.is_some() { format!("{heads}  statement") } else { heads };
    let _ = writeln!(text, "{}", pen.ink(Ink::Strong, &heads));
    for (place, row) in table.rows.iter().enumerate() {
        let dash = if pen.style.unicode { "–" } else { "-" };
        let cells: Vec<String> = row.numbers.iter().map(|number| number.replace('–', dash)).collect();
        let numbers = line(&(place + 1).to_string(), &mut cells.iter().map(String::as_str));
        let room = left.unwrap_or(pen.style.width.saturating_sub(number + 4));
        let statement = pen.ink(Ink::Code, &layout::cut(&safe::line(&row.statement), room, pen.style.unicode));
        let _ = match left {
            Some(_) => writeln!(text, "{numbers}  {statement}"),
            None => writeln!(text, "{numbers}\n{}{statement}", " ".repeat(number + 4)),
        };
    }
    true
}

/// Statements that ran with several plans, and how the fastest and the slowest of them look.
pub(super) fn draw_flips(pen: &Pen<'_>, text: &mut String, report: &Report, plan: Draw) {
    for flip in report.workload.iter().flat_map(flips) {
        text.push('\n');
        pen.hanging(text, "plan flip: ", Ink::Poor, &flip.headline);
        pen.statement(text, "  ", &flip.statement);
        for (words, subject) in flip.plans {
            let name = report.subjects.get(subject).map_or("", |subject| subject.name.as_str());
            pen.hanging(text, "  ", Ink::Strong, &safe::line(&format!("{words} ({name})")));
            plan(pen, text, report, subject);
        }
    }
}
