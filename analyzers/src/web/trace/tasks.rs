//! Tasks of the main thread that are long enough to be felt.

use serde::{Deserialize, Serialize};

use super::event::{Event, Nothing, Thread};
use super::page::Page;
use super::profile::{FunctionCost, Profile};

/// A task that is longer keeps the page from answering.
pub const LONG_TASK_US: u64 = 50_000;

/// More functions of a task than these are not worth a line.
const HEAVIEST: usize = 10;

/// A task of the main thread of more than 50 ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongTask {
    /// Since the navigation.
    pub start_us: u64,
    /// From its begin to its end.
    pub duration_us: u64,
    /// What ran in it, each with its own time, heaviest first, at most ten. Empty where nothing was sampled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionCost>,
}

/// The time that long tasks blocked the page between two moments (TBT): of each what is over 50 ms.
///
/// Of a task that began before or ended after, what is between counts.
pub fn blocking_us(tasks: &[LongTask], from_us: u64, to_us: u64) -> u64 {
    let blocked = tasks.iter().map(|task| {
        let end = task.start_us.saturating_add(task.duration_us).min(to_us);
        end.saturating_sub(task.start_us.max(from_us)).saturating_sub(LONG_TASK_US)
    });
    blocked.sum()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start_us: u64,
    pub(super) duration_us: u64,
}

impl Span {
    pub(super) fn end_us(self) -> u64 {
        self.start_us.saturating_add(self.duration_us)
    }
}

#[derive(Debug, Default)]
pub(super) struct Collected {
    tasks: Vec<(Thread, Span)>,
}

impl Collected {
    pub(super) fn task(&mut self, event: &Event<'_, Nothing>) {
        if event.ph == "X" {
            let span = Span { start_us: event.start_us(), duration_us: event.duration_us() };
            self.tasks.push((event.thread(), span));
        }
    }

    /// The tasks of the page's main thread in their order, without those that run inside another.
    pub(super) fn finish(self, page: &Page) -> Vec<Span> {
        let of_page = self.tasks.into_iter().filter(|(thread, span)| page.runs(*thread, span.start_us));
        let mut spans: Vec<Span> = of_page.map(|(_, span)| span).collect();
        spans.sort_by_key(|span| (span.start_us, std::cmp::Reverse(span.duration_us)));
        let mut end_us = 0;
        spans.retain(|span| {
            let is_outer = end_us <= span.start_us;
            end_us = end_us.max(span.end_us());
            is_outer
        });
        spans
    }
}

/// The long ones of these.
pub(super) fn long(tasks: &[Span], page: &Page, profile: Option<&Profile>) -> Vec<LongTask> {
    let long = tasks.iter().filter(|task| LONG_TASK_US < task.duration_us);
    long.map(|task| {
        let functions = profile.map(|profile| profile.heaviest(task.start_us, task.end_us()));
        let mut functions = functions.unwrap_or_default();
        functions.truncate(HEAVIEST);
        LongTask { start_us: page.since_us(task.start_us), duration_us: task.duration_us, functions }
    })
    .collect()
}
