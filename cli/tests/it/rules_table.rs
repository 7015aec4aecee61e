//! The table of rules in `fixtures/README.md`: written where `PERF_LOOK_TABLE=write` asks for it, else compared.

use std::collections::BTreeMap;
use std::fmt;

use perf_look_fixtures::named;
use serde_json::Value;

const BEGIN: &str = "<!-- rules on a live server: begin -->\n";
const HEAD: &str =
    "| rule | fires on the fault | of | at stake | silent on the repair | server |\n|---|---|---|---:|---|---|\n";
const END: &str = "<!-- rules on a live server: end -->\n";

/// What came out for all rules.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

/// What came out for a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    pub(crate) rule: String,
    /// The server's version.
    pub(crate) server: String,
    /// The step that it speaks of.
    pub(crate) step: String,
    pub(crate) rank: Rank,
    /// At stake; none where nothing was timed.
    pub(crate) ms: Option<f64>,
    /// Whether it says nothing of the repair.
    pub(crate) silent: bool,
}

/// Where it stands among what is said of its fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Rank {
    /// Nowhere.
    #[default]
    Silent,
    /// From 1.
    At(usize),
    /// Folded into the finding of another rule.
    Within(String),
}

impl Rank {
    /// Folded into that finding.
    pub(crate) fn within(finding: &Value) -> Self {
        Self::Within(finding["rule"].as_str().unwrap().to_owned())
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("no"),
            Self::At(1) => f.write_str("first"),
            Self::At(place) => write!(f, "number {place}"),
            Self::Within(rule) => write!(f, "within {rule}"),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, rank, step, server, .. } = self;
        let ms = self.ms.map_or("not timed".to_owned(), |ms| format!("{ms:.0} ms"));
        let silent = if self.silent { "yes" } else { "no" };
        write!(f, "| {rule} | {rank} | {step} | {ms} | {silent} | {server} |")
    }
}

impl Table {
    /// Writes it, or compares what does not depend on the machine with what is written.
    #[track_caller]
    pub(crate) fn settle(&self) {
        let readme = named("README.md");
        let (before, rest) = readme.split_once(BEGIN).unwrap();
        let (written, after) = rest.split_once(END).unwrap();
        let written = written.lines().filter(|line| line.starts_with("| db/"));
        let mut written: BTreeMap<&str, String> =
            written.map(|line| (Comparable::of(line).rule, line.to_owned())).collect();
        if std::env::var("PERF_LOOK_TABLE").is_ok_and(|what| what == "write") {
            // What was not run here stays as it is.
            written.extend(self.rows.iter().map(|row| (row.rule.as_str(), row.to_string())));
            let rows = written.into_values().collect::<Vec<_>>().join("\n");
            let file = perf_look_fixtures::folder().join("README.md");
            return std::fs::write(file, format!("{before}{BEGIN}\n{HEAD}{rows}\n\n{END}{after}")).unwrap();
        }
        for row in self.rows.iter().map(Row::to_string) {
            let row = Comparable::of(&row);
            let known = written.get(row.rule).map(|line| Comparable::of(line));
            // Another major may plan otherwise.
            let is_same = known.as_ref().is_some_and(|known| known.major != row.major || *known == row);
            assert!(
                is_same,
                "fixtures/README.md says {known:?}, this is {row:?}; PERF_LOOK_TABLE=write writes it anew"
            );
        }
    }
}

/// A line without the ms and the minor version.
#[derive(Debug, PartialEq)]
struct Comparable<'a> {
    rule: &'a str,
    rank: &'a str,
    step: &'a str,
    silent: &'a str,
    major: &'a str,
}

impl<'a> Comparable<'a> {
    #[track_caller]
    fn of(line: &'a str) -> Self {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rule, rank, step, _, silent, server] = cells[..] else { panic!("{line}") };
        Self { rule, rank, step, silent, major: server.split('.').next().unwrap() }
    }
}
