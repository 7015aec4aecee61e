//! Timers that scripts set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, InData, Number, StackFrame, sites};
use super::page::Page;
use crate::web::place::Site;

/// The timers that a place in a script set since the navigation, in all frames of the page's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerSite {
    /// Where; none where the trace has no stacks.
    pub site: Option<Site>,
    /// How many were set.
    pub installs: u64,
    /// Of these, to run as soon as possible.
    pub zero_timeouts: u64,
    /// Of these, to run again and again.
    pub recurring: u64,
    /// How often one of them ran.
    pub fires: u64,
}

#[derive(Debug, Default)]
pub(super) struct Collected {
    events: Vec<Timer>,
    stacks: BTreeMap<Option<Site>, usize>,
}

#[derive(Debug)]
struct Timer {
    at_us: u64,
    process: i64,
    frame: String,
    id: u64,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Installed { site: usize, timeout: Timeout },
    Fired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timeout {
    Zero,
    Later,
    Recurring,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TimerData {
    frame: String,
    timer_id: u64,
    timeout: Number,
    single_shot: bool,
    stack_trace: Vec<StackFrame>,
}

impl Collected {
    pub(super) fn installed(&mut self, event: Event<'_, InData<TimerData>>) {
        let (at_us, process) = (event.start_us(), event.thread().process);
        let Some(data) = event.args.data else { return };
        let next = self.stacks.len();
        let site = *self.stacks.entry(sites(data.stack_trace).into_iter().next()).or_insert(next);
        let timeout = match data.timeout.whole() {
            _ if !data.single_shot => Timeout::Recurring,
            0 => Timeout::Zero,
            _ => Timeout::Later,
        };
        let what = What::Installed { site, timeout };
        self.events.push(Timer { at_us, process, frame: data.frame, id: data.timer_id, what });
    }

    pub(super) fn fired(&mut self, event: Event<'_, InData<TimerData>>) {
        let (at_us, process) = (event.start_us(), event.thread().process);
        let Some(data) = event.args.data else { return };
        self.events.push(Timer { at_us, process, frame: data.frame, id: data.timer_id, what: What::Fired });
    }

    /// Most first, then by place.
    pub(super) fn finish(mut self, page: &Page) -> Vec<TimerSite> {
        self.events.retain(|timer| page.owns(timer.process, timer.at_us));
        self.events.sort_by_key(|timer| timer.at_us);
        let mut counted: BTreeMap<usize, TimerSite> = BTreeMap::new();
        let mut installed: BTreeMap<(String, u64), usize> = BTreeMap::new();
        for timer in self.events {
            let key = (timer.frame, timer.id);
            match timer.what {
                What::Installed { site, timeout } => {
                    counted.entry(site).or_insert_with(TimerSite::none).add(timeout);
                    installed.insert(key, site);
                }
                What::Fired => {
                    if let Some(at) = installed.get(&key).and_then(|site| counted.get_mut(site)) {
                        at.fires += 1;
                    }
                }
            }
        }
        let sites = self.stacks.into_iter().filter_map(|(site, at)| Some(TimerSite { site, ..counted.remove(&at)? }));
        let mut sites: Vec<TimerSite> = sites.collect();
        sites.sort_by_key(|site| std::cmp::Reverse(site.installs));
        sites
    }
}

impl TimerSite {
    fn none() -> Self {
        Self { site: None, installs: 0, zero_timeouts: 0, recurring: 0, fires: 0 }
    }

    fn add(&mut self, timeout: Timeout) {
        self.installs += 1;
        self.zero_timeouts += u64::from(timeout == Timeout::Zero);
        self.recurring += u64::from(timeout == Timeout::Recurring);
    }
}
