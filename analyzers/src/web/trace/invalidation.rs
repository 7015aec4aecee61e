//! Which changes made the styles of how many elements invalid.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{Event, InData, StackFrame, sites};
use super::page::Page;
use crate::web::place::Site;

/// Changes of one kind from one place, and what they made invalid, since the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalidation {
    /// What was changed.
    pub trigger: Trigger,
    /// Where; none where the parser or the browser did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// An element that it was changed on, as `DIV id='list'`.
    pub node: String,
    /// How often.
    pub changes: u64,
    /// Elements that became invalid, in all.
    pub nodes: u64,
    /// The most that became so after one change. Changes that are worked off together count as their last.
    pub most_nodes: u64,
    /// Whole subtrees among them, each counted as one element.
    pub subtrees: u64,
    /// The selectors that made them so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<InvalidatingSelector>,
}

/// What a change was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Trigger {
    /// A class was added or removed.
    Class(String),
    /// An id.
    Id(String),
    /// An attribute.
    Attribute(String),
    /// A state as `hover`.
    Pseudo(String),
    /// Anything else, in the browser's words: `Inline CSS style declaration was mutated`.
    Other(String),
}

/// A selector that a change could make match or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InvalidatingSelector {
    /// As the engine writes it.
    pub selector: String,
    /// The browser's number of the stylesheet.
    #[serde(rename = "style_sheet_id")]
    pub style_sheet_id: String,
}

