//! What belongs together below a node though it stands on several lines: workers, targets, grouping sets, groups.

use std::collections::BTreeMap;

use super::Properties;
use super::headline::{self, Inputs};
use super::scan::{list, list_value, measure, number, pairs};
use crate::postgres::parse::builder::Builder;
use crate::postgres::parse::error::Refused;
use crate::postgres::parse::names::interned;
use crate::postgres::plan::{Property, Value};

/// What a line below the first node belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Node,
    Statement,
}

/// A line that says a name only (`Planning:`), or of a worker, and the lines that are indented below it.
pub(super) struct Group<'t> {
    pub(super) indent: usize,
    pub(super) owner: Owner,
    name: &'t str,
    worker: Option<u32>,
    properties: Vec<Property>,
    /// Lines that are no properties: advice is a list of words.
    lines: String,
}

impl<'t> Group<'t> {
    pub(super) fn named(indent: usize, owner: Owner, name: &'t str) -> Self {
        Self { indent, owner, name, worker: None, properties: Vec::new(), lines: String::new() }
    }

    /// `Worker 0` and, up to PostgreSQL 12, `JIT for worker 0`.
    pub(super) fn of_worker(indent: usize, owner: Owner, name: &'t str) -> Option<Self> {
        let number = name.strip_prefix("Worker ").or_else(|| name.strip_prefix("JIT for worker "))?;
        let worker = Some(number.parse().ok()?);
        Some(Self { worker, ..Self::named(indent, owner, name) })
    }

    pub(super) fn is_only_jit(&self) -> bool {
        self.name.starts_with("JIT for worker ")
    }

    pub(super) fn is_jit(&self) -> bool {
        self.name == "JIT"
    }

    pub(super) fn push(&mut self, name: &str, value: Value) {
        self.properties.push(property(name, value));
    }

    /// Takes a line that is no property; says whether the group can hold one.
    pub(super) fn push_line(&mut self, line: &str) -> bool {
        if !self.properties.is_empty() || self.worker.is_some() || self.is_jit() {
            return false;
        }
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.lines.push_str(line);
        true
    }

    /// The property that it is.
    pub(super) fn finish(mut self) -> (&'t str, Value) {
        if self.properties.is_empty() {
            return (self.name, Value::Text(self.lines.into()));
        }
        if !self.lines.is_empty() {
            self.properties.insert(0, property("Lines", Value::Text(self.lines.into())));
        }
        (self.name, Value::Group(self.properties))
    }
}

/// `time=0.1 ms  output=170kB  format=text`.
pub(super) fn serialization<'t>(value: &'t str, into: &mut Properties<'t>) {
    for (name, value) in pairs(value) {
        let name = match name {
            "time" => "Time",
            "output" => "Output Volume",
            "format" => "Format",
            name => name,
        };
        into.push((name, measure(value)));
    }
}

/// A line of the JIT block.
pub(super) fn jit<'t>(name: &'t str, value: &'t str, into: &mut Properties<'t>) {
    let value = match name {
        "Options" => Value::Group(list(value).filter_map(jit_option).collect()),
        "Timing" => Value::Group(list(value).filter_map(jit_timing).collect()),
        _ => measure(value),
    };
    into.push((name, value));
}

/// `Inlining false`.
fn jit_option(text: &str) -> Option<Property> {
    let (name, on) = text.rsplit_once(' ')?;
    Some(property(name, Value::Bool(on == "true")))
}

/// `Generation 0.492 ms (Deform 0.134 ms)`.
fn jit_timing(text: &str) -> Option<Property> {
    let (whole, part) = text.split_once(" (").unwrap_or((text, ""));
    let (name, time) = whole.split_once(' ')?;
    if part.is_empty() {
        return Some(property(name, measure(time)));
    }
    let part = jit_timing(part.trim_end_matches(')'))?;
    Some(property(name, Value::Group(vec![part, property("Total", measure(time))])))
}

fn property(name: &str, value: Value) -> Property {
    Property { name: interned(name), value }
}

/// What the lines of the open node said so far that is not yet whole.
pub(super) struct Body<'t> {
    inputs: Inputs,
    workers: BTreeMap<u32, Vec<Property>>,
    targets: Vec<Value>,
    /// The target that the next lines may tell more of, and its column.
    open_target: Option<(usize, Vec<Property>)>,
    sets: Vec<GroupingSet<'t>>,
}

/// Lines `Sort Key`, and `Group Key` or `Hash Key`: how rows are sorted again, and by what they are grouped then.
struct GroupingSet<'t> {
    sort_key: Option<&'t str>,
    hashed: bool,
    keys: Vec<&'t str>,
}

impl<'t> Body<'t> {
    pub(super) fn of(inputs: Inputs) -> Self {
        Self { inputs, workers: BTreeMap::new(), targets: Vec::new(), open_target: None, sets: Vec::new() }
    }

