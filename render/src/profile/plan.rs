//! The graphs of a plan: every measure that it has, in the plan's order.

use std::collections::BTreeMap;

use perf_look_analyzers::flame::{Class, Flame, Frame, Measure};
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::{Subject, safe};

use super::{Graph, Graphs, Mark, Place, Sample, Shared, nanoseconds};

const ORDER: &str = "plan order, not time order";

impl<'s> Graphs<'s> {
    pub(super) fn of_plan(subject: &'s Subject, asked: Measure) -> Self {
        let others = Measure::ALL.into_iter().filter(|measure| *measure != asked);
        let flames = std::iter::once(asked).chain(others).filter_map(|measure| Flame::of(subject, measure).ok());
        let mut flames: Vec<Flame> = flames.collect();
        let notes = notes(subject, &flames);
        // Where nothing was read there is nothing to look at, and the notes say so.
        flames.retain(|flame| flame.measure == asked || flame.root().total > 0.0);
        let mut merge = Merge::default();
        let shared: Vec<Vec<usize>> = flames.iter().map(|flame| merge.add(flame)).collect();
        let mut merged = merge.frames;
        let name = safe::line(&subject.name).into_owned();
        place_in_statement(subject, &name, &mut merged);
        let axis = flames.first().map(|flame| axis(flame, &shared[0])).unwrap_or_default();
        let measures = flames.iter().zip(&shared).map(|(flame, shared)| graph(flame, shared, &axis, &merged)).collect();
        Self { plan: Some(subject), name, order: ORDER, classes: &Class::ALL, frames: merged, measures, notes }
    }
}

fn place_in_statement(subject: &Subject, name: &str, frames: &mut [Shared]) {
    let Some(query) = subject.query.as_deref() else { return };
    let clauses = Clauses::of(query, &subject.plan);
    for frame in frames {
        let link = frame.node.and_then(|node| clauses.of_node(node));
        frame.place = link.map(|link| {
            // What lines are counted in: not the file that the plan is from.
            let file = format!("SQL of {name}");
            Place { file, line: clauses.line_of(link.primary().range.start), column: None }
        });
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

/// Where each shared frame begins in the asked measure, in ns: where one ends the next one begins.
type Axis = BTreeMap<usize, u64>;

fn axis(flame: &Flame, shared: &[usize]) -> Axis {
    let mut at = 0_u64;
    let mut starts = BTreeMap::new();
    for (frame, shared) in flame.frames().iter().zip(shared) {
        starts.insert(*shared, at);
        at = at.saturating_add(nanoseconds(frame.own));
    }
    starts
}

fn graph(flame: &Flame, shared: &[usize], axis: &Axis, frames: &[Shared]) -> Graph {
    let mut at = 0;
    let mut samples = Vec::with_capacity(shared.len());
    for (frame, shared) in flame.frames().iter().zip(shared) {
        // What only this measure has stands where the frame before it does.
        at = axis.get(shared).copied().unwrap_or(at).max(at);
        samples.push(Sample { frame: *shared, at, own: frame.own });
    }
    let marks = marks(flame, &samples, frames);
    let title = format!("{} ({ORDER})", flame.measure.title());
    Graph { measure: flame.measure, title, total: flame.root().total, samples, marks }
}

/// What is outside the plan's nodes: planning, compiling, each trigger, serialization, start and stop.
fn marks(flame: &Flame, samples: &[Sample], frames: &[Shared]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (id, frame) in flame.frames().iter().enumerate() {
        let holds_nodes = flame.children(id).any(|child| flame.frames()[child].node.is_some());
        if frame.node.is_some() || frame.parent.is_none() || holds_nodes || frame.total <= 0.0 {
            continue;
        }
        let start = samples[id].at;
        marks.push(Mark {
            name: frames[samples[id].frame].label.clone(),
            detail: safe::line(frame.detail.as_deref().unwrap_or_default()).into_owned(),
            class: frame.class,
            span: (start, start.saturating_add(nanoseconds(frame.total))),
        });
    }
    marks
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
            self.frames.push(Shared { label, node: frame.node, class: frame.class, parent, place: None });
            self.frames.len() - 1
        })
    }
}
