//! How long a page took to answer clicks, taps and keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, InData, Number};
use super::page::Page;

/// A click, tap or key, and how long it took until the page had painted an answer.
///
/// The three parts add up to [`Interaction::duration_us`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Since the navigation.
    pub start_us: u64,
    /// The event that took longest: `click`.
    pub kind: String,
    /// Until the first handler ran.
    pub input_delay_us: u64,
    /// While handlers ran.
    pub processing_us: u64,
    /// From then until the next frame was shown.
    pub presentation_us: u64,
}

impl Interaction {
    /// From the input to the frame that answers it.
    pub fn duration_us(&self) -> u64 {
        self.input_delay_us.saturating_add(self.processing_us).saturating_add(self.presentation_us)
    }
}

/// The interaction that stands for the page (INP): the longest, but one in fifty may be left out. None without any.
pub fn next_paint(interactions: &[Interaction]) -> Option<&Interaction> {
    let mut longest: Vec<&Interaction> = interactions.iter().collect();
    longest.sort_by_key(|interaction| (std::cmp::Reverse(interaction.duration_us()), interaction.start_us));
    // Ten are kept by the definition, and so no more than nine are left out.
    longest.get((interactions.len() / 50).min(9)).copied()
}

#[derive(Debug, Default)]
pub(super) struct Collected {
    begins: Vec<Begin>,
    /// Ends, by when: process, id.
    ends: Vec<(u64, i64, String)>,
}

#[derive(Debug)]
struct Begin {
    at_us: u64,
    process: i64,
    id: String,
    timing: TimingData,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TimingData {
    interaction_id: u64,
    r#type: String,
    /// These four in milliseconds, on a clock of the page's.
    duration: Number,
    time_stamp: Number,
    processing_start: Number,
    processing_end: Number,
}

/// An event of an interaction, from the input to the frame.
struct Timed {
    start_us: u64,
    end_us: u64,
    timing: TimingData,
}

impl Collected {
    pub(super) fn timing(&mut self, event: Event<'_, InData<TimingData>>) {
        let (at_us, process, id) = (event.start_us(), event.thread().process, event.id());
        match (&*event.ph, event.args.data) {
            ("b", Some(timing)) => self.begins.push(Begin { at_us, process, id, timing }),
            ("e", _) => self.ends.push((at_us, process, id)),
            _ => {}
        }
    }

    pub(super) fn finish(self, page: &Page) -> Vec<Interaction> {
        let mut by_interaction: BTreeMap<u64, Vec<Timed>> = BTreeMap::new();
        for timed in self.joined(page) {
            by_interaction.entry(timed.timing.interaction_id).or_default().push(timed);
        }
        let mut interactions: Vec<_> = by_interaction.values().filter_map(|events| interaction(page, events)).collect();
        interactions.sort_by(|left, right| (left.start_us, &left.kind).cmp(&(right.start_us, &right.kind)));
        interactions
    }

    /// Ids are used again once an event has ended: each end belongs to the last begin before it.
    fn joined(mut self, page: &Page) -> Vec<Timed> {
        self.begins.sort_by_key(|begin| begin.at_us);
        self.ends.sort();
        let mut open: BTreeMap<(i64, String), Vec<Begin>> = BTreeMap::new();
        let mut joined = Vec::new();
        let mut begins = self.begins.into_iter().filter(|begin| page.owns(begin.process, begin.at_us)).peekable();
        for (end_us, process, id) in self.ends {
            while let Some(begin) = begins.next_if(|begin| begin.at_us <= end_us) {
                open.entry((begin.process, begin.id.clone())).or_default().push(begin);
            }
            if let Some(begin) = open.get_mut(&(process, id)).and_then(Vec::pop) {
                joined.push(Timed { start_us: begin.at_us, end_us, timing: begin.timing });
            }
        }
        // What the trace does not end has its duration, in older browsers a multiple of 8 ms.
        let rest = begins.chain(open.into_values().flatten()).map(|begin| {
            let end_us = begin.at_us.saturating_add(begin.timing.duration.ms_as_us());
            Timed { start_us: begin.at_us, end_us, timing: begin.timing }
        });
        joined.extend(rest);
        joined.retain(|timed| timed.timing.interaction_id > 0);
        joined
    }
}

/// Of what the same frame answered, handlers ran from the first to the last: pointerup, mouseup and click are one.
fn interaction(page: &Page, events: &[Timed]) -> Option<Interaction> {
    let cost =
        |timed: &Timed| timed.timing.processing_end.ms_as_us().saturating_sub(timed.timing.processing_start.ms_as_us());
    let longest = events.iter().max_by_key(|timed| (timed.end_us.saturating_sub(timed.start_us), cost(timed)))?;
    let same_frame = || events.iter().filter(|timed| timed.end_us == longest.end_us);
    let first = same_frame().map(|timed| timed.timing.processing_start.ms_as_us()).min()?;
    let last = same_frame().map(|timed| timed.timing.processing_end.ms_as_us()).max()?;
    let input_delay_us = first.saturating_sub(longest.timing.time_stamp.ms_as_us());
    let processing_us = last.saturating_sub(first);
    let whole = longest.end_us.saturating_sub(longest.start_us);
    Some(Interaction {
        start_us: page.since_us(longest.start_us),
        kind: longest.timing.r#type.clone(),
        input_delay_us,
        processing_us,
        presentation_us: whole.saturating_sub(input_delay_us).saturating_sub(processing_us),
    })
}