    /// A line that names one of several tables that are written: `Update on public.t_1 t`. It looks like a node
    /// without an arrow.
    pub(super) fn target(&self, line: &'t str) -> Option<Properties<'t>> {
        if self.inputs != Inputs::Written {
            return None;
        }
        let (operation, on) = line.split_once(" on ")?;
        let mut found = Vec::new();
        match operation {
            "Insert" | "Update" | "Delete" | "Merge" => {}
            "Foreign Insert" | "Foreign Update" | "Foreign Delete" => {
                found.push(("Operation", Value::Text(operation.into())));
            }
            _ => return None,
        }
        headline::target(Some(on), "Relation Name", &mut found)?;
        Some(found)
    }

    pub(super) fn open_target(&mut self, column: usize, found: Properties<'t>) {
        self.end_target(column);
        self.open_target = Some((column, found.into_iter().map(|(name, value)| property(name, value)).collect()));
    }

    pub(super) fn has_target(&self) -> bool {
        self.open_target.is_some()
    }

    /// Ends the target that a line at this column is not part of.
    pub(super) fn end_target(&mut self, column: usize) {
        if let Some((_, target)) = self.open_target.take_if(|(indent, _)| *indent >= column) {
            self.targets.push(Value::Group(target));
        }
    }

    /// Takes a property that is part of something larger; gives back one of the node itself.
    pub(super) fn take(&mut self, name: &'t str, value: Value) -> Option<Value> {
        match &mut self.open_target {
            Some((_, target)) => target.push(property(name, value)),
            None => return Some(value),
        }
        None
    }

    pub(super) fn add_worker(&mut self, group: Group<'t>) -> Option<Group<'t>> {
        let Some(worker) = group.worker else { return Some(group) };
        self.workers.entry(worker).or_default().extend(group.properties);
        None
    }

    /// Takes the keys of an aggregate; says whether it was one.
    pub(super) fn grouping(&mut self, name: &str, value: &'t str) -> bool {
        if self.inputs != Inputs::Aggregate {
            return false;
        }
        let hashed = match name {
            "Sort Key" => {
                self.sets.push(GroupingSet { sort_key: Some(value), hashed: false, keys: Vec::new() });
                return true;
            }
            "Group Key" => false,
            "Hash Key" => true,
            _ => return false,
        };
        match self.sets.last_mut() {
            // Each set that is hashed is hashed by itself.
            Some(set) if !hashed && !set.hashed => set.keys.push(value),
            _ => self.sets.push(GroupingSet { sort_key: None, hashed, keys: vec![value] }),
        }
        true
    }

    /// Hands over what the node's lines said together.
    pub(super) fn flush(&mut self, builder: &mut Builder) -> Result<(), Refused> {
        self.end_target(0);
        self.flush_lists(builder)?;
        if self.workers.is_empty() {
            return Ok(());
        }
        let workers = std::mem::take(&mut self.workers).into_iter().map(|(worker, mut properties)| {
            properties.insert(0, property("Worker Number", Value::Integer(worker.into())));
            Value::Group(properties)
        });
        builder.set("Workers", Value::List(workers.collect()))
    }

    /// Hands over lists that the next line does not go on with.
    pub(super) fn flush_lists(&mut self, builder: &mut Builder) -> Result<(), Refused> {
        if !self.targets.is_empty() {
            builder.set("Target Tables", Value::List(std::mem::take(&mut self.targets)))?;
        }
        self.flush_grouping(builder)
    }

    fn flush_grouping(&mut self, builder: &mut Builder) -> Result<(), Refused> {
        let sets = std::mem::take(&mut self.sets);
        match sets.as_slice() {
            [] => Ok(()),
            [GroupingSet { sort_key: None, hashed: false, keys }]
                if let [key] = keys[..]
                    && key != "()" =>
            {
                builder.set("Group Key", list_value(key))
            }
            sets => builder.set("Grouping Sets", Value::List(sets.iter().map(GroupingSet::value).collect())),
        }
    }
}

impl GroupingSet<'_> {
    fn value(&self) -> Value {
        let keys = self.keys.iter().map(|key| match *key {
            "()" => Value::List(Vec::new()),
            key => list_value(key),
        });
        let keys = property(if self.hashed { "Hash Keys" } else { "Group Keys" }, Value::List(keys.collect()));
        let sort_key = self.sort_key.map(|key| property("Sort Key", list_value(key)));
        Value::Group(sort_key.into_iter().chain([keys]).collect())
    }
}

/// A number of ms; none where Postgres' own tests mask it.
pub(super) fn milliseconds(value: &str) -> Option<Value> {
    number(value.strip_suffix("ms").unwrap_or(value).trim_end())
}
