//! What TEXT says of a statement beside its tree: the query above it, times, settings and triggers below it.

use super::body::milliseconds;
use super::scan::measure;
use super::{Properties, headline, properties};
use crate::postgres::plan::{Property, Value};

/// What stands above the first node.
#[derive(Default)]
pub(super) struct Preamble<'t> {
    pub(super) properties: Vec<(&'static str, &'t str)>,
    /// Where the first node's line begins in the text.
    pub(super) end: usize,
}

/// `auto_explain` prints the query first, as it was sent: it ends where the plan begins.
pub(super) fn preamble(text: &str) -> Preamble<'_> {
    let Some(query) = text.trim_start().strip_prefix("Query Text:") else { return Preamble::default() };
    let start = text.len() - query.len();
    let Some(end) = plan_begins(text, start) else { return Preamble::default() };
    let query = &text[start..end];
    let mut properties = Vec::new();
    let (query, parameters) = match query.rfind("\nQuery Parameters:") {
        Some(place) => (&query[..place], Some(&query[place + "\nQuery Parameters:".len()..])),
        None => (query, None),
    };
    properties.push(("Query Text", query.trim()));
    properties.extend(parameters.map(|parameters| ("Query Parameters", parameters.trim())));
    Preamble { properties, end }
}

/// The first line with a node's numbers, or else the first one with a node's name.
fn plan_begins(text: &str, start: usize) -> Option<usize> {
    let lines = || {
        let mut next = start;
        text[start..].split_inclusive('\n').map(move |line| {
            let place = next;
            next += line.len();
            (place, line.trim())
        })
    };
    let begins = |is_node: fn(&str) -> bool| {
        let node = |line: &str| is_node(line.strip_prefix("->").map_or(line, str::trim_start));
        lines().skip(1).find(|(_, line)| node(line)).map(|(place, _)| place)
    };
    begins(headline::has_numbers).or_else(|| begins(headline::is_one))
}

/// Properties that only a statement has.
pub(super) fn is_known(name: &str) -> bool {
    // pg_overexplain's range table and pg_plan_advice come with PostgreSQL 18 and 19.
    let is_of_module = name.starts_with("RTI ") || name.ends_with(" RTIs") || name.ends_with(" Plan Advice");
    is_of_module
        || name.starts_with("Trigger ")
        || matches!(
            name,
            "Execution Time"
                | "Execution time"
                | "JIT"
                | "PlannedStmt"
                | "Planning"
                | "Planning Time"
                | "Planning time"
                | "Query Identifier"
                | "Serialization"
                | "Settings"
                | "Total runtime"
        )
}

/// The properties that a line says of the statement.
pub(super) fn read<'t>(name: &'t str, value: &'t str, into: &mut Properties<'t>) {
    match name {
        "Planning Time" | "Planning time" => into.extend(milliseconds(value).map(|ms| ("Planning Time", ms))),
        "Execution Time" | "Execution time" => into.extend(milliseconds(value).map(|ms| ("Execution Time", ms))),
        // Up to PostgreSQL 9.3.
        "Total runtime" => into.extend(milliseconds(value).map(|ms| ("Total Runtime", ms))),
        "Settings" => into.push(("Settings", settings(value))),
        _ => match name.strip_prefix("Trigger ") {
            Some(trigger) => into.push(("Triggers", Value::List(vec![self::trigger(trigger, value)]))),
            None => properties::read(name, value, into),
        },
    }
}

/// `work_mem = '64kB', search_path = '"$user", public'`: a value ends where the next name begins.
fn settings(text: &str) -> Value {
    let mut settings = Vec::new();
    let mut rest = text;
    while let Some((name, value)) = rest.split_once(" = ") {
        let end = value.match_indices(", ").map(|(place, _)| place).find(|place| is_setting(&value[place + 2..]));
        let value_end = end.unwrap_or(value.len());
        let setting = &value[..value_end];
        let setting = setting.strip_prefix('\'').and_then(|open| open.strip_suffix('\'')).unwrap_or(setting);
        settings.push(Property { name: name.to_owned().into(), value: Value::Text(setting.into()) });
        rest = end.map_or("", |end| &value[end + 2..]);
    }
    Value::Group(settings)
}

fn is_setting(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let end = text.bytes().position(|byte| !word(byte)).unwrap_or(text.len());
    end > 0 && (text[end..].starts_with(" = '") || text[end..].starts_with(" = NULL"))
}

/// `NAME for constraint C on R`; without VERBOSE a constraint's trigger has no name: `for constraint C`.
fn trigger(text: &str, calls: &str) -> Value {
    let mut group = Vec::new();
    let mut push = |name: &'static str, value| group.push(Property { name: name.into(), value });
    let (name, constraint) = match text.strip_prefix("for constraint ") {
        Some(constraint) => ("", Some(constraint)),
        None => text.split_once(" for constraint ").map_or((text, None), |(name, constraint)| (name, Some(constraint))),
    };
    let (last, relation) = constraint
        .unwrap_or(name)
        .rsplit_once(" on ")
        .map_or((constraint.unwrap_or(name), None), |(last, relation)| (last, Some(relation)));
    let name = if constraint.is_some() { name } else { last };
    if !name.is_empty() {
        push("Trigger Name", Value::Text(name.into()));
    }
    if constraint.is_some() {
        push("Constraint Name", Value::Text(last.into()));
    }
    if let Some(relation) = relation {
        push("Relation", Value::Text(relation.into()));
    }
    for (name, value) in super::scan::pairs(calls) {
        let name = if name == "time" { "Time" } else { "Calls" };
        push(name, measure(value));
    }
    Value::Group(group)
}
