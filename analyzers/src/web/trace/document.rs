//! How large a page is: its elements, and what the browser counts of it.

use serde::{Deserialize, Serialize};

use super::event::{Event, InData, Number};
use super::page::Page;

/// The main frame's elements at the end, over shadow roots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomStats {
    /// All elements.
    pub elements: u64,
    /// How deep the deepest one is.
    pub depth: u64,
    /// That one, as `SPAN class='c'`.
    pub deepest: Option<String>,
    /// The most children of one element.
    pub children: u64,
    /// That element.
    pub widest: Option<String>,
}

/// What the process of the main frame held at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Nodes, also of text, also detached ones.
    pub nodes: u64,
    /// Documents, frames' and the browser's own included.
    pub documents: u64,
    /// Listeners in JavaScript.
    pub listeners: u64,
    /// Of JavaScript, garbage that is not collected yet included.
    pub heap_bytes: u64,
}

/// The trace is read before it is known whose numbers count: the last of each frame and thread are kept.
#[derive(Debug, Default)]
pub(super) struct Collected {
    dom: Vec<(u64, DomData)>,
    counters: Vec<(super::event::Thread, u64, CountersData)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DomData {
    frame: String,
    total_elements: Number,
    max_depth: Depth,
    max_children: Children,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Depth {
    depth: Number,
    node_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Children {
    num_children: Number,
    node_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CountersData {
    nodes: Number,
    documents: Number,
    js_event_listeners: Number,
    js_heap_size_used: Number,
}

impl Collected {
    pub(super) fn dom(&mut self, event: Event<'_, InData<DomData>>) {
        let at_us = event.start_us();
        let Some(data) = event.args.data else { return };
        match self.dom.iter_mut().find(|(_, of)| of.frame == data.frame) {
            Some(kept) if kept.0 <= at_us => *kept = (at_us, data),
            Some(_) => {}
            None => self.dom.push((at_us, data)),
        }
    }

    pub(super) fn counters(&mut self, event: Event<'_, InData<CountersData>>) {
        let (thread, at_us) = (event.thread(), event.start_us());
        let Some(data) = event.args.data else { return };
        match self.counters.iter_mut().find(|(of, ..)| *of == thread) {
            Some(kept) if kept.1 <= at_us => *kept = (thread, at_us, data),
            Some(_) => {}
            None => self.counters.push((thread, at_us, data)),
        }
    }

    pub(super) fn finish(self, page: &Page) -> (Option<DomStats>, Option<Counters>) {
        let dom = self.dom.into_iter().find(|(at_us, data)| page.shows(&data.frame, *at_us));
        let counters = self.counters.into_iter().find(|(thread, at_us, _)| page.runs(*thread, *at_us));
        (dom.map(|(_, data)| dom_stats(data)), counters.map(|(.., data)| counted(&data)))
    }
}

fn dom_stats(data: DomData) -> DomStats {
    DomStats {
        elements: data.total_elements.whole(),
        depth: data.max_depth.depth.whole(),
        deepest: data.max_depth.node_name,
        children: data.max_children.num_children.whole(),
        widest: data.max_children.node_name,
    }
}

fn counted(data: &CountersData) -> Counters {
    Counters {
        nodes: data.nodes.whole(),
        documents: data.documents.whole(),
        listeners: data.js_event_listeners.whole(),
        heap_bytes: data.js_heap_size_used.whole(),
    }
}
