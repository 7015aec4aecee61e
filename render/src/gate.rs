//! What the gate says of all targets: one file a format.

mod json;
mod text;
mod words;

use std::io::{self, Write};
use std::str::FromStr;

use perf_look_analyzers::gate::Verdict;

use crate::Style;

/// A format of the gate's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateFormat {
    /// For a terminal.
    Text,
    /// `perf-look.gate/1`, one document.
    Json,
}

impl GateFormat {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The word of flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl FromStr for GateFormat {
    type Err = String;

    /// The format of that name. The error is a sentence that says which there are.
    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("there is no format {}; there are {known}", perf_look_analyzers::safe::line(name))
        })
    }
}

/// What a report says beside the verdict.
#[derive(Debug, Clone, Copy)]
pub struct GateContext<'c> {
    /// How text is drawn.
    pub style: Style,
    /// The command that measures again; empty where it is not known.
    pub command: &'c str,
    /// What was measured with and on, by name: `PostgreSQL`, `17.2`.
    pub environment: &'c [(String, String)],
}

/// Writes a verdict.
pub fn gate(verdict: &Verdict, format: GateFormat, context: &GateContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        GateFormat::Text => text::render(verdict, context, out),
        GateFormat::Json => json::render(verdict, context, out),
    }
}

/// The JSON Schema of [`GateFormat::Json`].
pub fn gate_schema() -> &'static str {
    include_str!("gate/gate.schema.json")
}
