//! Readers of the profiles, written from what the formats say and not from what writes them.

use std::io::Read as _;

use serde_json::Value;

use super::{Decoded, Widths};

pub(super) fn speedscope(bytes: &[u8]) -> Decoded {
    let file: Value = serde_json::from_slice(bytes).unwrap();
    let frame = |place: &Value| {
        let place = usize::try_from(place.as_u64().unwrap()).unwrap();
        file["shared"]["frames"][place]["name"].as_str().unwrap().to_owned()
    };
    let profile = |profile: &Value| {
        let to_ms = if profile["unit"] == "nanoseconds" { 1e-6 } else { 1.0 };
        let samples = profile["samples"].as_array().unwrap().iter().zip(profile["weights"].as_array().unwrap());
        let mut widths = Widths::new();
        for (stack, weight) in samples {
            let stack = stack.as_array().unwrap().iter().map(frame).collect();
            *widths.entry(stack).or_default() += weight.as_f64().unwrap() * to_ms;
        }
        let sum: f64 = widths.values().sum();
        let end = profile["endValue"].as_f64().unwrap() * to_ms;
        assert!((sum - end).abs() <= 1e-6 * end.max(1.0), "{sum} of {end}");
        (profile["name"].as_str().unwrap().to_owned(), widths)
    };
    file["profiles"].as_array().unwrap().iter().map(profile).collect()
}

pub(super) fn is_process(name: &str) -> bool {
    name == "leader" || name.starts_with("worker ")
}

/// The threads of some names.
pub(super) fn firefox(bytes: &[u8], wanted: fn(&str) -> bool) -> Decoded {
    let profile: Value = serde_json::from_slice(bytes).unwrap();
    let threads = profile["threads"].as_array().unwrap().iter();
    let name = |thread: &Value| thread["name"].as_str().unwrap().to_owned();
    threads.filter(|thread| wanted(&name(thread))).map(|thread| (name(thread), firefox_thread(thread))).collect()
}

pub(super) fn firefox_thread(thread: &Value) -> Widths {
    let samples = &thread["samples"];
    let length = usize::try_from(samples["length"].as_u64().unwrap()).unwrap();
    for column in ["stack", "weight", "timeDeltas"] {
        assert_eq!(samples[column].as_array().unwrap().len(), length, "{column}");
    }
    let mut widths = Widths::new();
    for sample in 0..length {
        let stack = firefox_stack(thread, &samples["stack"][sample]);
        if !stack.is_empty() {
            *widths.entry(stack).or_default() += samples["weight"][sample].as_f64().unwrap();
        }
    }
    widths
}

/// From the root to the innermost.
pub(super) fn firefox_stack(thread: &Value, innermost: &Value) -> Vec<String> {
    let at = |column: &Value, place: &Value| column[usize::try_from(place.as_u64().unwrap()).unwrap()].clone();
    let mut stack = Vec::new();
    let mut next = innermost.clone();
    while !next.is_null() {
        let frame = at(&thread["stackTable"]["frame"], &next);
        let function = at(&thread["frameTable"]["func"], &frame);
        let name = at(&thread["stringArray"], &at(&thread["funcTable"]["name"], &function));
        stack.insert(0, name.as_str().unwrap().to_owned());
        next = at(&thread["stackTable"]["prefix"], &next);
    }
    stack
}

pub(super) fn pprof(bytes: &[u8]) -> Decoded {
    let pprof = Pprof::read(bytes);
    let types: Vec<Fields> = messages(&pprof.fields, 1);
    let measure = |(place, kind): (usize, &Fields)| {
        let scale = match pprof.text(kind, 2) {
            "microseconds" => 1e-3,
            "hundredths" => 1e-2,
            _ => 1.0,
        };
        let mut widths = Widths::new();
        for sample in messages(&pprof.fields, 2) {
            let value = packed(&sample, 2)[place];
            *widths.entry(pprof.stack(&sample)).or_default() += value as f64 * scale;
        }
        (pprof.text(kind, 1).to_owned(), widths)
    };
    types.iter().enumerate().map(measure).collect()
}

