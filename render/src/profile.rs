//! Flame graphs in the formats of viewers that exist: one file a format, of plans and of pages.
//!
//! Of a plan, each file holds every measure that the plan has, the asked one first. Samples stand in the order of the
//! plan, since a plan does not say when a node ran; every format says so where its viewer shows it. Of a page, samples
//! stand in the order of time.

mod firefox;
mod page;
mod plan;
mod pprof;
mod speedscope;

use std::io::{self, Write};

use perf_look_analyzers::Subject;
use perf_look_analyzers::flame::{Class, Measure};
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::web::trace::Trace;

use crate::flamegraph::DEEPEST;

/// A format of another viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileFormat {
    /// JSON of speedscope.
    Speedscope,
    /// JSON of the Firefox Profiler.
    Firefox,
    /// Protocol buffer of pprof, gzipped.
    Pprof,
}

impl ProfileFormat {
    /// How the name of such a file ends; viewers go by it.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Speedscope => "speedscope.json",
            Self::Firefox => "firefox.json",
            Self::Pprof => "pb.gz",
        }
    }
}

/// Writes the flame graphs of a subject in all measures that it has, the asked one first.
pub fn export(subject: &Subject, measure: Measure, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
    write(&Graphs::of_plan(subject, measure), format, out)
}

/// Writes what was sampled of a page, as it was sampled.
///
/// # Errors
/// Where nothing was sampled, and what the writer says.
pub fn export_page(name: &str, trace: &Trace, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
    write(&Graphs::of_page(name, trace).ok_or_else(not_sampled)?, format, out)
}

/// Writes what was sampled of a page as the browser's own tools do, to be opened by them and by editors.
///
/// # Errors
/// Where nothing was sampled, and what the writer says.
pub fn cpuprofile(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let profile = trace.profile.as_ref().ok_or_else(not_sampled)?;
    crate::json::write_json(&profile.cpuprofile(), out)?;
    out.write_all(b"\n")
}

fn not_sampled() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the page was not sampled")
}

fn write(graphs: &Graphs<'_>, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ProfileFormat::Speedscope => speedscope::write(graphs, out),
        ProfileFormat::Firefox => firefox::write(graphs, out),
        ProfileFormat::Pprof => pprof::write(graphs, out),
    }
}

/// The flame graphs of a plan or a page, and the frames that they share.
struct Graphs<'s> {
    /// Where the frames are a plan's.
    plan: Option<&'s Subject>,
    /// Where it is from, safe to show.
    name: String,
    /// The order of samples, said wherever widths are named.
    order: &'static str,
    /// What frames can be.
    classes: &'static [Class],
    /// A parent stands before what it holds.
    frames: Vec<Shared>,
    /// The asked measure first.
    measures: Vec<Graph>,
    /// What a reader should know, each once and safe to show.
    notes: Vec<String>,
}

/// A frame of any of the graphs.
struct Shared {
    /// Safe to show.
    label: String,
    node: Option<NodeId>,
    class: Class,
    /// The index of the frame that holds it.
    parent: Option<usize>,
    /// What it comes from.
    place: Option<Place>,
}

/// Where code of a frame stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Safe to show.
    file: String,
    /// From 1.
    line: usize,
    /// From 1, where it is known.
    column: Option<u32>,
}

/// One measure.
struct Graph {
    measure: Measure,
    /// `wall-clock time (plan order, not time order)`.
    title: String,
    /// In the measure's unit.
    total: f64,
    /// In the order of the graph.
    samples: Vec<Sample>,
    /// What is shown beside the samples where a viewer has a place for it.
    marks: Vec<Mark>,
}

/// What a frame took by itself, at its place.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// The place among the shared frames.
    frame: usize,
    /// Where it begins, in ns; what is not a time is counted as if it were ms.
    at: u64,
    /// In the measure's unit.
    own: f64,
}

/// A part of the axis with a name.
struct Mark {
    /// Safe to show.
    name: String,
    /// Safe to show; empty where there is nothing to say.
    detail: String,
    class: Class,
    /// In ns, from where to where.
    span: (u64, u64),
}

impl Graphs<'_> {
    /// The shared frames from the root to that one, itself included; a deeper one is a part of the deepest that is drawn.
    fn path(&self, shared: usize) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(Some(shared), |at| self.frames[*at].parent).collect();
        path.reverse();
        path.truncate(DEEPEST as usize + 1);
        path
    }
}

fn nanoseconds(ms: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "own widths are not negative")]
    let whole = (ms * 1e6).round() as u64;
    whole
}
