//! The protocol buffer of pprof, gzipped: a sample type for each measure, a function for each frame.
//!
//! The messages are those of pprof's `profile.proto`, of which only the fields that are filled are written down. They
//! name texts by their place in a table.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use perf_look_analyzers::flame::Measure;
use prost::Message;

use super::{Graphs, Shared};

pub(super) fn write(graphs: &Graphs<'_>, out: &mut dyn Write) -> io::Result<()> {
    // No time and no name in the header: the same input gives the same bytes.
    let mut gzip = GzBuilder::new().mtime(0).write(out, Compression::default());
    gzip.write_all(&profile(graphs).encode_to_vec())?;
    gzip.finish()?.flush()
}

/// What a measure counts here; pprof converts between units of time and of memory, and shows others as they are.
fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => "microseconds",
        Measure::Wal => "bytes",
        Measure::Buffers | Measure::Read | Measure::Temp => "blocks",
        Measure::Rows => "rows",
        // Values are whole numbers, and Postgres prints costs with two decimals.
        Measure::Cost => "hundredths",
    }
}

fn value(measure: Measure, own: f64) -> i64 {
    let scaled = match measure {
        Measure::Wall | Measure::Work | Measure::Io => own * 1e3,
        Measure::Cost => own * 1e2,
        Measure::Wal | Measure::Buffers | Measure::Read | Measure::Temp | Measure::Rows => own,
    };
    #[expect(clippy::cast_possible_truncation, reason = "no plan took 300,000 years, and a cast ends at the largest")]
    let whole = scaled.round() as i64;
    whole
}

fn profile(graphs: &Graphs<'_>) -> Profile {
    let mut texts = Texts::new();
    let sample_type: Vec<ValueType> = graphs
        .measures
        .iter()
        .map(|graph| ValueType { r#type: texts.place(graph.measure.name()), unit: texts.place(unit(graph.measure)) })
        .collect();
    let mut comments = vec![concat!("perf-look ", env!("CARGO_PKG_VERSION")).to_owned()];
    // Of each frame there is one sample here, whatever its order was.
    comments.extend(graphs.plan.map(|_| format!("samples are in {}", graphs.order)));
    Profile {
        default_sample_type: sample_type.first().map_or(0, |asked| asked.r#type),
        sample_type,
        sample: samples(graphs, &mut texts),
        mapping: vec![mapping(graphs, &mut texts)],
        location: (1..).zip(&graphs.frames).map(|(id, frame)| location(id, frame)).collect(),
        function: (1..).zip(&graphs.frames).map(|(id, frame)| function(id, frame, &mut texts)).collect(),
        duration_nanos: duration(graphs),
        comment: comments.iter().chain(&graphs.notes).map(|comment| texts.place(comment)).collect(),
        string_table: texts.table,
    }
}

/// The whole by the wall clock, beside which viewers show what all processes together took.
fn duration(graphs: &Graphs<'_>) -> i64 {
    let wall = graphs.measures.iter().find(|graph| graph.measure == Measure::Wall);
    wall.map_or(0, |graph| value(Measure::Wall, graph.total).saturating_mul(1000))
}

/// A sample a frame with what is its own, by each measure; frames without any are left out.
fn samples(graphs: &Graphs<'_>, texts: &mut Texts) -> Vec<Sample> {
    let mut values = vec![vec![0_i64; graphs.measures.len()]; graphs.frames.len()];
    for (place, graph) in graphs.measures.iter().enumerate() {
        for sample in &graph.samples {
            let sum = &mut values[sample.frame][place];
            *sum = sum.saturating_add(value(graph.measure, sample.own));
        }
    }
    let measured = values.into_iter().enumerate().filter(|(_, values)| values.iter().any(|value| *value != 0));
    measured
        .map(|(frame, value)| Sample {
            // The innermost first.
            location_id: graphs.path(frame).into_iter().rev().map(|frame| frame as u64 + 1).collect(),
            value,
            label: labels(graphs, &graphs.frames[frame], texts),
        })
        .collect()
}

/// What samples can be filtered by.
fn labels(graphs: &Graphs<'_>, frame: &Shared, texts: &mut Texts) -> Vec<Label> {
    let mut labels = vec![texts.label("class", frame.class.name())];
    if let Some(id) = frame.node {
        labels.push(Label { key: texts.place("node"), num: id.number().into(), ..Label::default() });
        let relation = graphs.plan.and_then(|subject| subject.plan.node(id).relation.as_deref());
        labels.extend(relation.map(|relation| texts.label("relation", &perf_look_analyzers::safe::line(relation))));
    }
    labels
}

/// What viewers show as the program; with it they do not look for symbols.
fn mapping(graphs: &Graphs<'_>, texts: &mut Texts) -> Mapping {
    let filename = texts.place(&graphs.name);
    Mapping { id: 1, filename, has_functions: true, has_filenames: true, has_line_numbers: true }
}

fn location(id: u64, frame: &Shared) -> Location {
    // Zero is no line.
    let line = frame.place.as_ref().and_then(|place| i64::try_from(place.line).ok()).unwrap_or(0);
    Location { id, mapping_id: 1, line: vec![Line { function_id: id, line }] }
}

fn function(id: u64, frame: &Shared, texts: &mut Texts) -> Function {
    let name = texts.place(&frame.label);
    Function { id, name, system_name: name, filename: frame.place.as_ref().map_or(0, |place| texts.place(&place.file)) }
}

/// The table of texts: the first is empty, and each is there once.
struct Texts {
    table: Vec<String>,
    places: BTreeMap<String, i64>,
}

impl Texts {
    fn new() -> Self {
        let mut texts = Self { table: Vec::new(), places: BTreeMap::new() };
        texts.place("");
        texts
    }

    fn place(&mut self, text: &str) -> i64 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = i64::try_from(self.table.len()).unwrap_or(i64::MAX);
        self.table.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }

    fn label(&mut self, key: &str, text: &str) -> Label {
        Label { key: self.place(key), str: self.place(text), num: 0 }
    }
}

#[derive(Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

#[derive(Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    r#type: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Label>,
}

#[derive(Message)]
struct Label {
    #[prost(int64, tag = "1")]
    key: i64,
    #[prost(int64, tag = "2")]
    str: i64,
    #[prost(int64, tag = "3")]
    num: i64,
}

#[derive(Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
    #[prost(bool, tag = "7")]
    has_functions: bool,
    #[prost(bool, tag = "8")]
    has_filenames: bool,
    #[prost(bool, tag = "9")]
    has_line_numbers: bool,
}

#[derive(Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}
