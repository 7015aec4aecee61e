//! Stands in for the renderers until they are there.

use std::io::{self, Write};

use perf_look_analyzers::Report;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
}

pub(crate) fn render(report: &Report, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let Format::Text = format;
    report.findings.iter().try_for_each(|finding| write!(out, "{finding}"))
}