/// A profile of pprof, read by its wire format and the numbers of its fields alone.
pub(super) struct Pprof {
    pub(super) fields: Fields,
    pub(super) texts: Vec<String>,
}

/// The number of a field and what it holds.
pub(super) type Fields = Vec<(u64, Field)>;

#[derive(Debug, Clone)]
pub(super) enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Pprof {
    pub(super) fn read(bytes: &[u8]) -> Self {
        assert_eq!(&bytes[4..8], &[0; 4], "the time in gzip's header");
        let mut raw = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut raw).unwrap();
        let fields = fields(&raw);
        let texts: Vec<String> =
            bytes_of(&fields, 6).into_iter().map(|text| String::from_utf8(text).unwrap()).collect();
        assert_eq!(texts[0], "");
        Self { fields, texts }
    }

    /// The text that a field names.
    pub(super) fn text(&self, message: &Fields, number: u64) -> &str {
        &self.texts[usize::try_from(numbers(message, number)[0]).unwrap()]
    }

    /// From the root to the innermost.
    pub(super) fn stack(&self, sample: &Fields) -> Vec<String> {
        let mut stack: Vec<String> = packed(sample, 1).into_iter().map(|id| self.function_at(id)).collect();
        stack.reverse();
        stack
    }

    fn function_at(&self, location: u64) -> String {
        let with_id = |number, id| {
            let found = messages(&self.fields, number).into_iter().find(|message| numbers(message, 1) == [id]);
            found.unwrap_or_else(|| panic!("{number} has no {id}"))
        };
        let line = messages(&with_id(4, location), 4).remove(0);
        self.text(&with_id(5, numbers(&line, 1)[0]), 2).to_owned()
    }

    /// Types, samples with labels, and comments, as text.
    pub(super) fn outline(&self) -> String {
        let types = messages(&self.fields, 1);
        let types = types.iter().map(|kind| format!("{}/{}", self.text(kind, 1), self.text(kind, 2)));
        let mut lines = vec![types.collect::<Vec<_>>().join(" ")];
        for sample in messages(&self.fields, 2) {
            let label = |label: &Fields| match numbers(label, 2).first() {
                Some(_) => format!("{}={}", self.text(label, 1), self.text(label, 2)),
                None => format!("{}={}", self.text(label, 1), numbers(label, 3)[0]),
            };
            let labels: Vec<String> = messages(&sample, 3).iter().map(label).collect();
            lines.push(format!("{:?} {} [{}]", packed(&sample, 2), self.stack(&sample).join(" > "), labels.join(", ")));
        }
        lines.extend(
            packed(&self.fields, 13).iter().map(|at| format!("# {}", self.texts[usize::try_from(*at).unwrap()])),
        );
        lines.join("\n")
    }
}

fn fields(mut bytes: &[u8]) -> Fields {
    let mut fields = Fields::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut bytes)),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                let (field, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(field.to_owned())
            }
            kind => panic!("a field of kind {kind}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

pub(super) fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

pub(super) fn numbers(message: &Fields, number: u64) -> Vec<u64> {
    let of = |(found, field): &(u64, Field)| match field {
        Field::Number(value) if *found == number => Some(*value),
        _ => None,
    };
    message.iter().filter_map(of).collect()
}

pub(super) fn bytes_of(message: &Fields, number: u64) -> Vec<Vec<u8>> {
    let of = |(found, field): &(u64, Field)| match field {
        Field::Bytes(bytes) if *found == number => Some(bytes.clone()),
        _ => None,
    };
    message.iter().filter_map(of).collect()
}

pub(super) fn messages(message: &Fields, number: u64) -> Vec<Fields> {
    bytes_of(message, number).iter().map(|bytes| fields(bytes)).collect()
}

/// A repeated number.
pub(super) fn packed(message: &Fields, number: u64) -> Vec<u64> {
    let mut values = Vec::new();
    for bytes in bytes_of(message, number) {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            values.push(varint(&mut rest));
        }
    }
    values
}
