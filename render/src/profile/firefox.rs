//! JSON of the Firefox Profiler: a thread for each measure, and one for each process where workers report.
//!
//! Samples of a plan lie on an axis as long as the asked measure, in the plan's order: where one ends the next one
//! begins. Those of a page lie where they were taken.

mod marker;

use std::collections::BTreeMap;
use std::io::{self, Write};

use fxprof_processed_profile::{
    CategoryColor, CategoryHandle, CpuDelta, Frame, FrameFlags, FrameInfo, Profile, ReferenceTimestamp,
    SamplingInterval, StackHandle, ThreadHandle, Timestamp, WeightType,
};
use perf_look_analyzers::flame::{Class, Measure};
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::postgres::attribution::{Process, ProcessTimes};
use serde_json::{Value, json};

use super::{Graph, Graphs, nanoseconds};
use crate::json::write_json;

pub(super) fn write(graphs: &Graphs<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer::new(graphs);
    for graph in &graphs.measures {
        writer.measure(graph);
    }
    for times in graphs.plan.iter().flat_map(|subject| subject.attribution.processes(&subject.plan)) {
        writer.process(&times);
    }
    write_json(&writer.finish()?, out)?;
    out.write_all(b"\n")
}

/// A profile in the making.
struct Writer<'g> {
    graphs: &'g Graphs<'g>,
    profile: Profile,
    process: fxprof_processed_profile::ProcessHandle,
    categories: BTreeMap<Class, CategoryHandle>,
    /// The shared frame of each node.
    nodes: BTreeMap<NodeId, usize>,
    /// Where each shared frame of a plan begins, in ns.
    axis: BTreeMap<usize, u64>,
    threads: Vec<Thread>,
}

/// What the crate cannot write of a thread: weights that are not whole, and the name of the first.
struct Thread {
    name: String,
    weights: Vec<f64>,
}

/// A stack at its place.
struct Sample {
    /// The shared frame; none where nothing runs any more.
    frame: Option<usize>,
    /// In ns.
    at: u64,
    weight: f64,
}

impl<'g> Writer<'g> {
    fn new(graphs: &'g Graphs<'g>) -> Self {
        let product = format!("perf-look: {} ({})", graphs.name, graphs.order);
        // A plan does not say when it ran, and the clock of a browser has no zero that means something.
        let start = ReferenceTimestamp::from_millis_since_unix_epoch(0.0);
        let mut profile = Profile::new(&product, start, SamplingInterval::from_nanos(1000));
        profile.set_symbolicated(true);
        let process = profile.add_process("perf-look", 1, Timestamp::from_nanos_since_reference(0));
        let categories = graphs.classes.iter().map(|class| (*class, category(&mut profile, *class))).collect();
        let asked = graphs.measures.first().into_iter().flat_map(|graph| &graph.samples);
        let axis = asked.map(|sample| (sample.frame, sample.at)).collect();
        let nodes = graphs.frames.iter().enumerate().filter_map(|(place, frame)| Some((frame.node?, place))).collect();
        Self { graphs, profile, process, categories, nodes, axis, threads: Vec::new() }
    }

    /// A thread with the widths of a measure.
    fn measure(&mut self, graph: &Graph) {
        let thread = self.thread(graph.title.clone(), weight_type(graph.measure));
        let widths = graph.samples.iter().filter(|sample| sample.own > 0.0);
        let sample =
            |sample: &super::Sample| Sample { frame: Some(sample.frame), at: sample.at, weight: rounded(sample.own) };
        let mut samples: Vec<Sample> = widths.map(sample).collect();
        let asked = self.threads.len() == 1;
        if asked {
            let last = samples.last().map_or(0, |last| last.at.saturating_add(nanoseconds(last.weight)));
            samples.push(Sample { frame: None, at: last, weight: 0.0 });
            self.profile.add_initial_visible_thread(thread);
            self.profile.add_initial_selected_thread(thread);
            marker::add(self, thread, &graph.marks);
        }
        self.samples(thread, samples);
    }

    /// A thread with what a process did, from where it began.
    fn process(&mut self, times: &ProcessTimes) {
        let Some(plan) = self.graphs.plan.map(|subject| &subject.plan) else { return };
        let (name, mut at) = match times.process {
            Process::Leader => ("leader".to_owned(), self.start_of(plan.root().id)),
            Process::Worker { gather, number } => {
                (format!("worker {number} of #{}", gather.number()), self.start_of(gather))
            }
        };
        let thread = self.thread(name, WeightType::TracingMs);
        self.profile.add_initial_visible_thread(thread);
        let mut samples = Vec::new();
        for (node, own) in plan.nodes().iter().zip(&times.own) {
            let Some(frame) = self.nodes.get(&node.id).copied().filter(|_| own.0 > 0.0) else { continue };
            samples.push(Sample { frame: Some(frame), at, weight: rounded(own.0) });
            at = at.saturating_add(nanoseconds(own.0));
        }
        samples.push(Sample { frame: None, at, weight: 0.0 });
        self.samples(thread, samples);
    }

