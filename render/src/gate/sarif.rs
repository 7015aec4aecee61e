//! SARIF 2.1.0, for tools that collect what other tools found.

use std::fmt::Write as _;
use std::io::{self, Write};

use perf_look_analyzers::gate::{Decision, Level, Outcome, State, Verdict, limits, timed};
use serde_json::{Value, json};

use super::remarks::spot;
use super::{GateContext, words};
use crate::sarif::{self, driver, physical, write_log};

pub(super) fn render(verdict: &Verdict, context: &GateContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_log(&run(verdict, context), out)
}

fn run(verdict: &Verdict, context: &GateContext<'_>) -> Value {
    let rules = rules(verdict);
    let results: Vec<Value> = verdict
        .outcomes
        .iter()
        .flat_map(|outcome| outcome.decisions.iter().map(move |decision| (outcome, decision)))
        .map(|(outcome, decision)| result(outcome, decision, &rules))
        .collect();
    let mut invocation = json!({
        "executionSuccessful": verdict.count(State::Unmeasured) == 0,
        "toolExecutionNotifications": verdict.outcomes.iter().filter_map(notification).collect::<Vec<_>>(),
    });
    if !context.command.is_empty() {
        invocation["commandLine"] = context.command.into();
    }
    json!({
        "tool": driver(&rules.iter().map(|id| describe(id)).collect::<Vec<_>>()),
        "columnKind": "utf16CodeUnits",
        "invocations": [invocation],
        "results": results,
    })
}

/// The rules that decided something, in the order in which they first did.
fn rules(verdict: &Verdict) -> Vec<&str> {
    let mut rules = Vec::new();
    for decision in verdict.outcomes.iter().flat_map(|outcome| &outcome.decisions) {
        let id = rule_of(decision);
        if !rules.contains(&id) {
            rules.push(id);
        }
    }
    rules
}

/// A finding is of the rule that found it, whose page a reader can look up.
fn rule_of(decision: &Decision) -> &str {
    if decision.id == limits::FINDING { &decision.counter } else { decision.id }
}

fn describe(id: &str) -> Value {
    let mut description = sarif::describe(id);
    if let Some(summary) = summary(id) {
        description["shortDescription"] = json!({ "text": summary });
    }
    description
}

/// What a limit is about.
fn summary(id: &str) -> Option<&'static str> {
    let of_pages = [limits::PAGE, limits::PAGE_LAYOUTS];
    let limit = limits::STATEMENT.iter().chain(&of_pages).find(|limit| limit.id == id);
    limit.map(|limit| limit.summary).or(match id {
        limits::OTHER_PLAN => Some("another plan, which is not worse"),
        limits::ESTIMATE => Some("an estimate that became wrong"),
        timed::CPU => Some("the statement takes more of the processor's time than at the base"),
        timed::WALL => Some("the statement takes longer than at the base"),
        _ => None,
    })
}

fn result(outcome: &Outcome, decision: &Decision, rules: &[&str]) -> Value {
    let id = rule_of(decision);
    // What cannot be judged is open, and what is not worse is no failure: SARIF knows no level of these.
    let (kind, level) = match (outcome.state, decision.level) {
        (State::NotComparable | State::Unmeasured, _) => ("open", "none"),
        (_, Level::Fail) => ("fail", "error"),
        (_, Level::Warn) => ("fail", "warning"),
        (_, Level::Note) => ("fail", "note"),
        (_, Level::Better) => ("informational", "none"),
    };
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": rules.iter().position(|known| *known == id),
        "kind": kind,
        "level": level,
        "message": { "text": message(outcome, decision) },
        "locations": [location(outcome, decision)],
        "partialFingerprints": { "perfLook/v1": decision.fingerprint },
        "suppressions": decision.waived.iter().map(|waived| json!({
            "kind": "external",
            "status": "accepted",
            "justification": words::waived(waived),
        })).collect::<Vec<_>>(),
    });
    if decision.level >= Level::Warn {
        result["baselineState"] = if decision.reference.is_some() { "updated" } else { "new" }.into();
    }
    result
}

fn message(outcome: &Outcome, decision: &Decision) -> String {
    let mut text = format!("{}: {}", outcome.target, decision.headline);
    for more in
        words::details(decision).into_iter().chain(outcome.causes.first().map(|cause| format!("cause: {}", cause.text)))
    {
        // Writing to a string cannot fail.
        let _ = write!(text, "; {more}");
    }
    text
}

fn location(outcome: &Outcome, decision: &Decision) -> Value {
    let place = decision.place.as_deref();
    let name = place.map_or_else(|| outcome.target.clone(), |place| format!("{}: {place}", outcome.target));
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": name }] });
    if let Some(spot) = spot(outcome, Some(decision)) {
        location["physicalLocation"] = physical(spot);
    }
    location
}

/// A target that nothing could be decided of.
fn notification(outcome: &Outcome) -> Option<Value> {
    let level = match outcome.state {
        State::Unmeasured => "error",
        State::NotComparable => "warning",
        State::New => "note",
        State::Passed | State::Regressed => return None,
    };
    let causes = outcome.causes.iter().map(|cause| cause.text.as_str());
    let why: Vec<&str> = causes.chain(outcome.notes.iter().map(String::as_str)).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    let mut notification = json!({
        "level": level,
        "message": { "text": format!("{}: {}{why}", outcome.target, words::state(outcome)) },
    });
    if let Some(spot) = spot(outcome, None) {
        notification["locations"] = json!([{ "physicalLocation": physical(spot) }]);
    }
    Some(notification)
}
