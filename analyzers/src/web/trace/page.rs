//! Which page a trace is of: its main frame, the process and thread that run it, and when it was navigated to.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::event::{Event, InData, Thread};

/// What a trace tells of processes, frames and navigations.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The main frame of the page that the trace was taken for, where that is known.
    expected: Option<String>,
    main_threads: BTreeMap<i64, i64>,
    frames: Vec<Committed>,
    navigations: Vec<Navigation>,
}

/// A document in a frame, as the browser process tells it.
#[derive(Debug)]
struct Committed {
    at_us: u64,
    frame: String,
    process: i64,
    url: String,
}

/// A main frame's navigation.
#[derive(Debug, Clone)]
pub(super) struct Navigation {
    pub(super) at_us: u64,
    pub(super) process: i64,
    pub(super) frame: String,
    pub(super) id: String,
    pub(super) url: String,
}

/// The page that counts.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The thread that runs scripts, style and layout of the main frame.
    pub(super) main: Option<Thread>,
    pub(super) frame: Option<String>,
    pub(super) url: Option<String>,
    /// The last navigation of the main frame.
    pub(super) navigation: Option<Navigation>,
    /// What times count from.
    pub(super) origin_us: u64,
    /// All processes that its main frame was in; empty where the trace tells of none.
    processes: Vec<i64>,
}

impl Page {
    /// Is it of the page's main thread, and not before the navigation?
    pub(super) fn runs(&self, thread: Thread, at_us: u64) -> bool {
        self.main == Some(thread) && self.origin_us <= at_us
    }

    /// Is it of the process of the page's main frame, and not before the navigation?
    pub(super) fn owns(&self, process: i64, at_us: u64) -> bool {
        self.main.is_some_and(|main| main.process == process) && self.origin_us <= at_us
    }

    /// Is it of a process that the main frame was in, at any time? All are where nothing tells which these are.
    pub(super) fn had(&self, process: i64) -> bool {
        self.processes.is_empty() || self.processes.contains(&process)
    }

    /// Is it of the main frame, and not before the navigation?
    pub(super) fn shows(&self, frame: &str, at_us: u64) -> bool {
        self.frame.as_deref() == Some(frame) && self.origin_us <= at_us
    }

    /// The time since the navigation.
    pub(super) fn since_us(&self, at_us: u64) -> u64 {
        at_us.saturating_sub(self.origin_us)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ThreadName {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Started {
    frames: Vec<FrameData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FrameData {
    frame: String,
    url: String,
    process_id: Option<i64>,
    parent: Option<String>,
    is_outermost_main_frame: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct NavigationData {
    #[serde(rename = "documentLoaderURL")]
    url: String,
    is_loading_main_frame: bool,
    is_outermost_main_frame: Option<bool>,
    navigation_id: String,
}

impl Pages {
    pub(super) fn expect(&mut self, frame: &str) {
        self.expected = Some(frame.to_owned());
    }

    pub(super) fn thread_name(&mut self, event: &Event<'_, ThreadName>) {
        if event.args.name == "CrRendererMain" {
            let Thread { process, thread } = event.thread();
            self.main_threads.insert(process, thread);
        }
    }

    pub(super) fn started(&mut self, event: Event<'_, InData<Started>>) {
        let at_us = event.start_us();
        for frame in event.args.data.unwrap_or_default().frames {
            self.frame(at_us, frame);
        }
    }

    pub(super) fn committed(&mut self, event: Event<'_, InData<FrameData>>) {
        let at_us = event.start_us();
        self.frame(at_us, event.args.data.unwrap_or_default());
    }

    fn frame(&mut self, at_us: u64, frame: FrameData) {
        let is_main = frame.parent.is_none() && frame.is_outermost_main_frame != Some(false);
        if let Some(process) = frame.process_id.filter(|_| is_main) {
            self.frames.push(Committed { at_us, frame: frame.frame, process, url: frame.url });
        }
    }

    pub(super) fn navigated(&mut self, event: Event<'_, InData<NavigationData>>) {
        let (at_us, process) = (event.start_us(), event.thread().process);
        let (Some(data), Some(frame)) = (event.args.data, event.args.frame) else { return };
        let is_main = data.is_loading_main_frame && data.is_outermost_main_frame != Some(false);
        // The empty document that each new frame has is a navigation without an address.
        if is_main && !data.url.is_empty() {
            self.navigations.push(Navigation { at_us, process, frame, id: data.navigation_id, url: data.url });
        }
    }

    /// The page; where nothing was navigated to, times count from the first event.
    pub(super) fn finish(mut self, first_us: u64) -> Page {
        self.frames.sort_by_key(|frame| frame.at_us);
        self.navigations.sort_by_key(|navigation| navigation.at_us);
        // Other tabs of the browser may navigate too: the trace was started for the page of the first frame.
        let frame = self.expected.or(self.frames.first().map(|first| first.frame.clone()));
        let is_ours = |of: &str| frame.as_deref().is_none_or(|frame| frame == of);
        let navigation = self.navigations.iter().rfind(|navigation| is_ours(&navigation.frame)).cloned();
        let committed = self.frames.iter().rfind(|committed| is_ours(&committed.frame));
        let navigations = self.navigations.iter().filter(|navigation| is_ours(&navigation.frame));
        let processes = navigations.map(|navigation| navigation.process).collect();
        let process = navigation.as_ref().map(|navigation| navigation.process);
        let process = process.or(committed.map(|committed| committed.process)).or(only_renderer(&self.main_threads));
        let main = process
            .and_then(|process| self.main_threads.get(&process).map(|thread| Thread { process, thread: *thread }));
        let url = navigation.as_ref().map(|navigation| navigation.url.clone());
        Page {
            main,
            url: url.or(committed.map(|committed| committed.url.clone())).filter(|url| !url.is_empty()),
            frame: frame.or(navigation.as_ref().map(|navigation| navigation.frame.clone())),
            origin_us: navigation.as_ref().map_or(first_us, |navigation| navigation.at_us),
            navigation,
            processes,
        }
    }
}

/// The renderer of a trace that was cut before the browser could name it.
fn only_renderer(main_threads: &BTreeMap<i64, i64>) -> Option<i64> {
    let mut processes = main_threads.keys();
    processes.next().copied().filter(|_| processes.next().is_none())
}
