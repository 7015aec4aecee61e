//! Profiles as files: the JSON that the browser's profiler answers and that editors open.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::tree::{CallFrame, Tree};
use super::{Function, Profile};
use crate::web::trace::event::Number;

/// Text that is no CPU profile.
#[derive(Debug, Error)]
#[error("not a CPU profile: expected the JSON of a .cpuprofile file, with \"nodes\", \"samples\" and \"timeDeltas\"")]
pub struct ReadProfileError(#[source] serde_json::Error);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    nodes: Vec<ReadNode>,
    #[serde(default)]
    start_time: Number,
    #[serde(default)]
    end_time: Option<Number>,
    samples: Vec<u64>,
    time_deltas: Vec<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadNode {
    id: u64,
    call_frame: CallFrame,
    #[serde(default)]
    parent: Option<u64>,
    #[serde(default)]
    children: Vec<u64>,
}

/// A profile as the file has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CpuProfile<'a> {
    nodes: Vec<WrittenNode<'a>>,
    start_time: u64,
    end_time: u64,
    samples: Vec<usize>,
    time_deltas: Vec<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenNode<'a> {
    id: usize,
    call_frame: WrittenFrame<'a>,
    hit_count: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenFrame<'a> {
    function_name: &'a str,
    script_id: String,
    url: &'a str,
    line_number: i64,
    column_number: i64,
}

impl Profile {
    /// Reads the JSON of a `.cpuprofile` file, or the `profile` that the DevTools protocol's `Profiler.stop` answers.
    pub fn from_cpuprofile(text: &str) -> Result<Self, ReadProfileError> {
        let read: Read = serde_json::from_str(text).map_err(ReadProfileError)?;
        let mut tree = Tree::default();
        let mut calls = Vec::new();
        for node in read.nodes {
            calls.extend(node.children.iter().map(|child| (node.id, *child)));
            tree.node(node.id, node.call_frame, node.parent);
        }
        for (parent, child) in calls {
            tree.child(parent, child);
        }
        let start_us = read.start_time.whole();
        let mut at_us = start_us;
        for (node, delta) in read.samples.into_iter().zip(read.time_deltas) {
            at_us = at_us.saturating_add_signed(delta);
            tree.sample(node, at_us);
        }
        Ok(tree.finish(start_us, read.end_time.map(Number::whole)).0)
    }

    /// What a `.cpuprofile` file holds, to be written as JSON.
    pub fn cpuprofile(&self) -> CpuProfile<'_> {
        let mut nodes: Vec<WrittenNode<'_>> =
            self.nodes.iter().enumerate().map(|(at, node)| written(at, &node.function)).collect();
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                nodes[parent].children.push(at + 1);
            }
        }
        let mut before = self.start_us;
        let mut time_deltas = Vec::with_capacity(self.samples.len());
        for sample in &self.samples {
            nodes[sample.node].hit_count += 1;
            time_deltas.push(sample.at_us.saturating_sub(before));
            before = sample.at_us.max(before);
        }
        let samples = self.samples.iter().map(|sample| sample.node + 1).collect();
        CpuProfile { nodes, start_time: self.start_us, end_time: self.end_us, samples, time_deltas }
    }
}

fn written(at: usize, function: &Function) -> WrittenNode<'_> {
    let from_zero = |number: Option<u32>| number.map_or(-1, |number| i64::from(number) - 1);
    WrittenNode {
        id: at + 1,
        call_frame: WrittenFrame {
            function_name: &function.name,
            script_id: function.script_id.to_string(),
            url: &function.url,
            line_number: from_zero(function.at.map(|at| at.line)),
            column_number: from_zero(function.at.map(|at| at.column)),
        },
        hit_count: 0,
        children: Vec::new(),
    }
}
