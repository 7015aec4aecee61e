//! Text for a terminal: a summary, each plan as a tree, the findings, and what could not be looked at.

mod lines;
mod overview;
mod page;
mod plan;
mod workload;

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Style as Ansi};
use perf_look_analyzers::finding::Part;
use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::workload::Source;
use perf_look_analyzers::{Finding, Report, Severity, Subject, Workload, safe};

use crate::Style;
use crate::layout;
use crate::words;

pub(crate) fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    render_with(report, style, Manner { plan: plan::draw, workload: workload::draw, server: overview::draw }, out)
}

pub(crate) fn render_plain(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let lines = Manner { plan: lines::draw, workload: workload::draw_lines, server: overview::draw_lines };
    render_with(report, style, lines, out)
}

/// Draws the plan of a subject.
type Draw = fn(&Pen<'_>, &mut String, &Report, usize);

/// How what has columns is drawn.
#[derive(Clone, Copy)]
struct Manner {
    /// The plan of a subject.
    plan: Draw,
    /// The statements of a workload.
    workload: fn(&Pen<'_>, &mut String, &Workload),
    server: fn(&Pen<'_>, &mut String, &Overview),
}

fn render_with(report: &Report, style: &Style, manner: Manner, out: &mut dyn Write) -> io::Result<()> {
    let pen = Pen { style };
    let mut text = String::new();
    pen.summary(&mut text, report);
    if let Some(server) = &report.overview {
        (manner.server)(&pen, &mut text, server);
    }
    if let Some(workload) = &report.workload {
        (manner.workload)(&pen, &mut text, workload);
        workload::draw_flips(&pen, &mut text, report, manner.plan);
    }
    // Of a log the statements are told apart in the table: a tree each would bury what was found.
    let subjects = if is_of_log(report) { &[] } else { report.subjects.as_slice() };
    for (index, subject) in subjects.iter().enumerate() {
        text.push('\n');
        pen.subject(&mut text, subject, &words::place(report, index));
        (manner.plan)(&pen, &mut text, report, index);
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    for page in &report.pages {
        text.push('\n');
        page::draw(&pen, &mut text, page);
    }
    for (number, finding) in report.findings.iter().enumerate() {
        text.push('\n');
        pen.finding(&mut text, number + 1, finding, report);
    }
    pen.rest(&mut text, report);
    out.write_all(text.as_bytes())
}

/// Whether a log may have given hundreds of plans.
fn is_of_log(report: &Report) -> bool {
    report.workload.as_ref().is_some_and(|workload| matches!(workload.source, Source::Log(_)))
}

/// What a piece of text means, for its colour. Never the only sign: words and marks say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Bad,
    Poor,
    Good,
    Code,
}

pub(crate) struct Pen<'s> {
    pub(crate) style: &'s Style,
}

impl Pen<'_> {
    /// The text in its colour.
    pub(crate) fn ink(&self, ink: Ink, text: &str) -> String {
        let color = |color: AnsiColor| Ansi::new().fg_color(Some(Color::Ansi(color)));
        let ansi = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Strong => Ansi::new().bold(),
            Ink::Faint => Ansi::new().dimmed(),
            Ink::Bad => color(AnsiColor::Red).bold(),
            Ink::Poor => color(AnsiColor::Yellow),
            Ink::Good => color(AnsiColor::Green),
            Ink::Code => color(AnsiColor::Cyan),
        };
        if self.style.color && !text.is_empty() { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
    }

    /// Lines of a text that starts behind `first` and goes on behind as many spaces.
    pub(crate) fn hanging(&self, text: &mut String, first: &str, ink: Ink, words: &str) {
        let indent = layout::width(first);
        let plain = if self.style.unicode { words.to_owned() } else { words.replace('…', "...") };
        for (place, line) in layout::wrap(&plain, self.style.width.saturating_sub(indent)).iter().enumerate() {
            let start = if place == 0 { first.to_owned() } else { " ".repeat(indent) };
            let _ = writeln!(text, "{start}{}", self.ink(ink, line));
        }
    }

    fn summary(&self, text: &mut String, report: &Report) {
        let line = words::verdict(report);
        let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warn));
        let ink = match (errors, warnings) {
            (0, 0) => Ink::Good,
            (0, _) => Ink::Poor,
            _ => Ink::Bad,
        };
        self.hanging(text, "", ink, &line);
    }

    fn subject(&self, text: &mut String, subject: &Subject, place: &str) {
        let name = format!("{place}{}", subject.name);
        let line = words::measured(subject).into_iter().fold(name, |line, next| format!("{line}, {next}"));
        let line = safe::line(&line);
        self.hanging(text, "", Ink::Strong, &line);
        if let Some(query) = &subject.query {
            self.statement(text, "  ", query);
        }
        for note in &subject.notes {
            self.hanging(text, "  note: ", Ink::Plain, &safe::line(note));
        }
    }

    /// The statement on at most three lines.
    pub(crate) fn statement(&self, text: &mut String, indent: &str, query: &str) {
        const LINES: usize = 3;
        let words = query.split_whitespace().take(200).collect::<Vec<_>>().join(" ");
        let mut lines = layout::wrap(&safe::line(&words), self.style.width.saturating_sub(indent.len() + 1));
        if lines.len() > LINES {
            lines.truncate(LINES);
            if let Some(last) = lines.last_mut() {
                last.push(if self.style.unicode { '…' } else { '~' });
            }
        }
        for line in lines {
            let _ = writeln!(text, "{indent}{}", self.ink(Ink::Code, &line));
        }
    }

    fn finding(&self, text: &mut String, number: usize, finding: &Finding, report: &Report) {
        let several = report.subjects.len() + report.pages.len() > 1;
        for (part, line) in finding.lines() {
            let line = safe::line(&line);
            match part {
                Part::Headline => {
                    let ink = severity_ink(finding.severity);
                    self.hanging(text, &format!("{number}. "), ink, &line);
                    if several {
                        let place =
                            finding.location.subject().map_or(String::new(), |index| words::place(report, index));
                        let name = format!("{place}{}", report.name(finding.location.of()));
                        self.hanging(text, "   in ", Ink::Strong, &safe::line(&name));
                    }
                }
                // Not wrapped, so that it can be copied.
                Part::Sql => {
                    let _ = writeln!(text, "     {}", self.ink(Ink::Code, &line));
                }
                Part::Place => self.hanging(text, "   ", Ink::Faint, &line),
                Part::Advice => {
                    let line = line.strip_prefix("help: ").unwrap_or(&line).to_owned();
                    self.hanging(text, "   help: ", Ink::Plain, &line);
                }
                Part::Stake | Part::Evidence | Part::Verified => self.hanging(text, "   ", Ink::Plain, &line),
            }
        }
    }

    /// What could not be looked at or read, and where to read on.
    fn rest(&self, text: &mut String, report: &Report) {
        let mut reasons: Vec<&str> = report.skipped.iter().map(|skipped| &*skipped.why).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for why in reasons {
            let of = |skipped: &&perf_look_analyzers::report::Skipped| skipped.why == why;
            let mut rules: Vec<&str> = report.skipped.iter().filter(of).map(|skipped| skipped.rule.0).collect();
            rules.sort_unstable();
            rules.dedup();
            let _ = writeln!(text);
            let named = match rules.len() {
                ..=NAMED_RULES => rules.join(", "),
                all => format!("{all} of {} rules", report.rules().count()),
            };
            self.hanging(text, "not checked: ", Ink::Faint, &format!("{named} ({why})"));
        }
        let (rejects, more) = words::rejects(report, REJECTS);
        for reject in rejects {
            let line = reject.line.map_or(String::new(), |line| format!(":{line}"));
            let _ = writeln!(text);
            let words = format!("{}{line}: {}", safe::line(&reject.source), safe::line(&reject.why));
            self.hanging(text, &format!("could not {}: ", words::could_not(report)), Ink::Poor, &words);
        }
        if let Some(more) = more {
            let _ = writeln!(text);
            self.hanging(text, &format!("could not {}: ", words::could_not(report)), Ink::Poor, &more);
        }
        if let Some(first) = report.findings.first() {
            let _ = writeln!(text);
            self.hanging(text, "", Ink::Faint, &format!("more about a rule: perf-look explain {}", first.rule));
        }
    }
}

/// Of what could not be read, so much is named.
const REJECTS: usize = 10;

/// More rules than this that lack the same are counted; JSON names them.
const NAMED_RULES: usize = 4;

fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Error => Ink::Bad,
        Severity::Warn => Ink::Poor,
        Severity::Info => Ink::Strong,
    }
}
