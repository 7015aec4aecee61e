//! The review without a screen: a question a target, below what the report says of it.

use std::io::Write as _;

use anyhow::Context as _;
use console::Term;
use perf_look_analyzers::gate::{Outcome, Verdict, waivers};
use perf_look_render::{GateContext, GateFormat, gate};
use perf_look_tui::Review;
use perf_look_tui::review::{Choice, Target};

use super::write;
use crate::failure::{Failure, note};
use crate::gate::check;
use crate::gate::store::Store;
use crate::status::Status;
use crate::terminal::Terminal;

/// Asks of one target after the other, and does at once what is answered.
pub(super) fn run(
    review: &Review,
    (patterns, environment): (&[String], &[(String, String)]),
    store: &Store,
    terminal: &Terminal,
) -> Result<Status, Failure> {
    let mut reviewed = 0;
    for (place, target) in review.targets.iter().enumerate() {
        show(&target.outcome, (patterns, environment), terminal)?;
        let answer = ask(&format!("{} of {}", place + 1, review.targets.len()))?;
        if answer == Answer::Quit {
            break;
        }
        let Some(choice) = choice(answer, target, review)? else { continue };
        write::carry_out(store, target, &choice)?;
        match &choice {
            Choice::Reject => say("it stays as it is: mend the change")?,
            Choice::Waive { expires, .. } => {
                say(&format!("it is waived until {expires}, in {}", store.waivers.display()))?;
            }
            Choice::Accept { .. } | Choice::Skip => {}
        }
        reviewed += usize::from(choice.writes());
    }
    note(terminal, &format!("{reviewed} of {} targets were decided; commit what changed", review.targets.len()));
    Ok(Status::Clean)
}

fn show(
    outcome: &Outcome,
    (patterns, environment): (&[String], &[(String, String)]),
    terminal: &Terminal,
) -> Result<(), Failure> {
    let verdict = Verdict { outcomes: vec![outcome.clone()], ..Verdict::default() };
    let command = check::command(patterns);
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

/// What the answer comes to, with what else has to be asked; none where that was not answered.
fn choice(answer: Answer, target: &Target, review: &Review) -> Result<Option<Choice>, Failure> {
    match answer {
        Answer::Accept => accept(target),
        Answer::Waive => waive(target, review),
        Answer::Reject => Ok(Some(Choice::Reject)),
        Answer::Skip | Answer::Quit => Ok(Some(Choice::Skip)),
    }
}

fn accept(target: &Target) -> Result<Option<Choice>, Failure> {
    if let Some(why) = target.unacceptable() {
        say(why)?;
        return Ok(None);
    }
    Ok(line("why is it right?")?.map(|reason| Choice::Accept { reason }))
}

fn waive(target: &Target, review: &Review) -> Result<Option<Choice>, Failure> {
    if let Some(why) = target.unwaivable() {
        say(why)?;
        return Ok(None);
    }
    let reason = match waivers::reason(&line("why for a while?")?.unwrap_or_default()) {
        Ok(reason) => reason,
        Err(problem) => {
            say(&problem.to_string())?;
            return Ok(None);
        }
    };
    let Some(owner) = line("who takes it on?")? else { return Ok(None) };
    Ok(Some(Choice::Waive { reason, owner, expires: review.until.clone() }))
}

/// A line of text; none where it is empty.
fn line(question: &str) -> Result<Option<String>, Failure> {
    let mut term = Term::stderr();
    write!(term, "{question} ").context("could not ask")?;
    let text = term.read_line().context("could not read an answer")?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(Term::stderr(), "{text}").context("could not write to the terminal")?)
}
