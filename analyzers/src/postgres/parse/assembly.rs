//! Plans out of nested groups and lists, as YAML and XML say them: what a group means depends on where it stands.

use super::builder::Builder;
use super::error::Refused;
use super::names::interned;
use crate::postgres::plan::{Plan, Property, Value};

/// No property of Postgres nests deeper than four levels.
pub(super) const MAX_VALUE_DEPTH: usize = 64;

/// A list of statements around a list of statements: database clients add one or two.
const MAX_STATEMENT_DEPTH: usize = 8;

/// What begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Named values.
    Group,
    /// Values without names.
    List,
}

/// Plans in the making. Keeps its own stack, so that a deep plan costs memory and not the program's stack.
#[derive(Default)]
pub(super) struct Assembly {
    plans: Vec<Plan>,
    builder: Builder,
    places: Vec<Place>,
    value_depth: usize,
}

/// Where the reader stands.
enum Place {
    /// A list of statements.
    Statements,
    /// What EXPLAIN says of one statement.
    Statement,
    /// A node of the plan.
    Node,
    /// The nodes below a node.
    Nodes,
    /// A property that holds others, in the making.
    Value { name: Box<str>, shape: Shape, parts: Vec<Property> },
}

impl Assembly {
    /// A group or a list begins; its name is empty in a list.
    pub(super) fn begin(&mut self, name: &str, shape: Shape) -> Result<(), Refused> {
        let place = match (self.places.last(), name, shape) {
            (None | Some(Place::Statements), _, Shape::List) if self.places.len() < MAX_STATEMENT_DEPTH => {
                Place::Statements
            }
            (None | Some(Place::Statements), _, Shape::List) => {
                return Err(Refused::new("a statement's group", "a list in lists"));
            }
            (None | Some(Place::Statements), ..) | (Some(Place::Statement), "Query", _) => Place::Statement,
            (Some(Place::Statement), "Plan", Shape::Group) | (Some(Place::Nodes), _, Shape::Group) => {
                self.builder.open()?;
                Place::Node
            }
            (Some(Place::Node), "Plans", _) => Place::Nodes,
            (Some(Place::Nodes), ..) => return Err(Refused::new("a group for each plan node", "a list")),
            (Some(Place::Statement | Place::Node | Place::Value { .. }), ..) => self.value(name, shape)?,
        };
        self.places.push(place);
        Ok(())
    }

    fn value(&mut self, name: &str, shape: Shape) -> Result<Place, Refused> {
        if self.value_depth >= MAX_VALUE_DEPTH {
            return Err(Refused::new(format!("at most {MAX_VALUE_DEPTH} levels in a property"), "one level more"));
        }
        self.value_depth += 1;
        Ok(Place::Value { name: name.into(), shape, parts: Vec::new() })
    }

    /// A property that holds no others.
    pub(super) fn scalar(&mut self, name: &str, value: Value) -> Result<(), Refused> {
        match self.places.last_mut() {
            None => Err(Refused::new("a list or a group", said(&value))),
            // A list of statements may hold a remark in place of one: "Utility Statement".
            Some(Place::Statements) => Ok(()),
            Some(Place::Statement) if name == "Plan" => Err(Refused::new("a group as \"Plan\"", said(&value))),
            Some(Place::Statement) => self.builder.set_statement(name, value),
            Some(Place::Node) if name == "Plans" => Err(Refused::new("a list as \"Plans\"", said(&value))),
            Some(Place::Node) => self.builder.set(name, value),
            Some(Place::Nodes) => Err(Refused::new("a group for each plan node", said(&value))),
            Some(Place::Value { parts, .. }) => {
                parts.push(Property { name: interned(name), value });
                Ok(())
            }
        }
    }

    /// The innermost group or list ends.
    pub(super) fn end(&mut self) -> Result<(), Refused> {
        match self.places.pop() {
            None => Err(Refused::new("no more ends than beginnings", "one end more")),
            Some(Place::Statements | Place::Nodes) => Ok(()),
            Some(Place::Node) => self.builder.close(),
            Some(Place::Statement) => {
                let builder = std::mem::take(&mut self.builder);
                if builder.has_nodes() {
                    self.plans.push(builder.finish()?);
                }
                Ok(())
            }
            Some(Place::Value { name, shape, parts }) => {
                self.value_depth -= 1;
                self.scalar(&name, put_together(shape, parts))
            }
        }
    }

    /// The plans, when everything has ended.
    pub(super) fn finish(self) -> Result<Vec<Plan>, Refused> {
        if self.places.is_empty() { Ok(self.plans) } else { Err(Refused::new("the end of the plan", "")) }
    }
}

fn said(value: &Value) -> &str {
    value.text().unwrap_or("a value")
}

fn put_together(shape: Shape, parts: Vec<Property>) -> Value {
    match shape {
        Shape::Group => Value::Group(parts),
        Shape::List => Value::List(parts.into_iter().map(|part| part.value).collect()),
    }
}

/// What a name without a value stands for: no triggers are an empty list.
pub(super) fn nothing(name: &str) -> Option<Value> {
    let is_list = matches!(name, "Grouping Sets" | "Group Key" | "Hash Key" | "Target Tables" | "Triggers" | "Workers");
    is_list.then(|| Value::List(Vec::new()))
}

/// What a plain word of YAML or XML is: a number, a truth, or text.
///
/// Neither format says which; but Postgres prints a text where it prints a name or an expression, whatever it looks like.
pub(super) fn typed(name: &str, word: &str) -> Value {
    if is_text(name) {
        return Value::Text(word.into());
    }
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if !looks_like_a_number(word) => Value::Text(word.into()),
        _ => match (word.parse::<i64>(), word.parse::<f64>()) {
            (Ok(number), _) => Value::Integer(number),
            (_, Ok(number)) if number.is_finite() => Value::Decimal(number),
            _ => Value::Text(word.into()),
        },
    }
}

/// Rust also reads "inf", "nan" and "+1", which Postgres never prints for a number.
fn looks_like_a_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

fn is_text(name: &str) -> bool {
    const WHOLE: [&str; 13] = [
        "Alias",
        "Call",
        "Command",
        "Filter",
        "Format",
        "Operation",
        "Order By",
        "Query Text",
        "Relation",
        "Repeatable Seed",
        "Schema",
        "Storage",
        "Window",
    ];
    const LAST: [&str; 10] = ["Call", "Cond", "Condition", "Filter", "Key", "Mode", "Name", "Provider", "SQL", "Type"];
    if name.starts_with("Rows Removed ") {
        return false;
    }
    let last = name.rsplit_once(' ').map_or(name, |(_, last)| last);
    WHOLE.binary_search(&name).is_ok() || LAST.binary_search(&last).is_ok()
}
