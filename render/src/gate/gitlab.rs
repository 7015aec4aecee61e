//! GitLab's code quality report: a list of remarks, each with a place that must be there.

use std::io::{self, Write};

use perf_look_analyzers::gate::{Level, Verdict};

use super::remarks::{Remark, remarks};
use super::words;
use crate::gitlab::{Entry, Location};
use crate::json::write_json;

pub(super) fn render(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry> = remarks(verdict).iter().map(entry).collect();
    write_json(&entries, out)?;
    out.write_all(b"\n")
}

fn entry(remark: &Remark<'_>) -> Entry {
    let check = remark.decision.map_or_else(|| words::state(remark.outcome).to_owned(), words::rule);
    Entry {
        description: format!("{}: {}", remark.outcome.target, remark.lines().join("; ")),
        check_name: format!("perf-look {check}"),
        fingerprint: remark.fingerprint(),
        severity: match remark.level {
            Level::Fail => "critical",
            Level::Warn => "minor",
            Level::Note | Level::Better => "info",
        },
        location: Location::at(remark.spot(), &remark.outcome.target),
    }
}
