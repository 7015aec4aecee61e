//! Traces of Chromium: read as they stream in, kept as what they say of a page.
//!
//! A trace is JSON of a hundred megabytes and more, of which little matters. It is fed in pieces; of each event that
//! matters a few bytes are kept until the end, when it is known which process, thread and navigation were the page's.

mod document;
mod event;
mod interactions;
mod invalidation;
mod layouts;
mod marks;
mod page;
mod places;
mod profile;
mod scan;
mod selectors;
mod tasks;
mod timers;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use document::{Counters, DomStats};
pub use interactions::{Interaction, next_paint};
pub use invalidation::{InvalidatingSelector, Invalidation, Trigger};
pub use layouts::{ForcedSite, ForcedTask, LARGE_RECALC_ELEMENTS, LARGE_RECALC_US, LargeRecalc, Layouts};
pub use marks::{LargestPaint, Marks};
pub use profile::{CpuProfile, Function, FunctionCost, Node, Profile, QueryCost, ReadProfileError, Sample};
pub use selectors::{Restyled, SelectorRow};
pub use tasks::{LONG_TASK_US, LongTask, blocking_us};
pub use timers::TimerSite;

use event::Event;
use layouts::Kind;
use scan::{End, Found, Scanner};

/// Of so many events that could not be read it is kept where they are; the others are counted.
const KEPT_REJECTS: usize = 20;

/// What a trace says of a page.
///
/// Times count from the last navigation of the main frame ([`Trace::counts_from`]), and what was before it is left
/// out, but for the profile and the selectors. What was not recorded is none or empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The page that was navigated to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What times count from.
    pub counts_from: CountsFrom,
    /// That moment on the browser's clock, to compare with [`Profile::start_us`].
    pub origin_us: u64,
    /// How long the trace goes on after it.
    pub end_us: u64,
    /// Moments of the load.
    pub marks: Marks,
    /// Clicks, taps and keys, in the order of time.
    pub interactions: Vec<Interaction>,
    /// Tasks of more than 50 ms, in the order of time.
    pub long_tasks: Vec<LongTask>,
    /// Style and layout.
    pub layouts: Layouts,
    /// The main thread's samples, of the whole trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// What matching cost, by selector and stylesheet, of the whole trace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<SelectorRow>,
    /// What that was done for; none where matching was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restyled: Option<Restyled>,
    /// Elements of the main frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dom: Option<DomStats>,
    /// Nodes, listeners, memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<Counters>,
    /// Timers by where they were set, most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<TimerSite>,
    /// What made styles invalid, most elements first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invalidations: Vec<Invalidation>,
    /// What could not be read.
    #[serde(default)]
    pub rejects: Rejects,
}

/// What times count from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountsFrom {
    /// The last navigation of the main frame.
    Navigation,
    /// The first event, since the trace has no navigation.
    #[default]
    FirstEvent,
}

/// Events that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejects {
    /// All of them.
    pub count: u64,
    /// The first twenty.
    pub first: Vec<Reject>,
}

/// A part of a trace that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Where it begins, from 0.
    pub at_byte: u64,
    /// Its name, where it is an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What is wrong with it.
    pub why: String,
}

impl Trace {
    /// The interaction that stands for the page (INP).
    pub fn next_paint(&self) -> Option<&Interaction> {
        next_paint(&self.interactions)
    }

    /// How long tasks blocked the page between its first content and a moment (TBT), or the end of the trace. None
    /// where nothing was painted.
    pub fn blocking_us(&self, to_us: Option<u64>) -> Option<u64> {
        let from_us = self.marks.first_contentful_paint_us?;
        Some(blocking_us(&self.long_tasks, from_us, to_us.unwrap_or(self.end_us)))
    }
}

