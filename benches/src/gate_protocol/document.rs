//! The document, from the runs that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Result as Written, Write as _};
use std::io;

use super::parts::Columns;
use super::{Aspect, Part, Record, Records, parts, power};

/// docs/gate-accuracy.md.
///
/// # Errors
///
/// A file of runs cannot be read.
pub fn document(records: &Records) -> io::Result<String> {
    let mut measured = Vec::new();
    for part in parts() {
        let runs = records.read(part.name)?;
        measured.push((part, runs));
    }
    let mut text = String::new();
    write(&mut text, &measured).map_err(io::Error::other)?;
    Ok(text)
}

fn write(text: &mut String, measured: &[(Part, Vec<Record>)]) -> Written {
    text.push_str(INTRODUCTION);
    let mut programs: BTreeMap<&str, usize> = BTreeMap::new();
    for record in measured.iter().flat_map(|(_, runs)| runs) {
        *programs.entry(&record.with).or_default() += 1;
    }
    for (with, runs) in programs {
        writeln!(text, "- {with}: {}", of("run", runs))?;
    }
    for (part, runs) in measured.iter().filter(|(_, runs)| !runs.is_empty()) {
        writeln!(text, "\n## {}\n\n{}\n\n{}\n", part.title, part.about, conditions(runs))?;
        table(text, part, runs)?;
    }
    text.push_str(LEFT_OUT);
    Ok(())
}

const INTRODUCTION: &str = "\
# How often the gate is wrong

Written by `benches/gate-protocol`, which repeats it on your machine. The real program checks two projects: 17 statements
on five tables of 5,000 to 100,000 rows, which follow from their numbers, and a page with a list of 200 orders. Each run
fills a server of its own, or starts browsers of its own, and measures everything. Of 0 errors in N runs the rate is at most
3/N, with a confidence of 95 %. What is not as it must be stands in the last column as it was measured.

";

/// What the protocol names, and this does not measure.
const LEFT_OUT: &str = "
## Not measured

- `work_mem` and `random_page_cost` as faults: other settings make two runs not comparable (exit 5, above).
- Other versions of Postgres and of Chromium.
- A statement that is run many times by its application: the gate sees statements, not how often they are sent.
- Time on pages: the gate does not judge it.
";

fn conditions(runs: &[Record]) -> String {
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let loads: Vec<f64> = runs.iter().map(|run| run.load).collect();
    let most = loads.iter().copied().fold(0.0, f64::max);
    let seconds = middle(runs.iter().map(|run| run.seconds).collect());
    let load = middle(loads);
    format!(
        "{}, of {seconds:.0} s in the middle; load average {load:.1} in the middle, {most:.1} at most.",
        of("run", runs.len())
    )
}

/// `1 run`, `300 runs`.
fn of(what: &str, number: usize) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn table(text: &mut String, part: &Part, runs: &[Record]) -> Written {
    let tallies: Vec<(&super::Case, Tally<'_>)> = part
        .cases
        .iter()
        .map(|case| (case, Tally::of(case.name, runs)))
        .filter(|(_, tally)| tally.number() > 0)
        .collect();
    let mut all = Tally::default();
    for (_, tally) in &tallies {
        all.0.extend(&tally.0);
    }
    match part.columns {
        Columns::Repeated => repeated(text, &tallies, &all)?,
        Columns::Exit => exits(text, &tallies, &all)?,
        Columns::Aspects => aspects(text, &tallies)?,
        Columns::Power => return power::table(text, runs),
    }
    let names: Vec<&str> = part.cases.iter().map(|case| case.name).collect();
    replaced(text, &names, runs)
}

/// Runs of cases that there are not any more: what was measured is said, whatever it was.
fn replaced(text: &mut String, names: &[&str], runs: &[Record]) -> Written {
    let others: Vec<&Record> = runs.iter().filter(|run| !names.contains(&run.case.as_str())).collect();
    if others.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\nOf changes that others have taken the place of since, and in no row above: {}.\n",
        of("run", others.len())
    )?;
    for run in others {
        let missed = if run.measured.missed.is_empty() {
            "as it must be".to_owned()
        } else {
            format!("not as it must be ({})", run.measured.missed.join(", "))
        };
        writeln!(text, "- {}: {missed}: {}", run.case, run.measured.said.replace('\n', " "))?;
    }
    Ok(())
}

type Tallies<'a> = [(&'a super::Case, Tally<'a>)];

/// Runs of what did not change: are they red, and does each count repeat?
fn repeated(text: &mut String, tallies: &Tallies<'_>, all: &Tally<'_>) -> Written {
    writeln!(text, "| beside it | runs | that do not end with 0 | counters and plans | with more than one value |")?;
    writeln!(text, "|---|---:|---:|---:|---:|")?;
    let rows = tallies.iter().map(|(case, tally)| (case.name, tally)).chain([("all of them", all)]);
    for (name, tally) in rows {
        let (values, unstable) = tally.values();
        let bound = if tally.right() == tally.number() { at_most("", tally.number()) } else { String::new() };
        let red = tally.number() - tally.right();
        writeln!(text, "| {name} | {} | {red}{bound} | {values} | {} |", tally.number(), unstable.len())?;
    }
    let (_, unstable) = all.values();
    if !unstable.is_empty() {
        writeln!(text)?;
    }
    for name in unstable.iter().take(20) {
        writeln!(text, "- several values: {name}")?;
    }
    red(text, all)
}

