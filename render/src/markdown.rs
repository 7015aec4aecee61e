//! Markdown for a comment on a change: a summary, a table, the details and the plan folded away.

mod overview;
mod page;
mod workload;

use std::io::{self, Write};

use perf_look_analyzers::finding::Part;
use perf_look_analyzers::quantity::Quantity;
use perf_look_analyzers::{Finding, Report, safe};

use crate::{Format, Style, words};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if let Some(overview) = report.overview.as_ref().filter(|_| words::is_overview_alone(report)) {
        writeln!(out, "### perf-look: {}\n", escape(&words::verdict(report)))?;
        return overview::write(overview, out);
    }
    match report.findings.len() {
        0 => writeln!(out, "### perf-look: no findings in {}\n", words::subjects(report))?,
        n => writeln!(out, "### perf-look: {} in {}\n", words::plural(n, "finding"), words::subjects(report))?,
    }
    if let Some(workload) = &report.workload {
        workload::write(workload, report, out)?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "| | rule | at stake | what |\n|---|---|---:|---|")?;
    }
    for finding in &report.findings {
        row(finding, out)?;
    }
    for finding in &report.findings {
        details(finding, report.name(finding.location.of()), out)?;
    }
    if report.subjects.is_empty() {
        for page in &report.pages {
            page::write(page, out)?;
        }
    } else {
        text(report, out)?;
    }
    let could_not = words::could_not(report);
    let (rejects, more) = words::rejects(report, REJECTS);
    for reject in rejects {
        let line = reject.line.map_or(String::new(), |line| format!(" line {line}"));
        writeln!(out, "\nCould not {could_not} {}{line}: {}", escape(&reject.source), escape(&reject.why))?;
    }
    if let Some(more) = more {
        writeln!(out, "\nCould not {could_not} {more}")?;
    }
    Ok(())
}

/// Of what could not be read, so much is named.
const REJECTS: usize = 10;

fn row(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let stake = match (finding.impact, finding.share) {
        (Some(ms), Some(share)) => format!("{ms} ({})", Quantity::Share(share)),
        (Some(ms), None) => ms.to_string(),
        (None, Some(share)) => format!("{} of the cost", Quantity::Share(share)),
        (None, None) if finding.location.subject().is_none() => "–".to_owned(),
        (None, None) => "could not tell".to_owned(),
    };
    writeln!(out, "| {} | `{}` | {stake} | {} |", finding.severity, finding.rule, escape(&finding.headline))
}

fn details(finding: &Finding, name: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n<details><summary>{}: {}</summary>\n", finding.rule, escape(&finding.headline))?;
    writeln!(out, "In {}", escape(name))?;
    let mut sql = Vec::new();
    for (part, line) in finding.lines() {
        if part != Part::Sql {
            code(&mut sql, out)?;
        }
        match part {
            Part::Headline => writeln!(out)?,
            Part::Sql => sql.push(line),
            _ => writeln!(out, "- {}", escape(&line))?,
        }
    }
    code(&mut sql, out)?;
    writeln!(out, "\n</details>")
}

fn code(lines: &mut Vec<String>, out: &mut dyn Write) -> io::Result<()> {
    if !lines.is_empty() {
        fenced(&lines.join("\n"), "sql", out)?;
        lines.clear();
    }
    Ok(())
}

/// A fence longer than any run of backticks inside, so that no text can end it.
pub(crate) fn fenced(text: &str, language: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = safe::block(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "\n{fence}{language}\n{text}\n{fence}\n")
}

/// The report as text, which draws plans.
fn text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    const WIDTH: usize = 100;
    let mut text = Vec::new();
    let style = Style { color: false, width: WIDTH, unicode: true };
    crate::render(report, Format::Text, &style, &mut text)?;
    writeln!(out, "\n<details><summary>{}</summary>", words::subjects(report))?;
    fenced(String::from_utf8_lossy(&text).trim_end(), "text", out)?;
    writeln!(out, "</details>")
}

/// Text that is neither Markdown, HTML, a table's cell end, nor a mention.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in safe::line(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A mention notifies people, and a number after # becomes a link.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    // A bare address becomes a link of its own.
    escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_inject_markup() {
        assert_eq!(escape("<img> @you #1 |`a`"), "&lt;img&gt; &#64;you &#35;1 \\|\\`a\\`");
        assert_eq!(escape("https://x"), "https:&#47;&#47;x");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let mut out = Vec::new();
        fenced("a ```` b", "sql", &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("\n`````sql\n"));
    }
}
