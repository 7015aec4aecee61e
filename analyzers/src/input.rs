//! What a user hands in as a file: a saved capture, or plans as text.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::capture::{Capture, SCHEMA};
use crate::postgres::Overview;
use crate::postgres::parse::{self, ParsePlanError};
use crate::report::{Policy, Reject, Report, Subject};
use crate::web::Page;
use crate::workload::Workload;

/// What an input holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    /// The plans, each with a name of its own, in the order of the text.
    pub subjects: Vec<Subject>,
    /// The pages.
    pub pages: Vec<Page>,
    /// What begins like a plan and cannot be read.
    pub rejects: Vec<Reject>,
    /// The statements that the plans are of, where they are those of a workload.
    pub workload: Option<Workload>,
    /// A server as a whole.
    pub overview: Option<Box<Overview>>,
}

impl Input {
    /// What another input holds, behind what this one does.
    ///
    /// Two workloads cannot be counted together: the first stays.
    pub fn add(&mut self, other: Self) {
        let behind = other.workload.map(|workload| workload.behind(self.subjects.len()));
        self.workload = self.workload.take().or(behind);
        self.subjects.extend(other.subjects);
        self.pages.extend(other.pages);
        self.rejects.extend(other.rejects);
        // One server at a time: the first stays.
        self.overview = self.overview.take().or(other.overview);
    }

    /// Judges what could be read, and keeps what could not.
    pub fn judged(self, policy: &Policy) -> Report {
        let report = Report::of_all(self.subjects, self.pages, policy);
        let report = Report { rejects: self.rejects, overview: self.overview, ..report };
        match self.workload {
            Some(workload) => report.weighed(workload),
            None => report,
        }
    }
}

/// Why nothing can be read from an input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InputError {
    /// A capture that another version wrote.
    #[error(
        "{source_name}: the capture is \"{}\", and this perf-look reads \"{SCHEMA}\"; use the perf-look that wrote it, or record it again",
        crate::safe::line(schema)
    )]
    Version {
        /// The file, or `-`.
        source_name: String,
        /// What the file says.
        schema: String,
    },
    /// A file of ours that is no capture: a report.
    #[error(
        "{source_name}: this is \"{}\", not a plan; hand in the capture (--save) or the plan that it was made from",
        crate::safe::line(schema)
    )]
    NotInput {
        /// The file, or `-`.
        source_name: String,
        /// What the file says.
        schema: String,
    },
    /// A file that begins like a capture and is none.
    #[error("{source_name}: line {line}, column {column}: not a capture: {why}")]
    Capture {
        /// The file, or `-`.
        source_name: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// A text without a plan that can be read.
    #[error("{source_name}: {error}")]
    Plan {
        /// The file, or `-`.
        source_name: String,
        /// Where, what stands there, and what was expected.
        #[source]
        error: ParsePlanError,
    },
}

/// Reads a saved capture or the plans in a text. `source_name` is the file, or `-`; it names the subjects.
pub fn read(source_name: &str, text: &str) -> Result<Input, InputError> {
    let mut input =
        if begins_like_a_capture(text) { read_capture(source_name, text) } else { read_plans(source_name, text) }?;
    tell_apart(&mut input.subjects);
    Ok(input)
}

/// Captures that were put together by hand can name two statements alike.
fn tell_apart(subjects: &mut [Subject]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for subject in subjects {
        let count = seen.entry(subject.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            subject.name = format!("{} ({count})", subject.name);
        }
    }
}

/// The first key decides: no plan begins with one of these.
fn begins_like_a_capture(text: &str) -> bool {
    let Some(object) = text.trim_start_matches('\u{feff}').trim_start().strip_prefix('{') else { return false };
    let first = object.trim_start();
    ["\"schema\"", "\"perf_look\"", "\"statements\"", "\"pages\"", "\"overview\""]
        .iter()
        .any(|key| first.starts_with(key))
}

fn read_capture(source_name: &str, text: &str) -> Result<Input, InputError> {
    #[derive(Deserialize)]
    struct Header {
        schema: String,
    }
    let text = text.trim_start_matches('\u{feff}');
    let header: Header = serde_json::from_str(text).map_err(|error| not_a_capture(source_name, &error))?;
    if header.schema != SCHEMA {
        let (source_name, schema) = (source_name.to_owned(), header.schema);
        let is_capture = schema.starts_with("perf-look.capture/");
        return Err(if is_capture {
            InputError::Version { source_name, schema }
        } else {
            InputError::NotInput { source_name, schema }
        });
    }
    let capture: Capture = serde_json::from_str(text).map_err(|error| not_a_capture(source_name, &error))?;
    Ok(capture.input())
}

fn not_a_capture(source_name: &str, error: &serde_json::Error) -> InputError {
    let message = error.to_string();
    // serde_json adds the place to the message, which we hold as numbers.
    let why = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    InputError::Capture {
        source_name: source_name.to_owned(),
        line: error.line().max(1),
        column: error.column().max(1),
        why: crate::safe::line(why).into_owned(),
    }
}

fn read_plans(source_name: &str, text: &str) -> Result<Input, InputError> {
    let parsed = parse::parse(text).map_err(|error| InputError::Plan { source_name: source_name.to_owned(), error })?;
    let plans = parsed.plans.into_iter().enumerate();
    let subjects = plans.map(|(place, plan)| Subject::new(name_of(source_name, place), plan)).collect();
    let rejects = parsed.rejects.into_iter().map(|reject| Reject { source: source_name.to_owned(), ..reject });
    Ok(Input { subjects, rejects: rejects.collect(), ..Input::default() })
}

fn name_of(source_name: &str, place: usize) -> String {
    if place == 0 { source_name.to_owned() } else { format!("{source_name} plan {}", place + 1) }
}
