//! Events as Chromium writes them: the few fields that are read, each of which may be missing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::web::place::{Position, Site};

/// Whose event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Thread {
    pub(super) process: i64,
    pub(super) thread: i64,
}

/// What all events have, and what is this one's own.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "A: Deserialize<'de> + Default"))]
pub(super) struct Event<'a, A> {
    #[serde(borrow, default)]
    pub(super) ph: Cow<'a, str>,
    #[serde(default)]
    ts: Number,
    #[serde(default)]
    dur: Number,
    #[serde(default)]
    pid: i64,
    #[serde(default)]
    tid: i64,
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    id2: Option<Id2<'a>>,
    #[serde(default)]
    pub(super) args: A,
}

impl<A> Event<'_, A> {
    pub(super) fn thread(&self) -> Thread {
        Thread { process: self.pid, thread: self.tid }
    }

    /// When it began, on the clock of the trace.
    pub(super) fn start_us(&self) -> u64 {
        self.ts.whole()
    }

    pub(super) fn duration_us(&self) -> u64 {
        self.dur.whole()
    }

    /// What joins it with others of its name; unique in its process at most.
    pub(super) fn id(&self) -> String {
        let id = self.id.as_ref().or(self.id2.as_ref().and_then(|id| id.local.as_ref().or(id.global.as_ref())));
        match id {
            Some(Id::Text(text)) => text.clone().into_owned(),
            Some(Id::Number(number)) => number.to_string(),
            None => String::new(),
        }
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum Id<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Number(u64),
}

#[derive(Debug, serde::Deserialize)]
struct Id2<'a> {
    #[serde(borrow)]
    local: Option<Id<'a>>,
    #[serde(borrow)]
    global: Option<Id<'a>>,
}

/// Arguments that are in `data`.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct InData<D> {
    #[serde(default = "Option::default")]
    pub(super) data: Option<D>,
    #[serde(default)]
    pub(super) frame: Option<String>,
}

/// No arguments that matter.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Nothing {}

/// A number that Chromium writes whole or with a fraction, by version.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Number(f64);

impl Number {
    /// Rounded; negative ones and what is no number become 0. Times since boot are far below 2^53.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
    pub(super) fn whole(self) -> u64 {
        self.0.round() as u64
    }

    pub(super) fn value(self) -> f64 {
        self.0
    }

    /// Of milliseconds, microseconds.
    pub(super) fn ms_as_us(self) -> u64 {
        Self(self.0 * 1_000.0).whole()
    }

    /// Of seconds, microseconds.
    pub(super) fn seconds_as_us(self) -> u64 {
        Self(self.0 * 1_000_000.0).whole()
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }
}

/// A frame of `stackTrace`, counted from 1.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct StackFrame {
    function_name: String,
    url: String,
    line_number: Number,
    column_number: Number,
}

impl StackFrame {
    pub(super) fn site(self) -> Site {
        let count = |number: Number| u32::try_from(number.whole()).unwrap_or(u32::MAX).max(1);
        Site {
            url: self.url,
            at: Position { line: count(self.line_number), column: count(self.column_number) },
            function: Some(self.function_name).filter(|name| !name.is_empty()),
            original: None,
        }
    }
}

/// The sites of a stack, innermost first.
pub(super) fn sites(stack: Vec<StackFrame>) -> Vec<Site> {
    stack.into_iter().map(StackFrame::site).collect()
}
