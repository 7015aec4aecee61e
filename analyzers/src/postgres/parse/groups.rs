//! The groups that EXPLAIN prints beside a node's own properties: workers, triggers, JIT, serialization.

use super::builder::DraftRun;
use super::error::Refused;
use crate::postgres::counters::{Counter, Counters};
use crate::postgres::plan::{Execution, Jit, Property, Serialization, Trigger, Value, WorkerRun, find};

pub(super) fn workers(value: Value) -> Result<Vec<WorkerRun>, Refused> {
    let Value::List(list) = value else {
        return Err(Refused::new("a list as \"Workers\"", &shown(&value)));
    };
    list.into_iter().map(worker).collect()
}

pub(super) fn worker(value: Value) -> Result<WorkerRun, Refused> {
    let Value::Group(group) = value else {
        return Err(Refused::new("a group for each of the \"Workers\"", &shown(&value)));
    };
    let mut worker = WorkerRun { number: 0, run: None, counters: None, properties: Vec::new() };
    let mut run = DraftRun::default();
    for Property { name, value } in group {
        if name == "Worker Number" {
            let number = number(&name, &value)?;
            worker.number = format!("{number}").parse().unwrap_or(0);
        } else if !run.set(&name, &value)? && !set_counter(&mut worker.counters, &name, &value) {
            worker.properties.push(Property { name, value });
        }
    }
    if let Execution::Ran(run) = run.finish() {
        worker.run = Some(run);
    }
    Ok(worker)
}

pub(super) fn trigger(value: Value) -> Result<Trigger, Refused> {
    let Value::Group(group) = value else {
        return Err(Refused::new("a group for each of the \"Triggers\"", &shown(&value)));
    };
    let word = |name: &str| find(&group, name).and_then(Value::text).map(Box::from);
    Ok(Trigger {
        name: word("Trigger Name").unwrap_or_default(),
        constraint: word("Constraint Name"),
        relation: word("Relation"),
        time_ms: find(&group, "Time").and_then(Value::number),
        calls: find(&group, "Calls").and_then(Value::number).unwrap_or(0.0),
    })
}

pub(super) fn jit(group: Vec<Property>) -> Jit {
    let mut jit = Jit::default();
    for Property { name, value } in group {
        match (&*name, value) {
            ("Functions", value) if value.number().is_some() => jit.functions = value.number().unwrap_or(0.0),
            ("Timing", Value::Group(timing)) => {
                for part in timing {
                    match (&*part.name, &part.value) {
                        ("Total", value) => jit.total_ms = value.number(),
                        // PostgreSQL 17 nests the part that deforms tuples: {"Deform": 0.1, "Total": 0.5}.
                        (_, Value::Group(parts)) => {
                            if let Some(total) = find(parts, "Total").and_then(Value::number) {
                                jit.timing.push((part.name.clone().into(), total));
                            }
                            jit.properties.push(part);
                        }
                        (name, value) => {
                            if let Some(ms) = value.number() {
                                jit.timing.push((name.into(), ms));
                            }
                        }
                    }
                }
            }
            (_, value) => jit.properties.push(Property { name, value }),
        }
    }
    jit
}

pub(super) fn serialization(group: Vec<Property>) -> Serialization {
    let (counters, rest) = take_counters(group);
    Serialization {
        time_ms: find(&rest, "Time").and_then(Value::number),
        output_kb: find(&rest, "Output Volume").and_then(Value::number).unwrap_or(0.0),
        format: find(&rest, "Format").and_then(Value::text).unwrap_or_default().into(),
        counters,
    }
}

pub(super) fn number(name: &str, value: &Value) -> Result<f64, Refused> {
    value
        .number()
        .filter(|n| n.is_finite())
        .ok_or_else(|| Refused::new(format!("a number as \"{name}\""), &shown(value)))
}

pub(super) fn text(name: &str, value: Value) -> Result<Box<str>, Refused> {
    match value {
        Value::Text(text) => Ok(text),
        value => Err(Refused::new(format!("a text as \"{name}\""), &shown(&value))),
    }
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Decimal(n) => n.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(_) => "a list".to_owned(),
        Value::Group(_) => "a group".to_owned(),
    }
}

pub(super) fn as_text(value: Value) -> Box<str> {
    match value {
        Value::Text(text) => text,
        value => shown(&value).into(),
    }
}

/// Takes a property that is a counter; says whether it was one.
pub(super) fn set_counter(counters: &mut Option<Box<Counters>>, name: &str, value: &Value) -> bool {
    let (Some(counter), Some(number)) = (Counter::of_property(name), value.number()) else {
        return false;
    };
    counters.get_or_insert_default()[counter] = number;
    true
}

pub(super) fn take_counters(group: Vec<Property>) -> (Option<Box<Counters>>, Vec<Property>) {
    let mut counters = None;
    let rest =
        group.into_iter().filter(|property| !set_counter(&mut counters, &property.name, &property.value)).collect();
    (counters, rest)
}
