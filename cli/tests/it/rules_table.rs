//! The table of rules in `fixtures/README.md`: written where `PERF_LOOK_TABLE=write` asks for it, else compared.

use std::fmt;

use perf_look_fixtures::named;
use serde_json::Value;

const BEGIN: &str = "<!-- rules on a live server: begin -->\n";
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
        writeln!(f, "| rule | fires on the fault | of | at stake | silent on the repair | server |")?;
        writeln!(f, "|---|---|---|---:|---|---|")?;
        for row in &self.rows {
            let ms = row.ms.map_or("not timed".to_owned(), |ms| format!("{ms:.0} ms"));
            let silent = if row.silent { "yes" } else { "no" };
            writeln!(f, "| {} | {} | {} | {ms} | {silent} | {} |", row.rule, row.rank, row.step, row.server)?;
        }
        Ok(())
    }
}

impl Table {
    /// Writes it, or compares what does not depend on the machine with what is written.
    #[track_caller]
    pub(crate) fn settle(mut self) {
        self.rows.sort_by(|left, right| left.rule.cmp(&right.rule));
        let readme = named("README.md");
        let (before, rest) = readme.split_once(BEGIN).unwrap();
        let (written, after) = rest.split_once(END).unwrap();
        if std::env::var("PERF_LOOK_TABLE").is_ok_and(|what| what == "write") {
            let file = perf_look_fixtures::folder().join("README.md");
            return std::fs::write(file, format!("{before}{BEGIN}\n{self}\n{END}{after}")).unwrap();
        }
        for line in self.to_string().lines().skip(2) {
            let row = Comparable::of(line);
            let mut known = written.lines().filter(|line| line.starts_with("| db/")).map(Comparable::of);
            let known = known.find(|known| known.rule == row.rule);
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
