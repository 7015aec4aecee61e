//! Nodes as they come, with numbers of their own, and the order that a profile keeps them in.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Function, Node, Profile, Sample};
use crate::web::place::Position;
use crate::web::trace::event::Number;

/// Nodes and samples of one profile, in any order.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// By number: what it is, and the number of what calls it.
    nodes: BTreeMap<u64, (Function, Option<u64>)>,
    /// Node and time, on the clock of the profile.
    samples: Vec<(u64, u64)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CallFrame {
    function_name: String,
    url: String,
    script_id: ScriptId,
    line_number: Option<Number>,
    column_number: Option<Number>,
}

/// A number in traces, text in profiles.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ScriptId {
    Number(Number),
    Text(String),
}

impl Default for ScriptId {
    fn default() -> Self {
        Self::Number(Number::default())
    }
}

impl CallFrame {
    /// Lines are from 0 here, and −1 for what has no script.
    fn function(self) -> Function {
        let count = |number: Number| u32::try_from(number.whole()).unwrap_or(u32::MAX);
        let line = self.line_number.filter(|line| line.value() >= 0.0);
        let at = line.map(|line| Position::from_zero(count(line), self.column_number.map_or(0, count)));
        let script_id = match self.script_id {
            ScriptId::Number(number) => count(number),
            ScriptId::Text(text) => text.parse().unwrap_or(0),
        };
        // The code of a script outside of functions has no name and begins where the script does.
        let begin = (script_id > 0).then_some(Position { line: 1, column: 1 });
        Function { name: self.function_name, url: self.url, at: at.or(begin), script_id, original: None }
    }
}

impl Tree {
    pub(crate) fn node(&mut self, id: u64, frame: CallFrame, parent: Option<u64>) {
        self.nodes.entry(id).or_insert_with(|| (frame.function(), parent));
    }

    /// Says who calls a node that is known.
    pub(crate) fn child(&mut self, parent: u64, child: u64) {
        if let Some((_, of)) = self.nodes.get_mut(&child).filter(|_| parent != child) {
            of.get_or_insert(parent);
        }
    }

    pub(crate) fn sample(&mut self, node: u64, at_us: u64) {
        self.samples.push((node, at_us));
    }

    /// The profile, and the place of each node in it by its number. What is not below a root is left out.
    pub(crate) fn finish(self, start_us: u64, end_us: Option<u64>) -> (Profile, BTreeMap<u64, usize>) {
        let (nodes, places) = ordered(self.nodes);
        let samples = self.samples.into_iter();
        let samples: Vec<Sample> =
            samples.filter_map(|(node, at_us)| places.get(&node).map(|node| Sample { at_us, node: *node })).collect();
        let last = samples.iter().map(|sample| sample.at_us).max().unwrap_or(start_us);
        // Without an end the last sample is as long as samples are.
        let interval = last.saturating_sub(start_us) / (samples.len() as u64).max(1);
        let end_us = end_us.filter(|end| last <= *end).unwrap_or(last.saturating_add(interval));
        (Profile { start_us, end_us, nodes, samples }.settle(), places)
    }
}

/// Callers before what they call, by their numbers otherwise.
fn ordered(mut from: BTreeMap<u64, (Function, Option<u64>)>) -> (Vec<Node>, BTreeMap<u64, usize>) {
    let mut called: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut next = Vec::new();
    for (id, (_, parent)) in from.iter().rev() {
        match parent.filter(|parent| from.contains_key(parent)) {
            Some(parent) => called.entry(parent).or_default().push(*id),
            None => next.push(*id),
        }
    }
    let (mut nodes, mut places) = (Vec::new(), BTreeMap::new());
    while let Some(id) = next.pop() {
        let Some((function, parent)) = from.remove(&id) else { continue };
        let parent = parent.and_then(|parent| places.get(&parent).copied());
        places.insert(id, nodes.len());
        nodes.push(Node { function, parent, self_us: 0, total_us: 0 });
        next.extend(called.remove(&id).unwrap_or_default());
    }
    (nodes, places)
}
