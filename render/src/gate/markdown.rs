//! Markdown for a comment on a change, and for the summary of a step: never longer than what is accepted as one.

use std::fmt::Write as _;
use std::io::{self, Write};

use perf_look_analyzers::gate::{Decision, Outcome, State, Verdict};
use perf_look_analyzers::safe;

use super::{GateContext, words};
use crate::layout::cut;
use crate::markdown::{escape, fenced};
use crate::words::plural;

/// Comments end at 65,536 characters; what stands in front of them counts too.
const LONGEST: usize = 60_000;
/// Targets that are shown in full.
const WORST: usize = 10;
/// Steps of a plan that are shown.
const STEPS: usize = 40;
/// Notes, names and steps are cut to so many columns: a name can be as long as its author likes.
const COLUMNS: usize = 300;
/// Lines of a list: waivers, notes, what was measured on.
const LINES: usize = 20;
/// By this a job finds its comment again, to replace it.
const MARKER: &str = "<!-- perf-look gate -->\n";

pub(super) fn render(verdict: &Verdict, context: &GateContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("{MARKER}### perf-look {}\n\n", said(&words::headline(verdict)));
    let end = end(verdict, context);
    let ranked = verdict.ranked();
    let loud: Vec<&&Outcome> = ranked.iter().filter(|outcome| !outcome.is_quiet()).collect();
    let mut left = loud.len();
    for outcome in loud.iter().take(WORST) {
        let piece = piece(outcome);
        // Room for the sentence on those that are left out.
        if text.len() + piece.len() + end.len() + 200 > LONGEST {
            break;
        }
        text.push_str(&piece);
        left -= 1;
    }
    if left > 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "And {}, which the text and json reports have.\n", plural(left, "more target"));
    }
    text.push_str(&end);
    out.write_all(text.as_bytes())
}

/// Text from outside, of a length that leaves room for others.
fn said(text: &str) -> String {
    escape(&cut(text, COLUMNS, true))
}

fn piece(outcome: &Outcome) -> String {
    let place = words::place(&outcome.source).map_or(String::new(), |place| format!(" ({})", said(&place)));
    let mut text = format!("**{}: {}**{place}\n\n", words::state(outcome), said(&outcome.target));
    for decision in outcome.decisions.iter().take(LINES) {
        text.push_str(&line(decision));
    }
    for (place, cause) in outcome.causes.iter().take(LINES).enumerate() {
        let word = if place == 0 { "cause" } else { "also" };
        let _ = writeln!(text, "- **{word}:** {}", said(&cause.text));
    }
    for note in outcome.notes.iter().take(LINES) {
        let word = if outcome.state == State::Unmeasured { "why" } else { "note" };
        let _ = writeln!(text, "- {word}: {}", said(note));
    }
    let lists = [outcome.decisions.len(), outcome.causes.len(), outcome.notes.len()];
    let more: usize = lists.iter().map(|all| all.saturating_sub(LINES)).sum();
    if more > 0 {
        let _ = writeln!(text, "- and {}", plural(more, "more line"));
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    if outcome.state != State::Passed {
        plan(outcome, &mut text);
    }
    if let Some(command) = words::accept(outcome) {
        text.push_str("To accept it:\n");
        code(&safe::line(&command), "sh", &mut text);
    }
    text
}

fn line(decision: &Decision) -> String {
    let mut parts = vec![format!("{} ({})", said(&decision.headline), said(&words::rule(decision)))];
    parts.extend(words::details(decision).map(|details| said(&details)));
    parts.extend(decision.waived.as_ref().map(|waived| said(&words::waived(waived))));
    let level = decision.level.as_str();
    let word = if decision.waived.is_some() { format!("waived {level}") } else { level.to_owned() };
    format!("- **{word}:** {}\n", parts.join("; "))
}

/// What changed in the plan, folded.
fn plan(outcome: &Outcome, text: &mut String) {
    let steps = words::steps(outcome);
    let Some(changed) = words::plan(outcome).filter(|_| !steps.is_empty()) else { return };
    let _ = writeln!(text, "<details><summary>Plan: {changed}</summary>");
    let mut lines: Vec<String> =
        steps.iter().take(STEPS).map(|step| safe::line(&cut(&step.line(), COLUMNS, true)).into_owned()).collect();
    if steps.len() > STEPS {
        lines.push(format!("and {}", plural(steps.len() - STEPS, "more step")));
    }
    code(&lines.join("\n"), "diff", text);
    text.push_str("</details>\n\n");
}

/// What no text can end.
fn code(words: &str, language: &str, text: &mut String) {
    let mut block = Vec::new();
    // Writing to memory cannot fail.
    let _ = fenced(words, language, &mut block);
    text.push_str(&String::from_utf8_lossy(&block));
}

/// What passed, what is not about one target, and how to look again.
fn end(verdict: &Verdict, context: &GateContext<'_>) -> String {
    let mut text = String::new();
    let quiet = verdict.outcomes.iter().filter(|outcome| outcome.is_quiet()).count();
    if quiet > 0 {
        let _ = writeln!(text, "{} passed.\n", plural(quiet, "target"));
    }
    let orphan = |name: &String| format!("{name}: a baseline without a target; perf-look gate prune removes it");
    let notes: Vec<String> = verdict.notes.iter().cloned().chain(verdict.orphans.iter().map(orphan)).collect();
    for note in notes.iter().take(LINES) {
        let _ = writeln!(text, "- note: {}", said(note));
    }
    if notes.len() > LINES {
        let _ = writeln!(text, "- and {}", plural(notes.len() - LINES, "more note"));
    }
    if !notes.is_empty() {
        text.push('\n');
    }
    if !context.environment.is_empty() {
        text.push_str("<details><summary>Measured with</summary>\n\n");
        for (name, value) in context.environment.iter().take(LINES) {
            let _ = writeln!(text, "- {}: {}", said(name), said(value));
        }
        text.push_str("\n</details>\n\n");
    }
    if !context.command.is_empty() {
        text.push_str("To look again:\n");
        code(&safe::line(&cut(context.command, COLUMNS, true)), "sh", &mut text);
    }
    text
}
