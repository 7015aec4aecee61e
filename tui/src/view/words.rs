//! Words for numbers and values that several screens share.

use std::fmt::Write as _;

use perf_look_analyzers::finding::Severity;
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::plan::{Property, Value};
use perf_look_analyzers::quantity::grouped;

use crate::theme::Role;

/// A severity in the width of the widest, told apart without colour.
pub(crate) fn severity(severity: Severity) -> (Role, &'static str) {
    match severity {
        Severity::Error => (Role::Error, "ERROR"),
        Severity::Warn => (Role::Warn, "WARN "),
        Severity::Info => (Role::Info, "info "),
    }
}

/// The ink of a part of the whole.
pub(crate) fn heat(share: f64) -> Role {
    match share {
        share if share >= 0.5 => Role::Hot,
        share if share >= 0.1 => Role::Warm,
        _ => Role::Text,
    }
}

/// A value on one line.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Integer(number) => grouped(*number as f64),
        Value::Decimal(number) => format!("{number}"),
        Value::Text(text) => text.to_string(),
        Value::List(values) => values.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Group(properties) => {
            let each = |property: &Property| format!("{}: {}", property.name, self::value(&property.value));
            properties.iter().map(each).collect::<Vec<_>>().join("  ")
        }
    }
}

/// Blocks of 8 KiB as bytes: `44.6 MiB`.
pub(crate) fn blocks_as_bytes(blocks: f64) -> String {
    perf_look_analyzers::quantity::Quantity::Bytes(blocks * 8192.0).to_string()
}

/// A node as JSON, as the raw screen shows it.
pub(crate) fn json(node: &PlanNode) -> String {
    let mut text = format!("{{\"id\": {}, \"label\": {}", node.id.number(), quoted(&node.label()));
    for property in &node.properties {
        let _ = write!(text, ", {}: {}", quoted(&property.name), json_value(&property.value));
    }
    text.push('}');
    text
}

fn json_value(value: &Value) -> String {
    let joined = |values: Vec<String>, open: char, close: char| format!("{open}{}{close}", values.join(", "));
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => format!("{number}"),
        Value::Text(text) => quoted(text),
        Value::List(values) => joined(values.iter().map(json_value).collect(), '[', ']'),
        Value::Group(properties) => {
            let each = |property: &Property| format!("{}: {}", quoted(&property.name), json_value(&property.value));
            joined(properties.iter().map(each).collect(), '{', '}')
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
