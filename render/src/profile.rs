//! A plan's flame graph in the formats of viewers that exist: one file a format.
//!
//! Each file holds every measure that the plan has, the asked one first. Samples stand in the order of the plan, since
//! a plan does not say when a node ran; every format says so where its viewer shows it.

mod firefox;
mod pprof;
mod speedscope;

use std::collections::BTreeMap;
use std::io::{self, Write};

use perf_look_analyzers::Subject;
use perf_look_analyzers::flame::{Class, Flame, Frame, Measure};
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::safe;

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

/// What every format says where it names its widths.
const ORDER: &str = "plan order, not time order";

/// Writes the flame graphs of a subject in all measures that it has, the asked one first.
pub fn export(subject: &Subject, measure: Measure, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
    let graphs = Graphs::of(subject, measure);
    match format {
        ProfileFormat::Speedscope => speedscope::write(&graphs, out),
        ProfileFormat::Firefox => firefox::write(&graphs, out),
        ProfileFormat::Pprof => pprof::write(&graphs, out),
    }
}

/// The flame graphs of a subject and the frames that they share.
struct Graphs<'s> {
    subject: &'s Subject,
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
    /// The line of the statement that it comes from, from 1.
    line: Option<usize>,
}

/// One measure.
struct Graph {
    flame: Flame,
    /// Of each frame of `flame` its index among the shared ones.
    shared: Vec<usize>,
}

impl<'s> Graphs<'s> {
    fn of(subject: &'s Subject, asked: Measure) -> Self {
        let others = Measure::ALL.into_iter().filter(|measure| *measure != asked);
        let flames = std::iter::once(asked).chain(others).filter_map(|measure| Flame::of(subject, measure).ok());
        let mut flames: Vec<Flame> = flames.collect();
        let notes = notes(subject, &flames);
        // Where nothing was read there is nothing to look at, and the notes say so.
        flames.retain(|flame| flame.measure == asked || flame.root().total > 0.0);
        let mut merge = Merge::default();
        let measures = flames.into_iter().map(|flame| Graph { shared: merge.add(&flame), flame }).collect();
        place_in_statement(subject, &mut merge.frames);
        Self { subject, frames: merge.frames, measures, notes }
    }

    /// What lines are counted in: not the file that the plan is from.
    fn statement(&self) -> String {
        format!("SQL of {}", self.name())
    }

    /// Where the subject is from, safe to show.
    fn name(&self) -> String {
        safe::line(&self.subject.name).into_owned()
    }

    /// The shared frames from the root to that one, itself included; a deeper one is a part of the deepest that is drawn.
    fn path(&self, shared: usize) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(Some(shared), |at| self.frames[*at].parent).collect();
        path.reverse();
        path.truncate(DEEPEST as usize + 1);
        path
    }
}

fn place_in_statement(subject: &Subject, frames: &mut [Shared]) {
    let Some(query) = subject.query.as_deref() else { return };
    let clauses = Clauses::of(query, &subject.plan);
    for frame in frames {
        let link = frame.node.and_then(|node| clauses.of_node(node));
        frame.line = link.map(|link| clauses.line_of(link.primary().range.start));
    }
}

/// What a reader should know of all graphs, each once.
fn notes(subject: &Subject, flames: &[Flame]) -> Vec<String> {
    let mut notes = Vec::new();
    for note in subject.notes.iter().chain(flames.iter().flat_map(|flame| &flame.notes)) {
        let note = safe::line(note).into_owned();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

impl Graph {
    /// `wall-clock time (plan order, not time order)`.
    fn title(&self) -> String {
        format!("{} ({ORDER})", self.flame.measure.title())
    }

    /// The frames in the plan's order: the place of each among the shared ones, and its own width.
    fn own(&self) -> impl Iterator<Item = (usize, f64)> {
        self.shared.iter().zip(self.flame.frames()).map(|(shared, frame)| (*shared, frame.own))
    }
}

/// What makes a frame of one measure that of another.
type Key = (Option<usize>, Option<NodeId>, String);

/// The frames of several flame graphs in the making.
#[derive(Default)]
struct Merge {
    frames: Vec<Shared>,
    places: BTreeMap<Key, usize>,
}

impl Merge {
    /// Adds the frames that are new, and says where each is.
    fn add(&mut self, flame: &Flame) -> Vec<usize> {
        let mut shared = Vec::with_capacity(flame.frames().len());
        for frame in flame.frames() {
            let parent = frame.parent.map(|parent| shared[parent]);
            shared.push(self.place(parent, frame));
        }
        shared
    }

    fn place(&mut self, parent: Option<usize>, frame: &Frame) -> usize {
        *self.places.entry((parent, frame.node, frame.label.clone())).or_insert_with(|| {
            let label = safe::line(&frame.label).into_owned();
            self.frames.push(Shared { label, node: frame.node, class: frame.class, parent, line: None });
            self.frames.len() - 1
        })
    }
}
