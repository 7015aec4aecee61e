//! EXPLAIN (FORMAT JSON): visited by hand, since a plan of a hundred megabytes should not be a tree of values first.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::de::Read;

use super::builder::{Builder, MAX_DEPTH};
use super::error::{ParsePlanError, Refused};
use super::names::interned;
use crate::postgres::plan::{Plan, Property, Value};
use crate::safe;

/// No property of Postgres nests deeper than four levels.
const MAX_VALUE_DEPTH: u32 = 64;

/// A list of statements around a list of statements: database clients add one or two.
const MAX_STATEMENT_DEPTH: u32 = 8;

/// Plans of people's statements are less deep.
///
/// After an error serde_json looks for its line at each level that it leaves, in all of a text in memory. In a text
/// that it reads as a stream it knows the line, but copies each word. So only deeper plans are read as streams.
const DEEP: u32 = 256;

/// What a plan deeper than that is refused with, to be read as a stream.
const DEEPER: &str = "at most 256 levels of nodes in memory";

/// The plans of a JSON text: an array of statements (a rule can make several of one), or a bare object; or several of these.
pub(super) fn parse(text: &str) -> Result<Vec<Plan>, ParsePlanError> {
    match documents::<_, DEEP>(serde_json::Deserializer::from_str(text)) {
        Err(error) if error.to_string().contains(DEEPER) => {
            documents::<_, MAX_DEPTH>(serde_json::Deserializer::from_reader(text.as_bytes()))
        }
        read => read,
    }
    .map_err(|error| at(text, &error))
}

fn documents<'de, R: Read<'de>, const LEVELS: u32>(
    mut json: serde_json::Deserializer<R>,
) -> Result<Vec<Plan>, serde_json::Error> {
    json.disable_recursion_limit();
    let mut plans = Vec::new();
    for document in json.into_iter::<Document<LEVELS>>() {
        let document = document?;
        plans.extend(document.plans);
        plans.extend(super::in_rows(&document.rows).map_err(|refused| refused_at_end(&refused))?);
    }
    Ok(plans)
}

/// Of a plan in rows the place in the JSON around it is not known.
fn refused_at_end(error: &ParsePlanError) -> serde_json::Error {
    let ParsePlanError { expected, found, .. } = error;
    de::Error::custom(format!("expected {expected}, found {found}"))
}

/// The plans of one JSON value, of at most so many levels of nodes.
#[derive(Default)]
struct Document<const LEVELS: u32> {
    plans: Vec<Plan>,
    /// Lines of EXPLAIN's output, where a client gave each row an object: {"QUERY PLAN": "Sort  (cost=…)"}.
    rows: String,
}

impl<'de, const LEVELS: u32> Deserialize<'de> for Document<LEVELS> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let mut document = Self::default();
        let stacker = serde_stacker::Deserializer::new(json);
        Statements { document: &mut document, depth: 0 }.deserialize(stacker)?;
        Ok(document)
    }
}

fn at(text: &str, error: &serde_json::Error) -> ParsePlanError {
    let message = error.to_string();
    // serde_json adds the place to the message, which we hold as numbers, and counts bytes.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let line = error.line().max(1);
    let whole = text.lines().nth(line - 1).unwrap_or_default();
    let start = whole.floor_char_boundary(error.column().max(1) - 1);
    let column = whole[..start].chars().count() + 1;
    let here = |expected: String| ParsePlanError::at(line, column, expected, &whole[start..]);
    let said = |expected: &str, found: &str| ParsePlanError {
        line,
        column,
        expected: expected.to_owned(),
        found: in_words(found),
    };
    if error.is_eof() {
        // The last character is not what is wrong.
        return ParsePlanError { column: column + 1, ..ParsePlanError::at(line, column, "the rest of the plan", "") };
    }
    // Our own, and serde's of a wrong type.
    if let Some((expected, found)) = message.strip_prefix("expected ").and_then(|rest| rest.split_once(", found ")) {
        return said(expected, found);
    }
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        return said(expected, found);
    }
    match message {
        "trailing characters" => here("the end of the plan, or another one".to_owned()),
        _ => here(format!("JSON ({message})")),
    }
}

/// What serde found, in the words of the other formats and no longer than theirs.
fn in_words(found: &str) -> String {
    const LONGEST: usize = 70;
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        _ if found.chars().nth(LONGEST).is_none() => safe::line(found).into_owned(),
        _ => format!("{}…", safe::line(&found.chars().take(LONGEST).collect::<String>())),
    }
}

fn refused<E: de::Error>(refused: Refused) -> E {
    E::custom(refused)
}

