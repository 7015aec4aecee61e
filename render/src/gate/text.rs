//! Text for a terminal: what it comes to, then each target that something is to be said of, then what passed.

use std::fmt::Write as _;
use std::io::{self, Write};

use perf_look_analyzers::gate::{Decision, Level, Outcome, State, Verdict};
use perf_look_analyzers::safe;

use super::{GateContext, words};
use crate::text::{Ink, Pen};

/// Of longer plans the first steps that changed are shown.
const STEPS: usize = 8;
/// More targets than this that passed are counted.
const NAMED: usize = 6;

pub(super) fn render(verdict: &Verdict, context: &GateContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { pen: Pen { style: &context.style } };
    let mut text = String::new();
    page.line(&mut text, "", ink(verdict.state()), &words::headline(verdict));
    let ranked = verdict.ranked();
    for outcome in ranked.iter().filter(|outcome| !outcome.is_quiet()) {
        text.push('\n');
        page.outcome(&mut text, outcome);
    }
    page.rest(&mut text, verdict, context);
    out.write_all(text.as_bytes())
}

struct Page<'s> {
    pen: Pen<'s>,
}

fn ink(state: State) -> Ink {
    match state {
        State::Regressed => Ink::Bad,
        State::Unmeasured | State::NotComparable => Ink::Poor,
        State::New => Ink::Strong,
        State::Passed => Ink::Good,
    }
}

fn level_ink(level: Level) -> Ink {
    match level {
        Level::Fail => Ink::Bad,
        Level::Warn => Ink::Poor,
        Level::Note => Ink::Plain,
        Level::Better => Ink::Good,
    }
}

impl Page<'_> {
    /// Text from outside behind words of ours.
    fn line(&self, text: &mut String, first: &str, ink: Ink, words: &str) {
        let words = safe::line(words);
        let plain = if self.pen.style.unicode { words.into_owned() } else { words.replace('→', "->") };
        self.pen.hanging(text, first, ink, &plain);
    }

    fn outcome(&self, text: &mut String, outcome: &Outcome) {
        let source = words::place(&outcome.source).map_or(String::new(), |place| format!(" ({place})"));
        self.line(text, "", ink(outcome.state), &format!("{}: {}{source}", words::state(outcome), outcome.target));
        for decision in &outcome.decisions {
            self.decision(text, decision);
        }
        for (place, cause) in outcome.causes.iter().enumerate() {
            let first = if place == 0 { "  cause: " } else { "  also:  " };
            self.line(text, first, Ink::Strong, &cause.text);
        }
        for note in &outcome.notes {
            let first = if outcome.state == State::Unmeasured { "  why: " } else { "  note: " };
            self.line(text, first, Ink::Plain, note);
        }
        if outcome.state != State::Passed {
            self.plan(text, outcome);
        }
        if let Some(command) = words::accept(outcome) {
            self.line(text, "  ", Ink::Plain, "to accept it:");
            // Not wrapped, so that it can be copied.
            let _ = writeln!(text, "    {}", self.pen.ink(Ink::Code, &safe::line(&command)));
        }
    }

    fn decision(&self, text: &mut String, decision: &Decision) {
        let words = format!("{} [{}]", decision.headline, words::rule(decision));
        let level = decision.level.as_str();
        match &decision.waived {
            None => self.line(text, &format!("  {level}: "), level_ink(decision.level), &words),
            Some(_) => self.line(text, &format!("  waived {level}: "), Ink::Faint, &words),
        }
        if let Some(details) = words::details(decision) {
            self.line(text, "    ", Ink::Plain, &details);
        }
        if let Some(waived) = &decision.waived {
            self.line(text, "    ", Ink::Plain, &words::waived(waived));
        }
    }

    fn plan(&self, text: &mut String, outcome: &Outcome) {
        let steps = words::steps(outcome);
        let Some(changed) = words::plan(outcome).filter(|_| !steps.is_empty()) else { return };
        self.line(text, "  plan: ", Ink::Plain, &changed);
        for step in steps.iter().take(STEPS) {
            self.line(text, "    ", Ink::Faint, &step.line());
        }
        if steps.len() > STEPS {
            let more = crate::words::plural(steps.len() - STEPS, "more step");
            self.line(text, "    ", Ink::Faint, &format!("and {more}; the json report has them all"));
        }
    }

    /// What passed, what is not about one target, and how to look again.
    fn rest(&self, text: &mut String, verdict: &Verdict, context: &GateContext<'_>) {
        let quiet: Vec<&str> = verdict
            .outcomes
            .iter()
            .filter(|outcome| outcome.is_quiet())
            .map(|outcome| outcome.target.as_str())
            .collect();
        text.push('\n');
        if !quiet.is_empty() {
            let named = if quiet.len() <= NAMED { format!(": {}", quiet.join(", ")) } else { String::new() };
            let words = format!("{}{named}", crate::words::plural(quiet.len(), "target"));
            self.line(text, "passed: ", Ink::Good, &words);
        }
        for note in &verdict.notes {
            self.line(text, "note: ", Ink::Plain, note);
        }
        for orphan in &verdict.orphans {
            let words = format!("{orphan}: a baseline without a target; perf-look gate prune removes it");
            self.line(text, "note: ", Ink::Plain, &words);
        }
        for (name, value) in context.environment {
            self.line(text, "", Ink::Faint, &format!("{name}: {value}"));
        }
        if !context.command.is_empty() {
            let _ = writeln!(text, "again: {}", self.pen.ink(Ink::Code, &safe::line(context.command)));
        }
    }
}
