//! JUnit's XML: a suite a file, a case a target, a property a counter.

use std::io::{self, Write};

use perf_look_analyzers::gate::{Decision, Level, Outcome, State, Verdict, limits};
use perf_look_analyzers::safe;
use quick_xml::events::BytesText;

use super::words;
use crate::junit::{Xml, attribute, content, document, finish, pairs};

pub(super) fn render(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = document()?;
    let suites = suites(verdict);
    let all = Counts::of(&verdict.outcomes.iter().collect::<Vec<_>>()).attributes("perf-look gate");
    let root = xml.create_element("testsuites").with_attributes(pairs(&all));
    root.write_inner_content(|xml| suites.iter().try_for_each(|(name, cases)| suite(xml, name, cases)))?;
    finish(xml, out)
}

/// The targets of each file, in the order in which the files are first named.
fn suites(verdict: &Verdict) -> Vec<(&str, Vec<&Outcome>)> {
    let mut suites: Vec<(&str, Vec<&Outcome>)> = Vec::new();
    for outcome in &verdict.outcomes {
        let name = if outcome.source.file.is_empty() { "perf-look" } else { outcome.source.file.as_str() };
        match suites.iter_mut().find(|(known, _)| *known == name) {
            Some((_, cases)) => cases.push(outcome),
            None => suites.push((name, vec![outcome])),
        }
    }
    suites
}

struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(outcomes: &[&Outcome]) -> Self {
        let count = |states: &[State]| outcomes.iter().filter(|outcome| states.contains(&outcome.state)).count();
        Self {
            tests: outcomes.len(),
            failures: count(&[State::Regressed]),
            errors: count(&[State::Unmeasured]),
            skipped: count(&[State::NotComparable, State::New]),
        }
    }

    fn attributes(&self, name: &str) -> [(&'static str, String); 5] {
        [
            ("name", attribute(name)),
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("skipped", self.skipped.to_string()),
        ]
    }
}

fn suite(xml: &mut Xml, name: &str, cases: &[&Outcome]) -> io::Result<()> {
    let attributes = Counts::of(cases).attributes(name);
    let element = xml.create_element("testsuite").with_attributes(pairs(&attributes));
    element.write_inner_content(|xml| cases.iter().try_for_each(|outcome| case(xml, name, outcome)))?;
    Ok(())
}

fn case(xml: &mut Xml, suite: &str, outcome: &Outcome) -> io::Result<()> {
    let mut attributes = vec![("name", attribute(&outcome.target)), ("classname", attribute(suite))];
    if !outcome.source.file.is_empty() {
        attributes.push(("file", attribute(&outcome.source.file)));
    }
    if outcome.source.line > 0 {
        attributes.push(("line", outcome.source.line.to_string()));
    }
    let element = xml.create_element("testcase").with_attributes(pairs(&attributes));
    element.write_inner_content(|xml| {
        properties(xml, outcome)?;
        result(xml, outcome)?;
        output(xml, outcome)
    })?;
    Ok(())
}

/// Each counter that something is said of: what it was and what it is.
fn properties(xml: &mut Xml, outcome: &Outcome) -> io::Result<()> {
    let is_counter = |decision: &&Decision| decision.value.is_some() && decision.id != limits::FINDING;
    let counters: Vec<&Decision> = outcome.decisions.iter().filter(is_counter).collect();
    if counters.is_empty() {
        return Ok(());
    }
    xml.create_element("properties").write_inner_content(|xml| {
        for decision in counters {
            let number = |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
            let value = format!("{} before, {} now", number(decision.reference), number(decision.value));
            let attributes = [("name", attribute(&decision.counter)), ("value", value)];
            xml.create_element("property").with_attributes(pairs(&attributes)).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn result(xml: &mut Xml, outcome: &Outcome) -> io::Result<()> {
    let message = match outcome.worst() {
        Some(worst) => worst.headline.as_str(),
        None => outcome.causes.first().map(|cause| &cause.text).or(outcome.notes.first()).map_or("", String::as_str),
    };
    let (element, kind) = match outcome.state {
        State::Passed => return Ok(()),
        State::Regressed => ("failure", outcome.worst().map_or("regressed".to_owned(), words::rule)),
        State::Unmeasured => ("error", words::state(outcome).to_owned()),
        State::NotComparable | State::New => ("skipped", words::state(outcome).to_owned()),
    };
    let message = if message.is_empty() { kind.clone() } else { message.to_owned() };
    let attributes = [("message", attribute(&message)), ("type", attribute(&kind))];
    let element = xml.create_element(element).with_attributes(pairs(&attributes));
    let decisions = outcome.decisions.iter().filter(|decision| decides(decision)).map(line);
    let lines: Vec<String> = decisions.chain(reasons(outcome)).collect();
    element.write_text_content(BytesText::new(&content(&lines.join("\n"))))?;
    Ok(())
}

/// What does not decide: notes, what is better, what is waived, and what changed in the plan.
fn output(xml: &mut Xml, outcome: &Outcome) -> io::Result<()> {
    let is_result = |decision: &Decision| decides(decision) && outcome.state != State::Passed;
    let mut lines: Vec<String> = outcome.decisions.iter().filter(|decision| !is_result(decision)).map(line).collect();
    if outcome.state == State::Passed {
        lines.extend(reasons(outcome));
    }
    let steps = words::steps(outcome);
    lines.extend(words::plan(outcome).filter(|_| !steps.is_empty()).map(|changed| format!("plan: {changed}")));
    lines.extend(steps.iter().map(words::Step::line));
    lines.extend(words::accept(outcome).map(|command| format!("to accept it: {}", safe::line(&command))));
    if !lines.is_empty() {
        let text = content(&lines.join("\n"));
        xml.create_element("system-out").write_text_content(BytesText::new(&text))?;
    }
    Ok(())
}

fn decides(decision: &Decision) -> bool {
    decision.waived.is_none() && decision.level >= Level::Warn
}

fn line(decision: &Decision) -> String {
    let details = words::details(decision).map_or(String::new(), |details| format!(", {details}"));
    let waived = decision.waived.as_ref().map_or(String::new(), |waived| format!(", {}", words::waived(waived)));
    format!("{}: {} [{}]{details}{waived}", decision.level.as_str(), decision.headline, words::rule(decision))
}

/// What differs in what it was measured on, and what a reader should know.
fn reasons(outcome: &Outcome) -> impl Iterator<Item = String> {
    let causes = outcome.causes.iter().map(|cause| format!("cause: {}", cause.text));
    causes.chain(outcome.notes.iter().map(|note| format!("note: {note}")))
}