/// Events in short; texts by their place in lists.
#[derive(Debug, Default)]
pub(super) struct Collected {
    events: Vec<(u64, i64, What)>,
    causes: BTreeMap<(Trigger, Option<Site>), usize>,
    nodes: Vec<String>,
    selectors: BTreeMap<InvalidatingSelector, usize>,
    selector_lists: BTreeMap<Vec<usize>, usize>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// A change that has its effect later.
    Scheduled { cause: usize, set: u64 },
    /// An element in reach of a scheduled change.
    Reached { set: u64, node: u64, selectors: usize },
    /// A change to one element.
    Changed { cause: usize, reach: Reach },
    /// An element that was reached with all below it.
    Subtree { node: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Element,
    Subtree,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Scheduled {
    changed_class: Option<String>,
    changed_id: Option<String>,
    changed_attribute: Option<String>,
    changed_pseudo: Option<String>,
    invalidated_selector_id: String,
    invalidation_set: String,
    node_name: String,
    stack_trace: Vec<StackFrame>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Reached {
    invalidation_list: Vec<Set>,
    node_id: u64,
    reason: String,
    selectors: Vec<SelectorData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Set {
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SelectorData {
    selector: String,
    style_sheet_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Recalc {
    extra_data: String,
    node_id: u64,
    node_name: String,
    reason: String,
    subtree: bool,
    stack_trace: Vec<StackFrame>,
}

/// What the engine says of an element that a scheduled change is on; not one that it reaches.
const PENDING: &str = "Element has pending invalidation list";

/// What it says of one that was reached, after it said so in an event of its own.
const REACHED: &str = "Related style rule";

/// The address of a set: `0x1bfc00a52b40`.
fn set(address: &str) -> u64 {
    u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap_or(0)
}

impl Scheduled {
    fn trigger(&mut self) -> Trigger {
        let of = |name: &mut Option<String>, trigger: fn(String) -> Trigger| name.take().map(trigger);
        of(&mut self.changed_class, Trigger::Class)
            .or_else(|| of(&mut self.changed_id, Trigger::Id))
            .or_else(|| of(&mut self.changed_attribute, Trigger::Attribute))
            .or_else(|| of(&mut self.changed_pseudo, Trigger::Pseudo))
            .unwrap_or_else(|| Trigger::Other(std::mem::take(&mut self.invalidated_selector_id)))
    }
}

impl Collected {
    pub(super) fn scheduled(&mut self, event: Event<'_, InData<Scheduled>>) {
        let (at_us, process) = (event.start_us(), event.thread().process);
        let Some(mut data) = event.args.data else { return };
        let set = set(&data.invalidation_set);
        let trigger = data.trigger();
        let cause = self.cause(trigger, data.stack_trace, data.node_name);
        self.events.push((at_us, process, What::Scheduled { cause, set }));
    }

    pub(super) fn reached(&mut self, event: Event<'_, InData<Reached>>) {
        let (at_us, process) = (event.start_us(), event.thread().process);
        let Some(data) = event.args.data else { return };
        let Some(first) = data.invalidation_list.first().filter(|_| data.reason != PENDING) else { return };
        let set = set(&first.id);
        let selectors = self.selector_list(data.selectors);
        self.events.push((at_us, process, What::Reached { set, node: data.node_id, selectors }));
    }

    pub(super) fn recalc(&mut self, event: Event<'_, InData<Recalc>>) {
        let (at_us, process) = (event.start_us(), event.thread().process);
        let Some(data) = event.args.data else { return };
        let reach = if data.subtree { Reach::Subtree } else { Reach::Element };
        if data.reason == REACHED {
            if reach == Reach::Subtree {
                self.events.push((at_us, process, What::Subtree { node: data.node_id }));
            }
            return;
        }
        let trigger = match &*data.reason {
            "PseudoClass" => Trigger::Pseudo(data.extra_data.trim_start_matches(':').to_owned()),
            _ => Trigger::Other(data.reason),
        };
        let cause = self.cause(trigger, data.stack_trace, data.node_name);
        self.events.push((at_us, process, What::Changed { cause, reach }));
    }

    fn cause(&mut self, trigger: Trigger, stack: Vec<StackFrame>, node: String) -> usize {
        let next = self.causes.len();
        let cause = *self.causes.entry((trigger, sites(stack).into_iter().next())).or_insert(next);
        if cause == next {
            self.nodes.push(node);
        }
        cause
    }

    fn selector_list(&mut self, selectors: Vec<SelectorData>) -> usize {
        let places = selectors.into_iter().map(|SelectorData { selector, style_sheet_id }| {
            let next = self.selectors.len();
            *self.selectors.entry(InvalidatingSelector { selector, style_sheet_id }).or_insert(next)
        });
        let places: Vec<usize> = places.collect();
        let next = self.selector_lists.len();
        *self.selector_lists.entry(places).or_insert(next)
    }

    /// What made most elements invalid first.
    pub(super) fn finish(mut self, page: &Page) -> Vec<Invalidation> {
        self.events.retain(|(at_us, process, _)| page.owns(*process, *at_us));
        self.events.sort_by_key(|(at_us, ..)| *at_us);
        let mut sums: Vec<Sum> = self.nodes.iter().map(|_| Sum::default()).collect();
        let mut latest: BTreeMap<u64, usize> = BTreeMap::new();
        let mut reached_by: BTreeMap<u64, usize> = BTreeMap::new();
        for (.., what) in &self.events {
            match *what {
                What::Scheduled { cause, set } => {
                    sums[cause].change();
                    latest.insert(set, cause);
                }
                What::Changed { cause, reach } => {
                    sums[cause].change();
                    sums[cause].reach(None);
                    sums[cause].subtrees += u64::from(reach == Reach::Subtree);
                }
                What::Reached { set, node, selectors } => {
                    let Some(cause) = latest.get(&set) else { continue };
                    sums[*cause].reach(Some(selectors));
                    reached_by.insert(node, *cause);
                }
                What::Subtree { node } => {
                    if let Some(cause) = reached_by.get(&node) {
                        sums[*cause].subtrees += 1;
                    }
                }
            }
        }
        self.told(sums)
    }

    fn told(self, mut sums: Vec<Sum>) -> Vec<Invalidation> {
        let mut selectors: Vec<&InvalidatingSelector> = self.selectors.keys().collect();
        selectors.sort_by_key(|selector| self.selectors[*selector]);
        let mut lists: Vec<&[usize]> = self.selector_lists.keys().map(Vec::as_slice).collect();
        lists.sort_by_key(|list| self.selector_lists[*list]);
        let mut told = Vec::new();
        for ((trigger, site), cause) in self.causes {
            let sum = std::mem::take(&mut sums[cause]);
            let of: BTreeSet<_> = sum.selector_lists.iter().flat_map(|list| lists[*list]).collect();
            let mut of: Vec<_> = of.into_iter().map(|selector| selectors[*selector].clone()).collect();
            of.sort();
            let invalidation = Invalidation {
                trigger,
                site,
                node: self.nodes[cause].clone(),
                changes: sum.changes,
                nodes: sum.nodes,
                most_nodes: sum.most_nodes,
                subtrees: sum.subtrees,
                selectors: of,
            };
            told.extend(Some(invalidation).filter(|told| told.changes > 0));
        }
        told.sort_by_key(|told| std::cmp::Reverse((told.nodes, told.changes)));
        told
    }
}

/// What the changes of one cause did.
#[derive(Default)]
struct Sum {
    changes: u64,
    nodes: u64,
    /// Since the last change.
    of_change: u64,
    most_nodes: u64,
    subtrees: u64,
    selector_lists: BTreeSet<usize>,
}

impl Sum {
    fn change(&mut self) {
        self.changes += 1;
        self.of_change = 0;
    }

    fn reach(&mut self, selectors: Option<usize>) {
        self.nodes += 1;
        self.of_change += 1;
        self.most_nodes = self.most_nodes.max(self.of_change);
        self.selector_lists.extend(selectors);
    }
}