fn red(text: &mut String, all: &Tally<'_>) -> Written {
    let said: BTreeSet<&str> = all.wrong().map(|run| run.measured.said.as_str()).collect();
    if !said.is_empty() {
        writeln!(text)?;
    }
    said.into_iter().try_for_each(|said| writeln!(text, "- {said}"))
}

/// Few runs bound nothing.
fn at_most(what: &str, runs: usize) -> String {
    if runs < 30 { String::new() } else { format!(" ({what}at most {:.1} %)", 300.0 / runs as f64) }
}

fn exits(text: &mut String, tallies: &Tallies<'_>, all: &Tally<'_>) -> Written {
    writeln!(text, "| what | must exit with | right | otherwise |\n|---|---:|---:|---|")?;
    for (case, tally) in tallies {
        let (right, number) = (tally.right(), tally.number());
        writeln!(text, "| {} | {} | {right} of {number} | {} |", case.name, case.code(), tally.otherwise())?;
    }
    let bound = if all.right() == all.number() { at_most("errors: ", all.number()) } else { String::new() };
    writeln!(text, "| **all of them** | | **{} of {}**{bound} | |", all.right(), all.number())
}

fn aspects(text: &mut String, tallies: &Tallies<'_>) -> Written {
    writeln!(
        text,
        "| fault | target | caught | decision | place | cause | otherwise |\n|---|---|---:|---:|---:|---:|---|"
    )?;
    for (case, tally) in tallies {
        let Some(fault) = case.fault() else { continue };
        let [red, decision, place, cause] = Aspect::ALL.map(|aspect| tally.with(aspect));
        let (is_caught, number) = (case.code() == 1, tally.number());
        let red = if is_caught { format!("{red} of {number}") } else { format!("warned: {red} of {number}") };
        let unless =
            |expected: &str, number: usize| if expected.is_empty() { "–".to_owned() } else { number.to_string() };
        let (place, cause) = (unless(fault.place, place), unless(fault.cause, cause));
        writeln!(
            text,
            "| {} | `{}` | {red} | {}: {decision} | {place} | {cause} | {} |",
            case.name,
            fault.target,
            fault.decision,
            tally.otherwise(),
        )?;
    }
    let mut all = Tally::default();
    for (_, tally) in tallies.iter().filter(|(case, _)| case.code() == 1) {
        all.0.extend(&tally.0);
    }
    let caught = all.with(Aspect::Red);
    let bound = if caught == all.number() { at_most("missed: ", caught) } else { String::new() };
    writeln!(
        text,
        "| **all of them** | | **{caught} of {}**{bound} | {} | | | |",
        all.number(),
        all.with(Aspect::Decision)
    )
}

/// The runs of one case.
#[derive(Debug, Default)]
struct Tally<'a>(Vec<&'a Record>);

impl<'a> Tally<'a> {
    fn of(case: &str, runs: &'a [Record]) -> Self {
        Self(runs.iter().filter(|run| run.case == case).collect())
    }

    fn number(&self) -> usize {
        self.0.len()
    }

    fn wrong(&self) -> impl Iterator<Item = &'a Record> {
        self.0.iter().copied().filter(|run| !run.measured.missed.is_empty())
    }

    fn right(&self) -> usize {
        self.number() - self.wrong().count()
    }

    fn with(&self, aspect: Aspect) -> usize {
        self.0.iter().filter(|run| !run.measured.missed.iter().any(|missed| missed == aspect.name())).count()
    }

    /// How many things were counted, and which of them differ between runs of the same program.
    fn values(&self) -> (usize, BTreeSet<&'a str>) {
        let mut seen: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for run in &self.0 {
            for (name, value) in &run.measured.values {
                seen.entry((&run.with, name)).or_default().insert(value);
            }
        }
        let names: BTreeSet<&str> = seen.keys().map(|(_, name)| *name).collect();
        (names.len(), seen.iter().filter(|(_, values)| values.len() > 1).map(|((_, name), _)| *name).collect())
    }

    /// What the last run said that was not right.
    fn otherwise(&self) -> String {
        let said = self.wrong().last().map_or("", |run| run.measured.said.as_str());
        said.replace('|', "\\|").replace('\n', " ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate_protocol::Measured;

    fn run(case: &str, missed: &[&str], value: &str) -> Record {
        let measured = Measured {
            exit: Some(0),
            missed: missed.iter().map(|missed| (*missed).to_owned()).collect(),
            said: "exit 0".to_owned(),
            values: BTreeMap::from([("rows".to_owned(), value.to_owned())]),
        };
        Record { case: case.to_owned(), with: "a program".to_owned(), load: 1.0, seconds: 2.0, measured }
    }

    #[test]
    fn a_case_is_judged_by_its_own_runs() {
        let runs = [run("a", &[], "1"), run("a", &["cause"], "1"), run("b", &["red", "cause"], "2")];
        let tally = Tally::of("a", &runs);
        assert_eq!((tally.number(), tally.right(), tally.with(Aspect::Red), tally.with(Aspect::Cause)), (2, 1, 2, 1));
        assert_eq!(tally.values(), (1, BTreeSet::new()));
    }

    #[test]
    fn a_run_of_a_case_that_is_gone_is_said() {
        let mut text = String::new();
        replaced(&mut text, &["a"], &[run("a", &[], "1"), run("b", &["red"], "1")]).unwrap();
        assert!(text.contains("in no row above: 1 run.\n\n- b: not as it must be (red): exit 0\n"), "{text}");
    }

    #[test]
    fn a_count_with_two_values_is_named() {
        let runs = [run("a", &[], "1"), run("a", &[], "2")];
        assert_eq!(Tally::of("a", &runs).values(), (1, BTreeSet::from(["rows"])));
    }
}
