//! A server as a whole in a comment: a table for each question.

use std::io::{self, Write};

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::Step;

use super::{escape, fenced};
use crate::overview::{Below, Section, sections};

pub(super) fn write(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n", escape(&overview.heading()))?;
    for note in overview.notes() {
        writeln!(out, "- {}", escape(&note))?;
    }
    for part in overview.unread() {
        writeln!(out, "- not looked at: {}", escape(&part))?;
    }
    let (speaking, quiet) = sections(overview);
    speaking.iter().try_for_each(|section| write_section(section, out))?;
    if !quiet.is_empty() {
        writeln!(out, "\nNothing to say of: {}", quiet.join(", "))?;
    }
    Ok(())
}

fn write_section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n#### {}\n", section.title)?;
    for sentence in &section.lead {
        writeln!(out, "{}  ", escape(sentence))?;
    }
    for step in section.steps {
        match step {
            Step::Words(words) => writeln!(out, "{}", escape(words))?,
            Step::Sql(sql) => fenced(sql, "sql", out)?,
        }
    }
    if section.rows.is_empty() {
        return Ok(());
    }
    let heads: Vec<&str> = section.heads.iter().map(|head| head.name).collect();
    let lines: Vec<&str> = section.heads.iter().map(|head| if head.is_number { "---:" } else { "---" }).collect();
    writeln!(out, "\n| {} | |\n| {} | --- |", heads.join(" | "), lines.join(" | "))?;
    for row in &section.rows {
        let below = row.below.iter().map(|below| match below {
            Below::Query(text) | Below::Sql(text) | Below::Words(text) => escape(&one_line(text)),
        });
        let cells = row.cells.iter().map(|cell| escape(cell)).chain([below.collect::<Vec<_>>().join("; ")]);
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    if section.more > 0 {
        writeln!(out, "\nand {} more", section.more)?;
    }
    Ok(())
}

/// A statement without its line ends, as far as a table can hold it.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 500;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::layout::cut(&words, LONGEST, true)
}
