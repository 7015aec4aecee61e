//! GitLab's code quality report: a list of remarks, each with a place that must be there.

use std::io::{self, Write};

use perf_look_analyzers::gate::{Level, Verdict};
use serde::Serialize;

use super::remarks::{Remark, remarks};
use super::words;
use crate::json::write_json;

pub(super) fn render(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry> = remarks(verdict).iter().map(Entry::of).collect();
    write_json(&entries, out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

impl Entry {
    fn of(remark: &Remark<'_>) -> Self {
        let check = remark.decision.map_or_else(|| words::state(remark.outcome).to_owned(), words::rule);
        let spot = remark.spot();
        // A target without a file is shown by its own name: the place must be there.
        let path = spot.map_or(remark.outcome.target.as_str(), |spot| spot.file);
        Self {
            description: format!("{}: {}", remark.outcome.target, remark.lines().join("; ")),
            check_name: format!("perf-look {check}"),
            fingerprint: remark.fingerprint(),
            severity: match remark.level {
                Level::Fail => "critical",
                Level::Warn => "minor",
                Level::Note | Level::Better => "info",
            },
            location: Location {
                path: path.to_owned(),
                lines: Lines { begin: spot.and_then(|spot| spot.line).unwrap_or(1) },
            },
        }
    }
}
