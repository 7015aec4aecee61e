//! The graph of a page: its samples as they were taken, and what happened meanwhile.

use perf_look_analyzers::flame::{Class, MAIN_THREAD, Measure};
use perf_look_analyzers::safe;
use perf_look_analyzers::web::trace::{Node, Profile, Trace};

use super::{Graph, Graphs, Mark, Place, Sample, Shared};

const ORDER: &str = "in order of time";

/// What frames can be; that nothing ran is a frame here.
const CLASSES: [Class; 5] = [Class::Script, Class::Library, Class::Browser, Class::Garbage, Class::Idle];

impl Graphs<'_> {
    /// None where nothing was sampled.
    pub(super) fn of_page(name: &str, trace: &Trace) -> Option<Self> {
        let profile = trace.profile.as_ref()?;
        let graph = Graph {
            measure: Measure::Wall,
            title: format!("wall-clock time of the main thread ({ORDER})"),
            total: profile.nodes.first().map_or(0.0, |root| milliseconds(root.total_us)),
            samples: samples(profile),
            marks: marks(profile, trace),
        };
        Some(Self {
            plan: None,
            name: safe::line(name).into_owned(),
            order: ORDER,
            classes: &CLASSES,
            frames: profile.nodes.iter().map(shared).collect(),
            measures: vec![graph],
            notes: Vec::new(),
        })
    }
}

fn shared(node: &Node) -> Shared {
    let function = &node.function;
    let label = if node.parent.is_none() { MAIN_THREAD.to_owned() } else { function.label() };
    Shared {
        label: safe::line(&label).into_owned(),
        node: None,
        class: Class::of_function(function),
        parent: node.parent,
        place: function.site().map(|site| Place {
            file: safe::line(site.file()).into_owned(),
            line: site.position().line as usize,
            column: Some(site.position().column),
        }),
    }
}

fn samples(profile: &Profile) -> Vec<Sample> {
    let sample = |(place, sample): (usize, &perf_look_analyzers::web::trace::Sample)| Sample {
        frame: sample.node,
        at: sample.at_us.saturating_sub(profile.start_us).saturating_mul(1000),
        own: milliseconds(profile.until_us(place).saturating_sub(sample.at_us)),
    };
    profile.samples.iter().enumerate().map(sample).collect()
}

/// Moments of the load, long tasks and interactions.
fn marks(profile: &Profile, trace: &Trace) -> Vec<Mark> {
    // Of what was before the first sample nothing is drawn.
    let at = |us: u64| trace.origin_us.saturating_add(us).saturating_sub(profile.start_us).saturating_mul(1000);
    let mark = |name: &str, detail: &str, from_us: u64, us: u64| Mark {
        name: safe::line(name).into_owned(),
        detail: safe::line(detail).into_owned(),
        class: Class::Browser,
        span: (at(from_us), at(from_us.saturating_add(us))),
    };
    let moments = [
        ("first contentful paint", trace.marks.first_contentful_paint_us),
        ("largest contentful paint", trace.marks.largest_contentful_paint.as_ref().map(|largest| largest.at_us)),
        ("DOMContentLoaded", trace.marks.dom_content_loaded_us),
        ("load", trace.marks.load_us),
    ];
    let moments = moments.into_iter().filter_map(|(name, us)| Some(mark(name, "", us?, 0)));
    let tasks = trace.long_tasks.iter().map(|task| mark("long task", "", task.start_us, task.duration_us));
    let interactions = trace.interactions.iter();
    let interactions = interactions.map(|taken| mark("interaction", &taken.kind, taken.start_us, taken.duration_us()));
    moments.chain(tasks).chain(interactions).collect()
}

fn milliseconds(us: u64) -> f64 {
    us as f64 / 1e3
}
