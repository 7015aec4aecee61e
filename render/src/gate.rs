//! What the gate says of all targets: one file a format.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod remarks;
mod sarif;
mod text;
pub(crate) mod words;

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
    /// JUnit's XML: a suite a file, a case a target.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub's workflow commands; the summary of a step takes [`GateFormat::Markdown`].
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// For a comment on a change: at most 60,000 bytes, with a marker by which it is found and replaced.
    Markdown,
    /// A page in one file, for a browser.
    Html,
}

impl GateFormat {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 8] =
        [Self::Text, Self::Json, Self::Junit, Self::Sarif, Self::Github, Self::Gitlab, Self::Markdown, Self::Html];

    /// The word of flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
            Self::Html => "html",
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
        GateFormat::Junit => junit::render(verdict, out),
        GateFormat::Sarif => sarif::render(verdict, context, out),
        GateFormat::Github => github::render(verdict, out),
        GateFormat::Gitlab => gitlab::render(verdict, out),
        GateFormat::Markdown => markdown::render(verdict, context, out),
        GateFormat::Html => crate::html::gate::render(verdict, context, out),
    }
}

/// The JSON Schema of [`GateFormat::Json`].
pub fn gate_schema() -> &'static str {
    include_str!("gate/gate.schema.json")
}
