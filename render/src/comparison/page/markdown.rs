//! Markdown for a comment on a change: what it came to, the findings, and what changed in a table a kind.

use std::io::{self, Write};

use perf_look_analyzers::Comparison;
use perf_look_analyzers::compare::PageDifference;
use perf_look_analyzers::compare::pages::Things;

use super::{Part, delta, heading, parts, rest, shown};
use crate::markdown::escape;

/// More rows of a table are counted; JSON has them all.
const ROWS: usize = 10;

pub(in crate::comparison) fn render(
    comparison: &Comparison,
    difference: &PageDifference,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "### {}\n", escape(&comparison.names_of_page(difference)))?;
    writeln!(out, "{}\n", escape(&difference.verdict()))?;
    for line in comparison.circumstances_of_page(difference) {
        writeln!(out, "- {}", escape(&line))?;
    }
    for (what, line) in comparison.findings_of_page(difference) {
        writeln!(out, "- **{what}** {}", escape(&line))?;
    }
    for part in parts(difference) {
        write(&part, out)?;
    }
    writeln!(out)
}

fn write(part: &Part<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n<details><summary>{}</summary>", part.title)?;
    if !part.metrics.is_empty() {
        header("number of the page", out)?;
    }
    for metric in &part.metrics {
        let (was, is) = (metric.before, metric.after);
        writeln!(out, "| {} | {} | {was} | {is} | {} |", metric.fate().mark(), metric.name, delta(metric))?;
    }
    for table in part.changed() {
        rows(table, out)?;
    }
    if let Some(unchanged) = part.unchanged() {
        writeln!(out, "\n{}", escape(&unchanged))?;
    }
    writeln!(out, "\n</details>")
}

fn header(name: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n| | {name} | before | after | Δ |\n|---|---|---:|---:|---:|")
}

fn rows(table: &Things, out: &mut dyn Write) -> io::Result<()> {
    header(&escape(&heading(table)), out)?;
    for row in table.changed().take(ROWS) {
        let number = |number: Option<f64>| shown(number.map(|number| table.kind.quantity(number)));
        let (was, is, delta) = (number(row.before), number(row.after), table.kind.signed(row.delta()));
        writeln!(out, "| {} | {} | {was} | {is} | {delta} |", row.fate().mark(), escape(&row.words()))?;
    }
    for line in rest(table, ROWS) {
        writeln!(out, "| | {line} | | | |")?;
    }
    Ok(())
}
