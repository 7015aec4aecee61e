//! A report or a flame graph as a file, for the terminal UI.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use perf_look_analyzers::Report;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::{Coloring, Flame, Measure};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::trace::Trace;
use perf_look_render::profile::{self, ProfileFormat};
use perf_look_render::{Format as Reported, Style, flamegraph, render};
use perf_look_tui::action::{Existing, Format};

/// What to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export<'a> {
    pub(crate) report: &'a Report,
    /// The plan or page that a flame is of.
    pub(crate) subject: Of,
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
            Format::Svg => match self.subject {
                Of::Plan(plan) => flamegraph::svg(self.report, plan, &self.flame()?, Coloring::Class, out),
                Of::Page(_) => flamegraph::page_svg(self.report.name(self.subject), &self.flame()?, out),
            },
            Format::Folded => flamegraph::folded(&self.flame()?, out),
            Format::Cpuprofile => profile::cpuprofile(self.trace()?, out),
            Format::Speedscope => self.profile(ProfileFormat::Speedscope, out),
            Format::Firefox => self.profile(ProfileFormat::Firefox, out),
            Format::Pprof => self.profile(ProfileFormat::Pprof, out),
        }
    }

    fn flame(&self) -> io::Result<Flame> {
        let Of::Plan(plan) = self.subject else {
            let profile = self.trace()?.profile.as_ref().ok_or_else(not_sampled)?;
            return Ok(Flame::of_profile(profile));
        };
        Flame::of(&self.report.subjects[plan], self.measure).map_err(io::Error::other)
    }

    /// What was sampled of the page.
    fn trace(&self) -> io::Result<&Trace> {
        let Of::Page(page) = self.subject else { return Err(not_sampled()) };
        let trace = self.report.pages.get(page).and_then(Page::trace);
        trace.filter(|trace| trace.profile.is_some()).ok_or_else(not_sampled)
    }

    fn profile(&self, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
        match self.subject {
            Of::Plan(plan) => profile::export(&self.report.subjects[plan], self.measure, format, out),
            Of::Page(_) => profile::export_page(self.report.name(self.subject), self.trace()?, format, out),
        }
    }
}

fn not_sampled() -> io::Error {
    io::Error::other("this page was not sampled; record it again: perf-look web URL --passes timing --save FILE")
}
