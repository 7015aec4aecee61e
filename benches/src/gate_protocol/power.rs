//! Time verdicts against a base on the same machine: a statement whose function works longer, so that counts say nothing.

use std::collections::BTreeMap;
use std::fmt::{Result as Written, Write as _};
use std::io;
use std::path::Path;

use serde_json::Value;

use super::cases::Edit;
use super::{Measured, Project, Record};

const FILES: [(&str, &str); 3] = [
    ("perf-look.toml", "[gate.server]\nsetup = [\"work.sql\"]\n\n[suite.time]\nsql = [\"*.query.sql\"]\n"),
    (
        "work.sql",
        "create function work(turns integer) returns integer language plpgsql stable as $$\n\
         declare mixed integer = 1;\n\
         begin\n    for turn in 1..turns loop mixed = (mixed * 31 + turn) % 65521; end loop;\n    return mixed;\nend $$;\n",
    ),
    ("time.query.sql", "-- name: sum\nselect sum(work(1000)) from generate_series(1, 200) n where n > 0;\n"),
];

/// How much longer the function works, in percent, and the change that makes it so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Longer {
    pub(super) percent: u32,
    pub(super) name: &'static str,
    edit: Edit,
}

const fn longer(percent: u32, name: &'static str, to: &'static str) -> Longer {
    Longer { percent, name, edit: Edit { file: "work.sql", from: "1..turns", to } }
}

/// From nothing to half as much again.
pub(super) const LONGER: [Longer; 6] = [
    longer(0, "0 %", "1..turns"),
    longer(5, "5 %", "1..turns * 105 / 100"),
    longer(10, "10 %", "1..turns * 110 / 100"),
    longer(15, "15 %", "1..turns * 115 / 100"),
    longer(20, "20 %", "1..turns * 120 / 100"),
    longer(50, "50 %", "1..turns * 150 / 100"),
];

/// The base, as the gate accepted it.
///
/// # Errors
///
/// The folder cannot be written, or the gate does not accept what it measured.
pub(super) fn accepted(program: &Path) -> io::Result<Project> {
    let project = Project::empty(program)?;
    FILES.iter().try_for_each(|(file, text)| project.write(file, text))?;
    project.accept()
}

/// The time verdict's words, in `values`.
const VERDICT: &str = "verdict";

impl Longer {
    /// One run against the base.
    pub(super) fn run(&self, accepted: &Project) -> io::Result<Measured> {
        let project = accepted.copy()?;
        project.edit(self.edit)?;
        let base = accepted.folder.display().to_string();
        let said = project.run(&["gate", "--base", &base, "--report", "json"], &[])?;
        let outcome = &said.verdict["outcomes"][0];
        let decision = outcome["decisions"].as_array().and_then(|all| all.iter().find(|one| is_time(one)));
        let headline = decision.map(|one| format!("{}: {}", text(&one["id"]), text(&one["headline"])));
        let note =
            outcome["notes"].as_array().and_then(|notes| notes.iter().map(text).find(|note| note.contains("time")));
        let verdict = headline.clone().or(note).unwrap_or_else(|| said.summary());
        let is_alarm = headline.is_some() && self.percent == 0;
        let missed = if is_alarm { vec!["exit".to_owned()] } else { Vec::new() };
        let values = BTreeMap::from([(VERDICT.to_owned(), verdict.clone())]);
        Ok(Measured { exit: said.code, missed, said: verdict, values })
    }
}

fn is_time(decision: &Value) -> bool {
    text(&decision["id"]).starts_with('T')
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// How often each verdict was given.
pub(super) fn table(out: &mut String, runs: &[Record]) -> Written {
    writeln!(
        out,
        "| works longer by | runs | found slower | the rate, with 95 % confidence | shown to be the same | could not tell |"
    )?;
    writeln!(out, "|---|---:|---:|---|---:|---:|")?;
    for longer in LONGER {
        let of: Vec<&str> =
            runs.iter().filter(|run| run.case == longer.name).map(|run| run.measured.said.as_str()).collect();
        let number = |word: &str| of.iter().filter(|said| said.contains(word)).count();
        let slower = of.iter().filter(|said| said.starts_with("T1")).count();
        if of.is_empty() {
            continue;
        }
        let (least, most) = wilson(slower, of.len());
        let (least, most) = (100.0 * least, 100.0 * most);
        let (same, unsure) = (number("the same"), number("could not tell"));
        writeln!(out, "| {} | {} | {slower} | {least:.0} to {most:.0} % | {same} | {unsure} |", longer.name, of.len())?;
    }
    let example = runs.iter().rfind(|run| run.measured.said.starts_with("T1"));
    let Some(run) = example else { return Ok(()) };
    writeln!(out, "\nThe last of them, at {}: {}", run.case, run.measured.said)
}

/// Between what a rate is with 95 % confidence (Wilson 1927).
fn wilson(hits: usize, runs: usize) -> (f64, f64) {
    const Z: f64 = 1.96;
    let (n, p) = (runs as f64, hits as f64 / runs as f64);
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_wilsons_interval() {
        let (least, most) = wilson(8, 10);
        assert!((least - 0.490).abs() < 0.001 && (most - 0.943).abs() < 0.001, "{least} {most}");
        let (least, most) = wilson(0, 100);
        assert!(least < 1e-9 && (most - 0.037).abs() < 0.001, "{least} {most}");
    }
}