    fn start_of(&self, node: NodeId) -> u64 {
        self.nodes.get(&node).and_then(|frame| self.axis.get(frame).copied()).unwrap_or(0)
    }

    /// The first one is the main thread.
    fn thread(&mut self, name: String, weights: WeightType) -> ThreadHandle {
        let start = Timestamp::from_nanos_since_reference(0);
        let number = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        let thread = self.profile.add_thread(self.process, number, start, number == 0);
        self.profile.set_thread_name(thread, &name);
        self.profile.set_thread_samples_weight_type(thread, weights);
        self.threads.push(Thread { name, weights: Vec::new() });
        thread
    }

    /// The samples of the thread that was made last.
    fn samples(&mut self, thread: ThreadHandle, samples: Vec<Sample>) {
        let mut weights = Vec::with_capacity(samples.len());
        let mut known = BTreeMap::new();
        for Sample { frame, at, weight } in samples {
            let stack = frame.and_then(|frame| self.stack(thread, frame, &mut known));
            self.profile.add_sample(thread, Timestamp::from_nanos_since_reference(at), stack, CpuDelta::ZERO, 0);
            weights.push(weight);
        }
        if let Some(last) = self.threads.last_mut() {
            last.weights = weights;
        }
    }

    /// The stack of a frame, of which the outer part may be known.
    fn stack(
        &mut self,
        thread: ThreadHandle,
        frame: usize,
        known: &mut BTreeMap<usize, StackHandle>,
    ) -> Option<StackHandle> {
        let graphs = self.graphs;
        let path = std::iter::successors(Some(frame), |at| graphs.frames[*at].parent);
        let mut missing: Vec<usize> = path.take_while(|at| !known.contains_key(at)).collect();
        let outer = missing.last().map_or(Some(frame), |at| graphs.frames[*at].parent);
        let mut stack = outer.and_then(|outer| known.get(&outer).copied());
        while let Some(at) = missing.pop() {
            let shared = &graphs.frames[at];
            let label = Frame::Label(self.profile.intern_string(&shared.label));
            let category_pair = self.category(shared.class).into();
            let info = FrameInfo { frame: label, category_pair, flags: FrameFlags::empty() };
            let inner = self.profile.intern_frame(thread, info);
            let inner = self.profile.intern_stack(thread, stack, inner);
            known.insert(at, inner);
            stack = Some(inner);
        }
        stack
    }

    fn category(&self, class: Class) -> CategoryHandle {
        self.categories.get(&class).copied().unwrap_or(CategoryHandle::OTHER)
    }

    /// The JSON, with what the crate cannot write.
    fn finish(self) -> io::Result<Value> {
        let mut profile = serde_json::to_value(&self.profile)?;
        if !self.graphs.notes.is_empty() {
            let note = |note: &String| json!({ "label": "Note", "format": "string", "value": note });
            let notes: Vec<Value> = self.graphs.notes.iter().map(note).collect();
            profile["meta"]["extra"] = json!([{ "label": "perf-look", "entries": notes }]);
        }
        for thread in profile["threads"].as_array_mut().into_iter().flatten() {
            let number = thread["tid"].as_str().and_then(|tid| tid.parse::<usize>().ok());
            let Some(ours) = number.and_then(|number| self.threads.get(number)) else { continue };
            thread["name"] = json!(ours.name);
            thread["samples"]["weight"] = json!(ours.weights);
            // A plan says how long, not how busy.
            if let Some(samples) = thread["samples"].as_object_mut() {
                samples.remove("threadCPUDelta");
            }
        }
        Ok(profile)
    }
}

fn category(profile: &mut Profile, class: Class) -> CategoryHandle {
    let color = match class {
        Class::Scan | Class::Library => CategoryColor::LightBlue,
        Class::Join => CategoryColor::Orange,
        Class::SortAggregate | Class::Script => CategoryColor::Yellow,
        Class::Parallel | Class::Garbage => CategoryColor::Magenta,
        Class::Modify => CategoryColor::Red,
        Class::Outside => CategoryColor::Brown,
        Class::Browser => CategoryColor::Green,
        // The viewer knows by this name that nothing ran.
        Class::Idle => return profile.add_category("Idle", CategoryColor::Transparent),
        // Each profile has one of that name.
        Class::Other => return CategoryHandle::OTHER,
    };
    profile.add_category(class.name(), color)
}

fn weight_type(measure: Measure) -> WeightType {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => WeightType::TracingMs,
        Measure::Wal => WeightType::Bytes,
        Measure::Buffers | Measure::Read | Measure::Temp | Measure::Rows | Measure::Cost => WeightType::Samples,
    }
}

/// To a ns, or a millionth of anything else.
fn rounded(own: f64) -> f64 {
    (own * 1e6).round() / 1e6
}
