//! What was handed in: texts with their names, told apart into SQL and plans.

use std::collections::BTreeSet;
use std::io::{self, Read as _};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::input::{self, Input};
use perf_look_analyzers::{Report, Subject};

use crate::args::Db;
use crate::config::Config;
use crate::failure::Failure;
use crate::status::Status;

/// A text and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The file, `-`, or `-c`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What to do with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Judge the plans in it.
    Plan(Text),
    /// Run the statements in it.
    Sql(Text),
}

/// Every text that the arguments name, and why the others cannot be read.
pub(crate) fn read(db: &Db) -> (Vec<Work>, Vec<Failure>) {
    let mut reader = Reader::default();
    let (mut work, mut failures) = (Vec::new(), Vec::new());
    let mut take = |read: Result<Work, Failure>| match read {
        Ok(text) => work.push(text),
        Err(failure) => failures.push(failure),
    };
    for name in &db.inputs {
        take(reader.read(name).map_err(|failure| hint(name, failure)).map(tell_apart));
    }
    for (place, sql) in db.commands.iter().enumerate() {
        let name = if place == 0 { "-c".to_owned() } else { format!("-c {}", place + 1) };
        take(not_empty(Text { name, text: sql.clone() }, "give it a statement: -c 'SELECT …'").map(Work::Sql));
    }
    for name in &db.files {
        take(reader.read(name).map(Work::Sql));
    }
    for name in &db.plans {
        take(reader.read(name).map(Work::Plan));
    }
    (work, failures)
}

/// What an input holds, judged; an input without a plan or a page is a failure.
pub(crate) fn judged_of_any_kind(name: &str, config: &Config) -> Result<Report, Failure> {
    let report = read_and_judged(name, config)?;
    if report.is_empty() { Err(without(name, &report, "it holds no plan and no page")) } else { Ok(report) }
}

/// A plan has nothing to be compared with in a page.
pub(crate) fn of_one_kind(before: (&str, &Report), after: (&str, &Report)) -> Result<(), Failure> {
    let plans = |report: &Report| !report.subjects.is_empty();
    let pages = |report: &Report| !report.pages.is_empty();
    if (plans(before.1) && plans(after.1)) || (pages(before.1) && pages(after.1)) {
        return Ok(());
    }
    let kind = |report: &Report| if plans(report) { "plans" } else { "pages" };
    let what = format!("{} holds {}, {} holds {}", before.0, kind(before.1), after.0, kind(after.1));
    Err(Failure::usage(anyhow!("{what}: a plan and a page are not compared"))
        .help("hand in two inputs with plans, or two with pages"))
}

fn read_and_judged(name: &str, config: &Config) -> Result<Report, Failure> {
    Ok(plans(&Reader::default().read(name)?)?.judged(&config.policy()))
}

fn without(name: &str, report: &Report, what: &str) -> Failure {
    let why = report.rejects.first().map_or(what, |reject| reject.why.as_str());
    Failure::unmeasured(anyhow!("{name}: {why}"))
}

/// Two inputs of a comparison cannot both be `-`.
pub(crate) fn twice_from_stdin() -> Failure {
    Failure::usage(anyhow!("standard input can be read only once")).help("give one of them a file")
}

/// Subjects are told apart by their names.
pub(crate) fn unique(mut subjects: Vec<Subject>) -> Vec<Subject> {
    let mut seen = BTreeSet::new();
    for subject in &mut subjects {
        let name = subject.name.clone();
        let mut number = 1;
        while !seen.insert(subject.name.clone()) {
            number += 1;
            subject.name = format!("{name} ({number})");
        }
    }
    subjects
}

/// What several inputs hold, judged together, and why others cannot be read.
pub(crate) fn judged_together(names: &[String], config: &Config) -> (Report, Vec<Failure>) {
    let mut reader = Reader::default();
    let (mut all, mut failures) = (Input::default(), Vec::new());
    for name in names {
        match reader.read(name).and_then(|text| plans(&text)) {
            Ok(input) => all.add(input),
            Err(failure) => failures.push(failure),
        }
    }
    all.subjects = unique(all.subjects);
    (all.judged(&config.policy()), failures)
}

