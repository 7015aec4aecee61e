//! A workload in a comment: a table of its statements, and those that changed their plan.

use std::io::{self, Write};

use perf_look_analyzers::{Report, Workload};

use super::escape;
use crate::workload::{flips, rest, source, table};

pub(super) fn write(workload: &Workload, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for line in source(workload) {
        writeln!(out, "- {}", escape(&line))?;
    }
    let table = table(workload);
    if !table.rows.is_empty() {
        writeln!(out, "\n| | {} | statement |", table.heads.join(" | "))?;
        writeln!(out, "|---:|{}---|", "---:|".repeat(table.heads.len()))?;
    }
    for (place, row) in table.rows.iter().enumerate() {
        writeln!(out, "| {} | {} | {} |", place + 1, row.numbers.join(" | "), escape(&row.statement))?;
    }
    if let Some(rest) = rest(workload) {
        writeln!(out, "\n{rest}")?;
    }
    for flip in flips(workload) {
        writeln!(out, "\n**plan flip:** {}", escape(&flip.headline))?;
        for (words, subject) in flip.plans {
            let name = report.subjects.get(subject).map_or("", |subject| subject.name.as_str());
            writeln!(out, "- {} ({})", escape(&words), escape(name))?;
        }
    }
    writeln!(out)
}
