//! What matching cost, selector by selector.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, Number};
use super::layouts;
use super::page::Page;

/// A selector of a stylesheet, and what the engine did to match it. All recalculations together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectorRow {
    /// As the engine writes it.
    pub selector: String,
    /// The browser's number of the stylesheet, `ua-style-sheet` for its own.
    pub style_sheet_id: String,
    /// In how many recalculations it was tried.
    pub recalcs: u64,
    /// How often an element was held against it.
    pub match_attempts: u64,
    /// How many of them the bloom filter of ancestors answered.
    pub fast_reject_count: u64,
    /// How many matched.
    pub match_count: u64,
    /// The matcher's own clock: to rank by, not to add up.
    pub elapsed_us: u64,
}

/// What selectors were matched for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restyled {
    /// Recalculations of style.
    pub recalcs: u64,
    /// Elements that got a style, in all of them.
    pub elements: u64,
}

/// Of the whole trace, by process: a table for each recalculation would not fit in memory.
#[derive(Debug, Default)]
pub(super) struct Collected {
    rows: BTreeMap<(i64, String, String), SelectorRow>,
    restyled: BTreeMap<i64, Restyled>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Args {
    selector_stats: Option<Stats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    selector_timings: Vec<Timing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timing {
    selector: String,
    style_sheet_id: String,
    #[serde(rename = "elapsed (us)")]
    elapsed: Number,
    fast_reject_count: Number,
    match_attempts: Number,
    match_count: Number,
}

impl Collected {
    pub(super) fn stats(&mut self, event: Event<'_, Args>) {
        let process = event.thread().process;
        // A recalculation that tried no rule has no table.
        for timing in event.args.selector_stats.unwrap_or_default().selector_timings {
            self.add(process, timing);
        }
    }

    /// A recalculation.
    pub(super) fn restyled(&mut self, event: &Event<'_, layouts::Args>) {
        let restyled = self.restyled.entry(event.thread().process).or_default();
        restyled.recalcs += 1;
        restyled.elements = restyled.elements.saturating_add(event.args.element_count.whole());
    }

    fn add(&mut self, process: i64, timing: Timing) {
        let key = (process, timing.selector, timing.style_sheet_id);
        let row = self.rows.entry(key).or_insert_with_key(|(_, selector, style_sheet_id)| SelectorRow {
            selector: selector.clone(),
            style_sheet_id: style_sheet_id.clone(),
            recalcs: 0,
            match_attempts: 0,
            fast_reject_count: 0,
            match_count: 0,
            elapsed_us: 0,
        });
        row.recalcs += 1;
        row.match_attempts = row.match_attempts.saturating_add(timing.match_attempts.whole());
        row.fast_reject_count = row.fast_reject_count.saturating_add(timing.fast_reject_count.whole());
        row.match_count = row.match_count.saturating_add(timing.match_count.whole());
        row.elapsed_us = row.elapsed_us.saturating_add(timing.elapsed.whole());
    }

    /// Of the page's processes, by selector, then stylesheet.
    pub(super) fn finish(self, page: &Page) -> (Vec<SelectorRow>, Option<Restyled>) {
        let ours = self.rows.into_iter().filter(|((process, ..), _)| page.had(*process));
        let mut rows: Vec<SelectorRow> = ours.map(|(_, row)| row).collect();
        rows.sort_by(|a, b| (&a.selector, &a.style_sheet_id).cmp(&(&b.selector, &b.style_sheet_id)));
        let restyled = self.restyled.into_iter().filter(|(process, _)| page.had(*process));
        let sum = restyled.fold(Restyled::default(), |sum, (_, of)| Restyled {
            recalcs: sum.recalcs + of.recalcs,
            elements: sum.elements.saturating_add(of.elements),
        });
        let restyled = (!rows.is_empty()).then_some(sum);
        (rows, restyled)
    }
}
