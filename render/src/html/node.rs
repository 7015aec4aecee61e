//! What is known of one node, as a list.

use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::postgres::counters::{Counter, Counters};
use perf_look_analyzers::postgres::plan::{Execution, Property, Value};
use perf_look_analyzers::quantity::{Interval, Ms, Quantity, grouped};

use super::writer::{Html, put};
use super::{Part, sql};

pub(super) fn write(html: &mut Html, part: &Part<'_>, clauses: Option<&Clauses>, node: &PlanNode) {
    put!(html, "<dl class=\"properties\">");
    names(html, node);
    times(html, part, node);
    rows(html, node);
    sql::place(html, part, clauses, node);
    counters(html, part, node);
    for worker in &node.workers {
        let Some(run) = worker.run else { continue };
        let rows = Quantity::Rows(run.rows.total(run.loops).mid());
        put!(html, "<div><dt>Worker " {worker.number} "</dt><dd>" {rows});
        if let Some(time) = run.time {
            put!(html, ", " {Ms(time.total * run.loops)});
        }
        put!(html, "</dd></div>");
    }
    properties(html, &node.properties);
    put!(html, "</dl>");
}

/// Properties as Postgres named them.
pub(super) fn properties(html: &mut Html, properties: &[Property]) {
    for property in properties {
        put!(html, "<div><dt>" {&property.name} "</dt><dd>" {value(property)} "</dd></div>");
    }
}

fn entry(html: &mut Html, name: &'static str, value: impl std::fmt::Display) {
    put!(html, "<div><dt>" {name} "</dt><dd>" {value} "</dd></div>");
}

fn names(html: &mut Html, node: &PlanNode) {
    let names = [
        ("Schema", &node.schema),
        ("Relation", &node.relation),
        ("Alias", &node.alias),
        ("Index", &node.index),
        ("Subplan", &node.subplan_name),
    ];
    for (name, value) in names {
        if let Some(value) = value {
            entry(html, name, value);
        }
    }
}

fn times(html: &mut Html, part: &Part<'_>, node: &PlanNode) {
    if let Some(time) = part.subject.attribution.time(node.id) {
        let share = Quantity::Share(part.share(node.id));
        let about = if time.approximate { ", averaged over processes" } else { "" };
        entry(html, "Time", format!("{} itself, {share} of the time; {} with all below{about}", time.own, time.total));
        entry(html, "First row after", time.startup);
    } else if part.subject.plan.is_analyzed() {
        entry(html, "Time", if node.execution == Execution::NeverRan { "never executed" } else { "not measured" });
    }
    if let Some(estimate) = node.estimate {
        let own = grouped(part.subject.attribution.node(node.id).own_cost);
        let (startup, total) = (grouped(estimate.startup_cost), grouped(estimate.total_cost));
        entry(html, "Cost", format!("{own} itself; {startup} until the first row, {total} in all"));
    }
}

fn rows(html: &mut Html, node: &PlanNode) {
    let loops = node.run().map(|run| run.loops);
    let expected = node.estimate.map(|estimate| estimate.rows);
    let expected_all = expected.map(|rows| Quantity::Rows(rows * loops.unwrap_or(1.0)).to_string());
    let actual = node.rows().map(|rows| format!("{}{}", Quantity::Rows(rows.mid()), rounding(rows)));
    let rows = match (expected_all, actual) {
        (Some(expected), Some(actual)) => format!("{expected} expected → {actual} came"),
        (Some(expected), None) => format!("{expected} expected"),
        (None, Some(actual)) => format!("{actual} came"),
        (None, None) => return,
    };
    match loops.filter(|loops| *loops > 1.0) {
        Some(loops) => entry(html, "Rows", format!("{rows}, in {} loops together", grouped(loops))),
        None => entry(html, "Rows", rows),
    }
    if let Some(estimate) = node.estimate {
        entry(html, "Width", Quantity::Bytes(estimate.width));
    }
}

/// What rounding has hidden, where that is more than a thousandth.
fn rounding(rows: Interval) -> String {
    let half = (rows.high - rows.low) / 2.0;
    if half > rows.mid() / 1000.0 { format!(" ±{}", grouped(half)) } else { String::new() }
}

/// What it used itself, and with all below where that is more.
fn counters(html: &mut Html, part: &Part<'_>, node: &PlanNode) {
    let Some(own) = part.subject.attribution.own_counters(node) else { return };
    let all = node.counters.as_deref().unwrap_or(&Counters::ZERO);
    for counter in Counter::all().filter(|counter| all[*counter] > 0.0 || own[*counter] > 0.0) {
        let quantity = |counters: &Counters| {
            let number = counters[counter];
            match counter.property() {
                name if name.ends_with("Blocks") => Quantity::Blocks(number),
                name if name.ends_with("Time") => Quantity::Time(Ms(number)),
                name if name.ends_with("Bytes") => Quantity::Bytes(number),
                _ => Quantity::Count(number),
            }
        };
        let (own, all) = (quantity(own), quantity(all));
        put!(html, "<div><dt>" {counter.property()} "</dt><dd>" {own});
        if own != all {
            put!(html, " itself; " {all} " with all below");
        }
        put!(html, "</dd></div>");
    }
}

fn value(property: &Property) -> String {
    match property.value {
        // An integer that counts nothing.
        Value::Integer(number) if property.name.ends_with("Identifier") => number.to_string(),
        _ => shown(&property.value),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Integer(number) => grouped(*number as f64),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Group(group) => {
            let pairs = group.iter().map(|property| format!("{}: {}", property.name, shown(&property.value)));
            pairs.collect::<Vec<_>>().join("; ")
        }
    }
}