/// Text that holds no trace.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TraceError {
    /// There is nothing to read.
    #[error("the trace is empty: record it again")]
    Empty,
    /// There is text, but no list of events.
    #[error("not a trace of Chromium: {bytes} bytes without a list of \"traceEvents\"")]
    NoList {
        /// How many were read.
        bytes: u64,
    },
    /// There is a list, but nothing in it is an event.
    #[error("not a trace of Chromium: no event in {bytes} bytes{}", .first.as_ref().map_or(String::new(), |why| format!(", but {why}")))]
    NoEvents {
        /// How many were read.
        bytes: u64,
        /// What is wrong with the first thing that is none.
        first: Option<String>,
    },
}

/// Reads a trace that comes in pieces: `{"traceEvents": [..]}` or the bare list.
#[derive(Debug)]
pub struct Reader {
    scanner: Scanner,
    collected: Collected,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// Before the first piece.
    pub fn new() -> Self {
        Self { scanner: Scanner::new(), collected: Collected::default() }
    }

    /// The same, of the page with this main frame: a trace is of the whole browser, and some of its own windows are
    /// pages too.
    pub fn of_frame(frame: &str) -> Self {
        let mut reader = Self::new();
        reader.collected.pages.expect(frame);
        reader
    }

    /// Reads the next bytes; they may end anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let collected = &mut self.collected;
        self.scanner.feed(bytes, &mut |found| collected.found(&found));
    }

    /// What was read. A trace that ends in the middle is what came before, and a reject.
    pub fn finish(mut self) -> Result<Trace, TraceError> {
        let bytes = self.scanner.at_byte();
        if bytes == 0 {
            return Err(TraceError::Empty);
        }
        match self.scanner.end() {
            End::NoEvents => return Err(TraceError::NoList { bytes }),
            End::Cut => self.collected.reject(bytes, None, "the trace ends in the middle".to_owned()),
            End::Whole => {}
        }
        if self.collected.events == 0 {
            let first = self.collected.rejects.first.into_iter().next().map(|reject| reject.why);
            return Err(TraceError::NoEvents { bytes, first });
        }
        Ok(self.collected.finish())
    }
}

/// What was read so far.
#[derive(Debug, Default)]
struct Collected {
    events: u64,
    clock: Clock,
    pages: page::Pages,
    marks: marks::Collected,
    interactions: interactions::Collected,
    tasks: tasks::Collected,
    layouts: layouts::Collected,
    profiles: profile::chunks::Collected,
    selectors: selectors::Collected,
    document: document::Collected,
    timers: timers::Collected,
    invalidations: invalidation::Collected,
    rejects: Rejects,
}

/// When the trace begins and ends.
#[derive(Debug, Default)]
struct Clock {
    first_us: Option<u64>,
    last_us: u64,
}

impl Clock {
    /// Reads an event, and looks when it was.
    fn read<'a, A: DeserializeOwned + Default>(&mut self, text: &'a [u8]) -> serde_json::Result<Event<'a, A>> {
        let event: Event<'_, A> = serde_json::from_slice(text)?;
        let start_us = event.start_us();
        // Names of threads are at 0, which is the start of the machine.
        if start_us > 0 {
            self.first_us = Some(self.first_us.map_or(start_us, |first| first.min(start_us)));
            self.last_us = self.last_us.max(start_us.saturating_add(event.duration_us()));
        }
        Ok(event)
    }
}

impl Collected {
    fn found(&mut self, found: &Found<'_>) {
        match *found {
            Found::Garbage { at_byte, why } => self.reject(at_byte, None, why.to_owned()),
            Found::Event { at_byte, name, category, text } => {
                self.events += 1;
                if category == b"loading" {
                    self.marks.has_shifts();
                }
                if let Err(error) = self.event(name, text) {
                    let name = String::from_utf8_lossy(name).into_owned();
                    self.reject(at_byte, Some(name), error.to_string());
                }
            }
        }
    }

