//! `perf-look gate review`: what changed, target by target, and a key for what becomes of it.
//!
//! A question a target, below what the report says of it: that works in every terminal and with every reader of screens.

use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use console::Term;
use perf_look_analyzers::gate::{Baseline, Decision, Level, Outcome, Verdict};
use perf_look_render::{GateContext, GateFormat, gate};
use time::{Duration, OffsetDateTime};

use super::check::{self, Checked};
use super::store::{Store, is_ci};
use crate::args::{Check, Common};
use crate::config::Config;
use crate::failure::{Failure, note};
use crate::status::Status;
use crate::terminal::Terminal;

/// How long a waiver lasts that is made here, in days.
const LASTS: i64 = 90;

/// The shortest reason that a waiver takes.
const REASON: usize = 10;

/// Measures, shows what changed, and asks.
pub(super) fn run(
    targets: &[String],
    config: &Config,
    (common, terminal): (&Common, &Terminal),
) -> Result<Status, Failure> {
    if is_ci() || !Terminal::has_typist() || !Term::stderr().is_term() {
        let nobody = anyhow!("a review asks questions, and nobody is at a terminal to answer them");
        return Err(Failure::usage(nobody).help("perf-look gate shows the same; perf-look gate accept TARGET accepts"));
    }
    let store = Store::of(config)?;
    let checked = check::checked((targets, &Check::default()), &store, config, (common, terminal))?;
    let Checked { verdict, environment, .. } = checked;
    let changed: Vec<&Outcome> = verdict.ranked().into_iter().filter(|outcome| !outcome.is_quiet()).collect();
    let mut reviewed = 0;
    for (place, outcome) in changed.iter().enumerate() {
        show(outcome, (targets, &environment), terminal)?;
        match ask(&format!("{} of {}", place + 1, changed.len()))? {
            Answer::Accept => reviewed += usize::from(accept(&store, outcome)?),
            Answer::Waive => reviewed += usize::from(waive(&store, outcome)?),
            Answer::Reject => reviewed += usize::from(reject(&store, outcome)?),
            Answer::Skip => {}
            Answer::Quit => break,
        }
    }
    note(terminal, &format!("{reviewed} of {} targets were decided; commit what changed", changed.len()));
    Ok(Status::Clean)
}

fn show(
    outcome: &Outcome,
    (targets, environment): (&[String], &[(String, String)]),
    terminal: &Terminal,
) -> Result<(), Failure> {
    let verdict = Verdict { outcomes: vec![outcome.clone()], ..Verdict::default() };
    let command = check::command(targets);
    let context = GateContext { style: terminal.style(), command: &command, environment };
    let shown = gate(&verdict, GateFormat::Text, &context, &mut terminal.stderr());
    Ok(shown.context("could not write to the terminal")?)
}

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Waive,
    Reject,
    Skip,
    Quit,
}

impl Answer {
    fn of(key: char) -> Option<Self> {
        Some(match key {
            'a' => Self::Accept,
            'w' => Self::Waive,
            'r' => Self::Reject,
            's' => Self::Skip,
            'q' => Self::Quit,
            _ => return None,
        })
    }
}

fn ask(where_: &str) -> Result<Answer, Failure> {
    let mut term = Term::stderr();
    loop {
        write!(term, "{where_}: [a]ccept, [w]aive, [r]eject, [s]kip, [q]uit? ").context("could not ask")?;
        let key = term.read_char().context("could not read a key")?;
        writeln!(term, "{key}").context("could not ask")?;
        if let Some(answer) = Answer::of(key) {
            return Ok(answer);
        }
    }
}

