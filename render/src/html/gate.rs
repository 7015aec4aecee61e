//! The gate's verdict as a page: each target with what was decided, why, and both plans side by side.

use std::io::{self, Write};

use perf_look_analyzers::gate::{Decision, Level, Outcome, State, Verdict};

use super::assets::Scripts;
use super::flame;
use super::writer::{Html, put};
use crate::gate::{GateContext, words};

/// Writes the page. It needs no script.
pub(crate) fn render(verdict: &Verdict, context: &GateContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut html = Html::default();
    let headline = words::headline(verdict);
    super::open(&mut html, &format!("{headline}, perf-look gate"), Scripts::None);
    put!(html, "<header><p class=\"brand\">perf-look gate</p><h1 class=\"verdict ");
    html.markup(class(verdict.state()));
    put!(html, "\">" {&headline} "</h1></header><main id=\"main\">");
    for (place, outcome) in verdict.ranked().into_iter().enumerate().filter(|(_, outcome)| !outcome.is_quiet()) {
        target(&mut html, place, outcome);
    }
    rest(&mut html, verdict, context);
    put!(html, "</main>");
    super::close(&mut html);
    put!(html, "</body></html>\n");
    out.write_all(html.as_str().as_bytes())
}

fn class(state: State) -> &'static str {
    match state {
        State::Regressed => "error",
        State::Unmeasured | State::NotComparable => "warn",
        State::New => "info",
        State::Passed => "good",
    }
}

fn target(html: &mut Html, place: usize, outcome: &Outcome) {
    put!(html, "<section class=\"subject\" aria-labelledby=\"t" {place} "\"><h2 id=\"t" {place} "\">");
    put!(html, {words::state(outcome)} ": " {&outcome.target} "</h2>");
    if let Some(source) = words::place(&outcome.source) {
        put!(html, "<p class=\"measured\">" {source} "</p>");
    }
    if !outcome.decisions.is_empty() {
        put!(html, "<ol class=\"findings\">");
        for decision in &outcome.decisions {
            self::decision(html, decision);
        }
        put!(html, "</ol>");
    }
    reasons(html, outcome);
    if !outcome.source.text.is_empty() {
        put!(html, "<pre>");
        html.block(&outcome.source.text);
        put!(html, "</pre>");
    }
    plans(html, place, outcome);
    if let Some(command) = words::accept(outcome) {
        put!(html, "<p>To accept it:</p><pre>" {command} "</pre>");
    }
    put!(html, "</section>");
}

fn decision(html: &mut Html, decision: &Decision) {
    let level = match (decision.level, &decision.waived) {
        (Level::Fail, None) => "error",
        (Level::Warn, None) => "warn",
        _ => "info",
    };
    put!(html, "<li class=\"finding ");
    html.markup(level);
    put!(html, "\"><p class=\"tag\"><span class=\"severity\">");
    if decision.waived.is_some() {
        put!(html, "waived ");
    }
    put!(html, {decision.level.as_str()} "</span><span class=\"rule\">" {words::rule(decision)} "</span></p>");
    put!(html, "<h3>" {&decision.headline} "</h3>");
    if let Some(details) = words::details(decision) {
        put!(html, "<p class=\"place\">" {details} "</p>");
    }
    if let Some(waived) = &decision.waived {
        put!(html, "<p>" {words::waived(waived)} "</p>");
    }
    put!(html, "</li>");
}

/// What differs in what it was measured on, and what a reader should know.
fn reasons(html: &mut Html, outcome: &Outcome) {
    if outcome.causes.is_empty() && outcome.notes.is_empty() {
        return;
    }
    put!(html, "<ul class=\"became\">");
    for (place, cause) in outcome.causes.iter().enumerate() {
        put!(html, "<li><strong>" {if place == 0 { "cause" } else { "also" }} "</strong> " {&cause.text} "</li>");
    }
    let word = if outcome.state == State::Unmeasured { "why" } else { "note" };
    for note in &outcome.notes {
        put!(html, "<li><strong>" {word} "</strong> " {note} "</li>");
    }
    put!(html, "</ul>");
}

/// What changed step by step, and both plans as pictures.
fn plans(html: &mut Html, place: usize, outcome: &Outcome) {
    let Some(comparison) = outcome.comparison.as_deref().filter(|comparison| !comparison.differences.is_empty()) else {
        return;
    };
    let steps = words::steps(outcome);
    put!(html, "<h3>Plan: " {words::plan(outcome).unwrap_or_default()} "</h3>");
    if !steps.is_empty() {
        put!(html, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Steps of " {&outcome.target} "\"><table class=\"pairs\"><thead><tr>");
        put!(html, "<th scope=\"col\"><span class=\"unseen\">kind of change</span></th><th scope=\"col\">step</th>");
        put!(html, "<th scope=\"col\">what changed</th><th scope=\"col\" class=\"figure\">rows</th>");
        put!(html, "<th scope=\"col\" class=\"figure\">blocks</th></tr></thead><tbody>");
        for step in &steps {
            put!(html, "<tr><td class=\"sign\">" {step.mark} "</td><td class=\"step\">" {&step.name} "</td><td>" {&step.why});
            put!(html, "</td><td class=\"figure\">" {&step.rows} "</td><td class=\"figure\">" {&step.blocks} "</td></tr>");
        }
        put!(html, "</tbody></table></div>");
    }
    if let Some(difference) = comparison.differences.first() {
        flame::write_sides(html, comparison, difference, place);
    }
}

/// What passed, what is not about one target, and how to look again.
fn rest(html: &mut Html, verdict: &Verdict, context: &GateContext<'_>) {
    let quiet: Vec<&Outcome> = verdict.outcomes.iter().filter(|outcome| outcome.is_quiet()).collect();
    if !quiet.is_empty() {
        put!(html, "<section class=\"subject\"><h2>passed: " {crate::words::plural(quiet.len(), "target")} "</h2><ul>");
        for outcome in quiet {
            put!(html, "<li>" {&outcome.target} "</li>");
        }
        put!(html, "</ul></section>");
    }
    if !verdict.notes.is_empty() || !verdict.orphans.is_empty() {
        put!(html, "<section class=\"subject\"><h2>Notes</h2><ul>");
        for note in &verdict.notes {
            put!(html, "<li>" {note} "</li>");
        }
        for orphan in &verdict.orphans {
            put!(html, "<li>" {orphan} ": a baseline without a target; perf-look gate prune removes it</li>");
        }
        put!(html, "</ul></section>");
    }
    put!(html, "<section class=\"subject\"><h2>Measured with</h2><ul>");
    for (name, value) in context.environment {
        put!(html, "<li>" {name} ": " {value} "</li>");
    }
    put!(html, "<li>perf-look " {env!("CARGO_PKG_VERSION")} "</li></ul>");
    if !context.command.is_empty() {
        put!(html, "<p>To look again:</p><pre>" {context.command} "</pre>");
    }
    put!(html, "</section>");
}
