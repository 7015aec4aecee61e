//! GitHub's workflow commands. The runner shows so many of a kind in a step and drops the others without a word; the
//! summary of the step, which takes the markdown report, has them all.

use std::io::{self, Write};

use perf_look_analyzers::gate::{Level, Verdict};

use super::remarks::{Remark, remarks};
use crate::github::{message, property};
use crate::words::plural;

/// Annotations of one kind that a step shows.
const SHOWN: usize = 10;

pub(super) fn render(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let all = remarks(verdict);
    let mut more = Vec::new();
    for (level, command) in [(Level::Fail, "error"), (Level::Warn, "warning")] {
        let of: Vec<&Remark<'_>> = all.iter().filter(|remark| remark.level == level).collect();
        for remark in of.iter().take(SHOWN) {
            annotate(command, remark, out)?;
        }
        if of.len() > SHOWN {
            more.push(plural(of.len() - SHOWN, &format!("more {command}")));
        }
    }
    if !more.is_empty() {
        let words = format!("{}: the summary of this step has them all", more.join(" and "));
        writeln!(out, "::notice title=perf-look::{}", message(&words))?;
    }
    Ok(())
}

fn annotate(command: &str, remark: &Remark<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut properties = Vec::new();
    if let Some(spot) = remark.spot() {
        properties.push(format!("file={}", property(spot.file)));
        properties.extend(spot.line.map(|line| format!("line={line}")));
        properties.extend(spot.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&remark.title())));
    writeln!(out, "::{command} {}::{}", properties.join(","), message(&remark.lines().join("\n")))
}
