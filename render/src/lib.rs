//! A report as people and programs read it: one file a format.
//!
//! A renderer neither sorts, filters nor judges; what two formats could disagree about is in the report.

mod comparison;
pub mod flamegraph;
mod gate;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod layout;
mod markdown;
mod overview;
mod parquet;
pub mod profile;
mod sarif;
mod spot;
mod text;
mod words;
mod workload;

use std::io::{self, Write};

use perf_look_analyzers::Report;

pub use comparison::{ComparisonFormat, comparison_schema, render_comparison};
pub use gate::{GateContext, GateFormat, gate, gate_schema};
pub use parquet::{ParquetFile, parquet_files};

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a screen reader: as text, without columns, bars and trees.
    Plain,
    /// `perf-look.report/1`, one document.
    Json,
    /// A line of JSON a finding.
    Jsonl,
    /// For a comment on a change.
    Markdown,
    /// Annotations of GitHub's workflow commands.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit's XML: a case a plan or page.
    Junit,
    /// A page in one file, for a browser.
    Html,
}

/// How text is drawn; the other formats have no choice.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether colours are written.
    pub color: bool,
    /// Columns, at least 40.
    pub width: usize,
    /// Whether anything beyond ASCII may be drawn.
    pub unicode: bool,
}

/// Writes a report.
pub fn render(report: &Report, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::render(report, style, out),
        Format::Plain => text::render_plain(report, style, out),
        Format::Json => json::render(report, out),
        Format::Jsonl => json::render_lines(report, out),
        Format::Markdown => markdown::render(report, out),
        Format::Github => github::render(report, out),
        Format::Gitlab => gitlab::render(report, out),
        Format::Sarif => sarif::render(report, out),
        Format::Junit => junit::render(report, out),
        Format::Html => html::render(report, out),
    }
}

/// The JSON Schema of [`Format::Json`].
pub fn schema() -> &'static str {
    include_str!("report.schema.json")
}
