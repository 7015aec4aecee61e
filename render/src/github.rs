//! GitHub's workflow commands: `::error file=…,line=…,title=…::message`.

use std::io::{self, Write};

use perf_look_analyzers::finding::Part;
use perf_look_analyzers::{Finding, Report, Severity, safe};

use crate::spot::Spot;
use crate::words;

/// GitHub shows no more errors of a step.
const REJECTS: usize = 10;

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        annotate(report, finding, out)?;
    }
    let (rejects, more) = words::rejects(report, REJECTS);
    for reject in rejects {
        let file = file(Spot::of_reject(&reject.source, reject.line));
        writeln!(out, "::error {file}title=could not read::{}", message(&reject.why))?;
    }
    if let Some(more) = more {
        writeln!(out, "::error title=could not read::{}", message(&more))?;
    }
    Ok(())
}

fn annotate(report: &Report, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warn => "warning",
        Severity::Info => "notice",
    };
    let lines = finding.lines().into_iter().map(|(part, line)| match part {
        Part::Headline => finding.headline.clone(),
        _ => line,
    });
    let words = lines.collect::<Vec<_>>().join("\n");
    writeln!(
        out,
        "::{command} {}title={}::{}",
        file(Spot::of(report, finding)),
        property(finding.rule.0),
        message(&words)
    )
}

/// The place, or GitHub shows the annotation nowhere.
fn file(spot: Option<Spot<'_>>) -> String {
    match spot {
        None => String::new(),
        Some(Spot { file, line: Some(line), .. }) => format!("file={},line={line},", property(file)),
        Some(Spot { file, .. }) => format!("file={},", property(file)),
    }
}

/// Escaped as the runner's toolkit does for properties.
pub(crate) fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Escaped as the runner's toolkit does for messages: a line end would begin a new command.
pub(crate) fn message(text: &str) -> String {
    safe::block(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_cannot_begin_a_command() {
        assert_eq!(message("a\n::set-env name=x::y 100%"), "a%0A::set-env name=x::y 100%25");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }

    #[test]
    fn a_statement_is_annotated_on_its_line() {
        let spot = Spot { file: "q/slow.sql", line: Some(12), column: None };
        assert_eq!(file(Some(spot)), "file=q/slow.sql,line=12,");
        assert_eq!(file(None), "");
    }
}
