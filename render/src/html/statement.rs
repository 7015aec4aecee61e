//! Where and how a statement ran.

use std::collections::BTreeMap;

use perf_look_analyzers::postgres::counters::Counter;
use perf_look_analyzers::quantity::{Ms, Quantity, grouped};

use super::Part;
use super::node::properties;
use super::writer::{Html, put};
use crate::words;

pub(super) fn environment(html: &mut Html, part: &Part<'_>) {
    let statement = &part.subject.plan.statement;
    put!(html, "<details class=\"fold-out\" id=\"" {part.section("environment")} "\"><summary><h3>Environment</h3></summary><dl class=\"properties\">");
    let version = part.subject.server_version.as_deref().unwrap_or("not known: the plan does not say it");
    put!(html, "<div><dt>PostgreSQL</dt><dd>" {version} "</dd></div>");
    settings(html, part);
    runs(html, part);
    if let Some(counters) = &statement.planning_counters {
        let blocks = Quantity::Blocks(counters[Counter::SharedHit] + counters[Counter::SharedRead]);
        put!(html, "<div><dt>Planning used</dt><dd>" {blocks} "</dd></div>");
    }
    for trigger in &statement.triggers {
        let name =
            if trigger.name.is_empty() { trigger.constraint.as_deref().unwrap_or_default() } else { &trigger.name };
        put!(html, "<div><dt>Trigger " {name} "</dt><dd>" {words::plural(calls(trigger.calls), "call")});
        if let Some(ms) = trigger.time_ms {
            put!(html, ", " {Ms(ms)});
        }
        put!(html, "</dd></div>");
    }
    if let Some(jit) = &statement.jit {
        put!(html, "<div><dt>JIT</dt><dd>" {grouped(jit.functions)} " functions");
        for (name, ms) in &jit.timing {
            put!(html, ", " {name} " " {Ms(*ms)});
        }
        put!(html, "</dd></div>");
        properties(html, &jit.properties);
    }
    properties(html, &statement.properties);
    put!(html, "</dl></details>");
}

/// What EXPLAIN printed of them, and what the server was asked for.
fn settings(html: &mut Html, part: &Part<'_>) {
    let printed = part.subject.plan.statement.settings.iter().map(|(name, value)| (&**name, &**value));
    let asked = part.subject.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all: BTreeMap<&str, &str> = asked.chain(printed).collect();
    if all.is_empty() {
        put!(html, "<div><dt>Settings</dt><dd>none that differ from their defaults are known</dd></div>");
    }
    for (name, value) in all {
        put!(html, "<div><dt>" {name} "</dt><dd>" {value} "</dd></div>");
    }
}

fn runs(html: &mut Html, part: &Part<'_>) {
    put!(html, "<div><dt>Runs</dt><dd>");
    if part.subject.runs_ms.is_empty() {
        put!(html, "one: how much the times vary is not known</dd></div>");
        return;
    }
    for (place, ms) in part.subject.runs_ms.iter().enumerate() {
        html.markup(if place > 0 { ", " } else { "" });
        put!(html, { Ms(*ms) });
    }
    put!(html, "; shown is the one in the middle</dd></div>");
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, and only its plural matters")]
fn calls(calls: f64) -> usize {
    calls.max(0.0) as usize
}
