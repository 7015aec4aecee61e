//! Properties as Postgres prints them, and numbers with what rounding may have taken from them.

use std::borrow::Cow;

use crate::quantity::Interval;

/// A property that has no field of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// As Postgres named it in JSON: `Hash Cond`, `Rows Removed by Filter`.
    pub name: Cow<'static, str>,
    /// What it says.
    pub value: Value,
}

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// JSON's null.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number that was printed without a decimal point.
    Integer(i64),
    /// A number that was printed with one.
    Decimal(f64),
    /// Text: an expression, a name, a unit.
    Text(Box<str>),
    /// A list: `Output`, `Sort Key`.
    List(Vec<Value>),
    /// A group of properties: `Full-sort Groups`.
    Group(Vec<Property>),
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Decimal(n) => Some(*n),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number with how far rounding can have moved it.
    pub fn per_loop(&self) -> Option<PerLoop> {
        match self {
            Self::Integer(n) => Some(PerLoop { mean: *n as f64, half: 0.5 }),
            Self::Decimal(n) => Some(PerLoop { mean: *n, half: 0.005 }),
            _ => None,
        }
    }
}

/// The first property of that name.
pub fn find<'a>(properties: &'a [Property], name: &str) -> Option<&'a Value> {
    properties.iter().find(|property| property.name == name).map(|property| &property.value)
}

/// A count that Postgres divided by the loops and then rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerLoop {
    /// As printed.
    pub mean: f64,
    /// How far rounding can have moved it: 0.5 for whole numbers (before PostgreSQL 18), 0.005 with two decimals.
    pub half: f64,
}

impl PerLoop {
    /// All loops together: what it can have been before rounding.
    pub fn total(self, loops: f64) -> Interval {
        // A single loop is a count, not an average, so it is exact.
        if loops <= 1.0 {
            return Interval::around(self.mean * loops, 0.0);
        }
        Interval::around(self.mean * loops, self.half * loops)
    }
}