    fn reject(&mut self, at_byte: u64, event: Option<String>, why: String) {
        self.rejects.count += 1;
        if self.rejects.first.len() < KEPT_REJECTS {
            self.rejects.first.push(Reject { at_byte, event, why });
        }
    }

    /// Reads an event if its name is one of ours.
    fn event(&mut self, name: &[u8], text: &[u8]) -> serde_json::Result<()> {
        match name {
            b"RunTask" => self.tasks.task(&self.clock.read(text)?),
            b"UpdateLayoutTree" => {
                let event = self.clock.read(text)?;
                self.selectors.restyled(&event);
                self.layouts.update(event, Kind::Style);
            }
            b"Layout" => self.layouts.update(self.clock.read(text)?, Kind::Layout),
            b"Profile" => self.profiles.profile(self.clock.read(text)?),
            b"ProfileChunk" => self.profiles.chunk(self.clock.read(text)?),
            b"EventTiming" => self.interactions.timing(self.clock.read(text)?),
            b"SelectorStats" => self.selectors.stats(self.clock.read(text)?),
            b"DOMStats" => self.document.dom(self.clock.read(text)?),
            b"UpdateCounters" => self.document.counters(self.clock.read(text)?),
            b"TimerInstall" => self.timers.installed(self.clock.read(text)?),
            b"TimerFire" => self.timers.fired(self.clock.read(text)?),
            b"ScheduleStyleInvalidationTracking" => self.invalidations.scheduled(self.clock.read(text)?),
            b"StyleInvalidatorInvalidationTracking" => self.invalidations.reached(self.clock.read(text)?),
            b"StyleRecalcInvalidationTracking" => self.invalidations.recalc(self.clock.read(text)?),
            _ => return self.load_event(name, text),
        }
        Ok(())
    }

    /// The few events that a load has once.
    fn load_event(&mut self, name: &[u8], text: &[u8]) -> serde_json::Result<()> {
        match name {
            b"thread_name" => self.pages.thread_name(&self.clock.read(text)?),
            b"TracingStartedInBrowser" => self.pages.started(self.clock.read(text)?),
            b"FrameCommittedInBrowser" => self.pages.committed(self.clock.read(text)?),
            b"navigationStart" => self.pages.navigated(self.clock.read(text)?),
            b"firstContentfulPaint" => self.marks.paint(self.clock.read(text)?),
            b"largestContentfulPaint::Candidate" => self.marks.largest(self.clock.read(text)?),
            b"LayoutShift" => self.marks.shift(self.clock.read(text)?),
            b"MarkDOMContent" => self.marks.dom_content(self.clock.read(text)?),
            b"MarkLoad" => self.marks.load(self.clock.read(text)?),
            b"loadEventEnd" => self.marks.load_end(self.clock.read(text)?),
            b"ResourceReceiveResponse" => self.marks.response(self.clock.read(text)?),
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Trace {
        let page = self.pages.finish(self.clock.first_us.unwrap_or(0));
        let sampled = self.profiles.finish(&page);
        let tasks = self.tasks.finish(&page);
        let (dom, counters) = self.document.finish(&page);
        let layouts = self.layouts.finish(&page, &tasks, sampled.as_ref());
        let profile = sampled.map(|sampled| sampled.profile);
        let is_navigated = page.navigation.is_some();
        let (selectors, restyled) = self.selectors.finish(&page);
        Trace {
            counts_from: if is_navigated { CountsFrom::Navigation } else { CountsFrom::FirstEvent },
            origin_us: page.origin_us,
            end_us: page.since_us(self.clock.last_us),
            marks: self.marks.finish(&page),
            interactions: self.interactions.finish(&page),
            long_tasks: tasks::long(&tasks, &page, profile.as_ref()),
            layouts,
            profile,
            selectors,
            restyled,
            dom,
            counters,
            timers: self.timers.finish(&page),
            invalidations: self.invalidations.finish(&page),
            rejects: self.rejects,
            url: page.url,
        }
    }
}
