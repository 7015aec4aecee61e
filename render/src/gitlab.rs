//! GitLab's code quality report: a list of remarks, each with a place that must be there.

use std::io::{self, Write};

use perf_look_analyzers::{Finding, Report, Severity};
use serde::Serialize;

use crate::json::write_json;
use crate::spot::Spot;

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings = report.findings.iter().map(|finding| of_finding(report, finding));
    let rejects = report.rejects.iter().map(|reject| Entry {
        description: format!("could not read: {}", reject.why),
        check_name: "perf-look could not read".to_owned(),
        fingerprint: format!("{}:{}:{}", reject.source, reject.line.unwrap_or(0), reject.why),
        severity: "major",
        location: Location::at(Spot::of_reject(&reject.source, reject.line), &reject.source),
    });
    let entries: Vec<Entry> = findings.chain(rejects).collect();
    write_json(&entries, out)?;
    out.write_all(b"\n")
}

/// A remark.
#[derive(Serialize)]
pub(crate) struct Entry {
    pub(crate) description: String,
    pub(crate) check_name: String,
    pub(crate) fingerprint: String,
    pub(crate) severity: &'static str,
    pub(crate) location: Location,
}

/// Where it is shown.
#[derive(Serialize)]
pub(crate) struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

impl Location {
    /// The place; where there is none, the name of what it is about: there must be one.
    pub(crate) fn at(spot: Option<Spot<'_>>, name: &str) -> Self {
        let path = spot.map_or(name, |spot| spot.file).to_owned();
        Self { path, lines: Lines { begin: spot.and_then(|spot| spot.line).unwrap_or(1) } }
    }
}

fn of_finding(report: &Report, finding: &Finding) -> Entry {
    let name = report.name(finding.location.of());
    let rest: Vec<String> = finding.lines().into_iter().skip(1).map(|(_, line)| line).collect();
    Entry {
        description: format!("{name}: {}; {}", finding.headline, rest.join("; ")),
        check_name: format!("perf-look {}", finding.rule),
        fingerprint: finding.fingerprint.clone(),
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warn => "minor",
            Severity::Info => "info",
        },
        location: Location::at(Spot::of(report, finding), name),
    }
}
