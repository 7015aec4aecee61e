//! JSON of speedscope, as its schema says: a sampled profile for each measure, over frames that they share.

use std::io::{self, Write};

use perf_look_analyzers::flame::Measure;
use serde::Serialize;

use super::{Graph, Graphs, Shared};
use crate::json;

/// The format's own name for itself.
const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

pub(super) fn write(graphs: &Graphs<'_>, out: &mut dyn Write) -> io::Result<()> {
    let file = File {
        schema: SCHEMA,
        exporter: concat!("perf-look ", env!("CARGO_PKG_VERSION")),
        name: &graphs.name,
        active_profile_index: 0,
        notes: &graphs.notes,
        shared: Frames { frames: graphs.frames.iter().map(Frame::of).collect() },
        profiles: graphs.measures.iter().map(|graph| Profile::of(graphs, graph)).collect(),
    };
    json::write_json(&file, out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'g> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: &'g str,
    active_profile_index: usize,
    /// Not of the format, which has no place for them; viewers leave it alone.
    notes: &'g [String],
    shared: Frames<'g>,
    profiles: Vec<Profile>,
}

#[derive(Serialize)]
struct Frames<'g> {
    frames: Vec<Frame<'g>>,
}

#[derive(Serialize)]
struct Frame<'g> {
    name: &'g str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'g str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    col: Option<u32>,
}

impl<'g> Frame<'g> {
    fn of(frame: &'g Shared) -> Self {
        let place = frame.place.as_ref();
        Self {
            name: &frame.label,
            file: place.map(|place| &*place.file),
            line: place.map(|place| place.line),
            col: place.and_then(|place| place.column),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    start_value: json::Number,
    end_value: json::Number,
    /// From the root to the frame itself.
    samples: Vec<Vec<usize>>,
    weights: Vec<json::Number>,
}

impl Profile {
    fn of(graphs: &Graphs<'_>, graph: &Graph) -> Self {
        let measure = graph.measure;
        let weighed = graph.samples.iter().map(|sample| (sample.frame, weight(measure, sample.own)));
        let weighed: Vec<(usize, f64)> = weighed.filter(|(_, weight)| *weight > 0.0).collect();
        Self {
            kind: "sampled",
            name: graph.title.clone(),
            unit: unit(measure),
            start_value: json::Number(0.0),
            end_value: json::thousandth(weighed.iter().map(|(_, weight)| weight).sum()),
            samples: weighed.iter().map(|(frame, _)| graphs.path(*frame)).collect(),
            weights: weighed.iter().map(|(_, weight)| json::Number(*weight)).collect(),
        }
    }
}

fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => "nanoseconds",
        Measure::Wal => "bytes",
        Measure::Buffers | Measure::Read | Measure::Temp | Measure::Rows | Measure::Cost => "none",
    }
}

/// Whole nanoseconds and bytes, thousandths of everything else.
fn weight(measure: Measure, own: f64) -> f64 {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => (own * 1e6).round(),
        Measure::Wal => own.round(),
        Measure::Buffers | Measure::Read | Measure::Temp | Measure::Rows | Measure::Cost => (own * 1e3).round() / 1e3,
    }
}