fn plans(text: &Text) -> Result<Input, Failure> {
    input::read(&text.name, &text.text)
        .map_err(|error| Failure::unmeasured(error).help("hand in what EXPLAIN prints, in any of its formats"))
}

/// A file may be named only once, and standard input can be read only once.
#[derive(Debug, Default)]
struct Reader {
    seen: BTreeSet<String>,
}

impl Reader {
    fn read(&mut self, name: &str) -> Result<Text, Failure> {
        if !self.seen.insert(name.to_owned()) {
            return Err(Failure::usage(anyhow!("{name} is named twice")).help("name each input once"));
        }
        let bytes = if name == "-" { stdin() } else { std::fs::read(name) };
        let bytes = bytes
            .with_context(|| format!("could not read {name}"))
            .map_err(|error| Failure::usage(error).help("name a file that exists, or - for standard input"))?;
        let help = "save into it what EXPLAIN (ANALYZE, BUFFERS) prints, or a statement";
        not_empty(Text { name: name.to_owned(), text: decode(bytes) }, help)
    }
}

fn stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
}

fn not_empty(text: Text, help: &str) -> Result<Text, Failure> {
    if text.text.trim_matches(|c: char| c.is_whitespace() || c == ';').is_empty() {
        return Err(Failure::new(Status::Nothing, anyhow!("{} is empty: nothing to check", text.name)).help(help));
    }
    Ok(text)
}

/// psql's users would take a bare word for the name of the database.
fn hint(name: &str, failure: Failure) -> Failure {
    if name.starts_with("postgres://") || name.starts_with("postgresql://") {
        return failure.help("a connection is given by -d URI");
    }
    if std::path::Path::new(name).exists() {
        return failure;
    }
    failure.help("name a file that exists; a database is given by -d, a statement by -c")
}

/// UTF-8 where it is that; what PowerShell's `>` writes is UTF-16.
fn decode(bytes: Vec<u8>) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

/// The words that a statement worth explaining, or a script with one, begins with.
const SQL_WORDS: &[&str] = &[
    "select", "with", "insert", "update", "delete", "merge", "values", "table", "explain", "execute", "declare", "set",
    "create", "begin", "start", "do", "call", "prepare", "analyze", "vacuum", "alter", "drop", "truncate", "copy",
];

/// What only EXPLAIN prints.
const PLAN_MARKS: &[&str] = &["QUERY PLAN", "(cost=", "(actual ", "\"Node Type\"", "Node Type:", "<Node-Type>"];

fn tell_apart(text: Text) -> Work {
    if is_sql(&text.text) { Work::Sql(text) } else { Work::Plan(text) }
}

fn is_sql(text: &str) -> bool {
    let start = after_comments(text.trim_start_matches('\u{feff}'));
    let start = start.trim_start_matches('(').trim_start();
    let word = start.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    SQL_WORDS.contains(&word.as_str()) && !PLAN_MARKS.iter().any(|mark| text.contains(mark))
}

fn after_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_told_from_plans() {
        assert!(is_sql("select 1"));
        assert!(is_sql("-- why is this slow?\n/* (a) */ (SELECT 1) UNION (SELECT 2)"));
        assert!(is_sql("\u{feff}WITH a AS (SELECT 1) SELECT * FROM a"));
        assert!(!is_sql("[{\"Plan\": {\"Node Type\": \"Result\"}}]"));
        assert!(!is_sql("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)"));
        assert!(!is_sql("explain select 1;\n   QUERY PLAN\n-----\n Result  (cost=0.00..0.01 rows=1 width=4)"));
        assert!(!is_sql(""));
    }

    #[test]
    fn what_powershell_writes_is_read() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend("Seq Scan ä".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(bytes), "Seq Scan ä");
        assert_eq!(decode(b"a\xffb".to_vec()), "a\u{fffd}b");
    }
}
