//! GitHub's workflow commands: `::error file=…,line=…,title=…::message`.

use std::io::{self, Write};

use perf_look_analyzers::finding::Part;
use perf_look_analyzers::{Finding, Report, Severity, safe};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let subject = report.name(finding.location.of());
        annotate(finding, subject, out)?;
    }
    for reject in &report.rejects {
        let file = file(&reject.source, reject.line);
        writeln!(out, "::error {file}title=could not read::{}", message(&reject.why))?;
    }
    Ok(())
}

fn annotate(finding: &Finding, subject: &str, out: &mut dyn Write) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warn => "warning",
        Severity::Info => "notice",
    };
    let (name, line) = match finding.location.site() {
        Some(site) => (site.file(), Some(site.position().line as usize)),
        None => place(subject),
    };
    let lines = finding.lines().into_iter().map(|(part, line)| match part {
        Part::Headline => finding.headline.clone(),
        _ => line,
    });
    let words = lines.collect::<Vec<_>>().join("\n");
    writeln!(out, "::{command} {}title={}::{}", file(name, line), property(finding.rule.0), message(&words))
}

/// `slow.sql:12` and `slow.sql:12 plan 2` are line 12 of `slow.sql`.
fn place(subject: &str) -> (&str, Option<usize>) {
    let Some((name, rest)) = subject.rsplit_once(':') else {
        return (subject, None);
    };
    match rest.split(' ').next().and_then(|line| line.parse().ok()) {
        Some(line) => (name, Some(line)),
        None => (subject, None),
    }
}

/// Only what looks like a file is named as one, or GitHub shows the annotation nowhere.
fn file(name: &str, line: Option<usize>) -> String {
    let looks_like_one = name.contains('.') && !name.contains(char::is_whitespace) && !name.contains("://");
    match line {
        _ if !looks_like_one => String::new(),
        Some(line) => format!("file={},line={line},", property(name)),
        None => format!("file={},", property(name)),
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
        assert_eq!(place("q/slow.sql:12"), ("q/slow.sql", Some(12)));
        assert_eq!(place("-c"), ("-c", None));
        assert_eq!(file("q/slow.sql", Some(12)), "file=q/slow.sql,line=12,");
        assert_eq!(file("standard input", None), "");
    }
}