/// A line of text; none where it is empty.
fn line(question: &str) -> Result<Option<String>, Failure> {
    let mut term = Term::stderr();
    write!(term, "{question} ").context("could not ask")?;
    let text = term.read_line().context("could not read an answer")?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn accept(store: &Store, outcome: &Outcome) -> Result<bool, Failure> {
    let pending = store.pending()?.into_iter().find(|measured| measured.target == outcome.target);
    let Some(measured) = pending else {
        say("it cannot be accepted: it was not measured, or its counters do not repeat")?;
        return Ok(false);
    };
    let Some(reason) = line("why is it right?")? else { return Ok(false) };
    store.accept(&Baseline { accepted: reason, ..measured.clone() })?;
    store.forget(&measured)?;
    Ok(true)
}

fn reject(store: &Store, outcome: &Outcome) -> Result<bool, Failure> {
    for measured in store.pending()?.iter().filter(|measured| measured.target == outcome.target) {
        store.forget(measured)?;
    }
    say("it stays as it is: mend the change")?;
    Ok(true)
}

fn waive(store: &Store, outcome: &Outcome) -> Result<bool, Failure> {
    let open = |decision: &&Decision| decision.level == Level::Fail && decision.waived.is_none();
    let fails: Vec<&Decision> = outcome.decisions.iter().filter(open).collect();
    if fails.is_empty() {
        say("there is nothing to waive: nothing fails")?;
        return Ok(false);
    }
    let Some(reason) = line("why for a while?")?.filter(|reason| reason.chars().count() >= REASON) else {
        say("a waiver wants a reason of ten characters or more")?;
        return Ok(false);
    };
    let Some(owner) = line("who takes it on?")? else { return Ok(false) };
    let expires = (OffsetDateTime::now_utc() + Duration::days(LASTS)).date();
    for decision in fails {
        store.waive(&waiver(outcome, decision, (&reason, &owner, &expires.to_string())))?;
    }
    say(&format!("it is waived until {expires}, in {}", store.waivers.display()))?;
    Ok(true)
}

/// The table of a waiver for as much as was measured now.
fn waiver(outcome: &Outcome, decision: &Decision, (reason, owner, expires): (&str, &str, &str)) -> String {
    let text = |text: &str| toml::Value::from(text);
    let id = format!("{}-{}", decision.id.to_lowercase(), &decision.fingerprint[..8]);
    // A glob takes these for more than themselves.
    let target = globset::escape(&outcome.target);
    let ceiling = decision.value.map_or(String::new(), |value| format!("ceiling = {}\n", value.ceil()));
    let key = if decision.id.starts_with('X') { ("metric", decision.counter.as_str()) } else { ("rule", decision.id) };
    format!(
        "[[waiver]]\nid = {}\n{} = {}\ntarget = {}\n{ceiling}reason = {}\nowner = {}\nexpires = {expires}\n",
        text(&id),
        key.0,
        text(key.1),
        text(&target),
        text(reason),
        text(owner),
    )
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(Term::stderr(), "{text}").context("could not write to the terminal")?)
}

#[cfg(test)]
mod tests {
    use perf_look_analyzers::gate::observation::Kind;
    use perf_look_analyzers::gate::outcome::Source;
    use perf_look_analyzers::gate::waivers::{Answer as Said, Terms, Waivers};

    use super::*;

    #[test]
    fn the_waiver_that_is_written_covers_what_it_was_made_for() {
        let target = "shop/orders.sql#of_customer@few";
        let outcome = Outcome::unmeasured(target.to_owned(), Kind::Query, Source::default(), String::new());
        let decision = Decision {
            id: "D4",
            level: Level::Fail,
            counter: "work".to_owned(),
            headline: String::new(),
            reference: Some(30.0),
            value: Some(20_592.4),
            limit: Some(1_030.0),
            unit: "",
            place: None,
            waived: None,
            fingerprint: "0123456789abcdef".to_owned(),
        };
        let today = OffsetDateTime::now_utc().date();
        let expires = (OffsetDateTime::now_utc() + Duration::days(LASTS)).date().to_string();
        let text = waiver(&outcome, &decision, ("the \"index\" comes back", "ann", &expires));
        let mut waivers = Waivers::none(Terms::on(today));
        waivers.add_file("waivers.toml", &text).unwrap();
        assert!(matches!(waivers.answer(target, "D4", 20_592.4), Said::Waived(_)), "{text}");
        assert!(matches!(waivers.answer(target, "D4", 30_000.0), Said::AboveCeiling(_)), "{text}");
    }
}
