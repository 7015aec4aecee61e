//! A report or a flame graph as a file, for the terminal UI.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use perf_look_analyzers::Report;
use perf_look_analyzers::flame::{Coloring, Flame, Measure};
use perf_look_render::profile::{self, ProfileFormat};
use perf_look_render::{Format as Reported, Style, flamegraph, render};
use perf_look_tui::action::{Existing, Format};

/// What to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export<'a> {
    pub(crate) report: &'a Report,
    /// The index of the subject that a flame is of.
    pub(crate) subject: usize,
    pub(crate) format: Format,
    pub(crate) measure: Measure,
    /// How text is drawn.
    pub(crate) style: Style,
}

impl Export<'_> {
    /// Writes a file. One that is there is an error of the kind `AlreadyExists`, unless it may be replaced.
    pub(crate) fn write(&self, path: &Path, existing: Existing) -> io::Result<()> {
        // All of it first: what cannot be made replaces nothing.
        let mut bytes = Vec::new();
        self.make(&mut bytes)?;
        let mut file = match existing {
            Existing::Keep => File::create_new(path)?,
            Existing::Replace => File::create(path)?,
        };
        file.write_all(&bytes)
    }

    fn make(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            Format::Json => render(self.report, Reported::Json, &self.style, out),
            Format::Markdown => render(self.report, Reported::Markdown, &self.style, out),
            Format::Html => render(self.report, Reported::Html, &self.style, out),
            Format::Svg => flamegraph::svg(self.report, self.subject, &self.flame()?, Coloring::Class, out),
            Format::Folded => flamegraph::folded(&self.flame()?, out),
            Format::Speedscope => self.profile(ProfileFormat::Speedscope, out),
            Format::Firefox => self.profile(ProfileFormat::Firefox, out),
            Format::Pprof => self.profile(ProfileFormat::Pprof, out),
        }
    }

    fn flame(&self) -> io::Result<Flame> {
        Flame::of(&self.report.subjects[self.subject], self.measure).map_err(io::Error::other)
    }

    fn profile(&self, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
        profile::export(&self.report.subjects[self.subject], self.measure, format, out)
    }
}