/// One statement, or a list of them.
struct Statements<'p, const LEVELS: u32> {
    document: &'p mut Document<LEVELS>,
    depth: u32,
}

impl<const LEVELS: u32> Statements<'_, LEVELS> {
    fn deeper<E: de::Error>(&mut self) -> Result<Statements<'_, LEVELS>, E> {
        if self.depth >= MAX_STATEMENT_DEPTH {
            return Err(refused(Refused::new("a statement's object", "a list in lists")));
        }
        Ok(Statements { document: self.document, depth: self.depth + 1 })
    }
}

impl<'de, const LEVELS: u32> DeserializeSeed<'de> for Statements<'_, LEVELS> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, const LEVELS: u32> Visitor<'de> for Statements<'_, LEVELS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object of EXPLAIN (FORMAT JSON)")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.deeper()?)?.is_some() {}
        Ok(())
    }

    /// A row; or "Utility Statement", which in a list says that there is nothing to plan.
    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        if self.depth == 0 {
            return Err(E::invalid_type(de::Unexpected::Str(text), &self));
        }
        self.document.rows.push_str(text);
        self.document.rows.push('\n');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut builder = Builder::default();
        let mut bare = false;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "Plan" => map.next_value_seed(Node::<LEVELS> { builder: &mut builder })?,
                // The shape that database clients give a result set: {"QUERY PLAN": [...]}.
                "QUERY PLAN" => map.next_value_seed(self.deeper()?)?,
                // A node without its frame, as cut out of a plan by hand.
                "Node Type" if !builder.has_nodes() => {
                    bare = true;
                    builder.open().map_err(refused)?;
                    builder.set(&key, map.next_value_seed(AnyValue(0))?).map_err(refused)?;
                }
                "Plans" if bare => map.next_value_seed(Nodes::<LEVELS> { builder: &mut builder })?,
                _ if bare => builder.set(&key, map.next_value_seed(AnyValue(0))?).map_err(refused)?,
                _ => builder.set_statement(&key, map.next_value_seed(AnyValue(0))?).map_err(refused)?,
            }
        }
        if bare {
            builder.close().map_err(refused)?;
        }
        if builder.has_nodes() {
            self.document.plans.push(builder.finish().map_err(refused)?);
        }
        Ok(())
    }
}

struct Node<'b, const LEVELS: u32> {
    builder: &'b mut Builder,
}

impl<const LEVELS: u32> Node<'_, LEVELS> {
    fn open(&mut self) -> Result<(), Refused> {
        if LEVELS < MAX_DEPTH && self.builder.depth() >= LEVELS as usize {
            return Err(Refused::new(DEEPER, "one level more"));
        }
        self.builder.open()
    }
}

impl<'de, const LEVELS: u32> DeserializeSeed<'de> for Node<'_, LEVELS> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, const LEVELS: u32> Visitor<'de> for Node<'_, LEVELS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plan node")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if let Err(too_many) = self.open() {
            // What is left out is not deep for serde_json.
            self.builder.refuse(too_many);
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(Key(key)) = map.next_key()? {
            if key == "Plans" {
                map.next_value_seed(Nodes::<LEVELS> { builder: self.builder })?;
            } else {
                self.builder.set(&key, map.next_value_seed(AnyValue(0))?).map_err(refused)?;
            }
        }
        self.builder.close().map_err(refused)
    }
}

struct Nodes<'b, const LEVELS: u32> {
    builder: &'b mut Builder,
}

impl<'de, const LEVELS: u32> DeserializeSeed<'de> for Nodes<'_, LEVELS> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, const LEVELS: u32> Visitor<'de> for Nodes<'_, LEVELS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of plan nodes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Node::<LEVELS> { builder: self.builder })?.is_some() {}
        Ok(())
    }
}

/// A key, borrowed from the text where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        json.deserialize_str(KeyVisitor)
    }
}

/// Any value, at that depth.
struct AnyValue(u32);

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl AnyValue {
    fn deeper<E: de::Error>(&self) -> Result<Self, E> {
        if self.0 >= MAX_VALUE_DEPTH {
            return Err(refused(Refused::new(
                format!("at most {MAX_VALUE_DEPTH} levels in a property"),
                "one level more",
            )));
        }
        Ok(Self(self.0 + 1))
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Decimal(number as f64), Value::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Decimal(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self.deeper()?)? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut group = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            group.push(Property { name: interned(&key), value: map.next_value_seed(self.deeper()?)? });
        }
        Ok(Value::Group(group))
    }
}
