//! Profiles as a trace has them: a piece every few milliseconds, of several threads.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Profile;
use super::tree::{CallFrame, Tree};
use crate::web::trace::event::{Event, InData, Number, Thread};
use crate::web::trace::page::Page;

/// The profiles of a trace, by process and number.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    profiles: BTreeMap<(i64, String), Pieces>,
}

#[derive(Debug, Default)]
struct Pieces {
    /// The thread that is sampled; pieces come from another.
    of: Option<Thread>,
    start_us: Option<u64>,
    end_us: Option<u64>,
    tree: Tree,
    /// By the time of their piece, since pieces may be out of order.
    samples: Vec<(u64, Vec<Taken>)>,
    /// Nodes by the number of the moment that another event names.
    moments: BTreeMap<u64, u64>,
}

/// A node, and how long after the sample before.
#[derive(Debug)]
struct Taken {
    node: u32,
    delta_us: i32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ProfileData {
    start_time: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ChunkData {
    cpu_profile: ChunkProfile,
    time_deltas: Vec<i32>,
    end_time: Option<Number>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChunkProfile {
    nodes: Vec<ChunkNode>,
    samples: Vec<u32>,
    trace_ids: BTreeMap<u64, u64>,
    #[serde(rename = "endTime")]
    end_time: Option<Number>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChunkNode {
    id: u64,
    #[serde(default)]
    parent: Option<u64>,
    call_frame: CallFrame,
}

/// The profile of a page's main thread.
#[derive(Debug)]
pub(crate) struct Sampled {
    pub(crate) profile: Profile,
    /// The place of the node that ran, by the number of the moment.
    pub(crate) moments: BTreeMap<u64, usize>,
}

impl Collected {
    pub(crate) fn profile(&mut self, event: Event<'_, InData<ProfileData>>) {
        let pieces = self.profiles.entry((event.thread().process, event.id())).or_default();
        pieces.of = Some(event.thread());
        pieces.start_us = event.args.data.map(|data| data.start_time.whole());
    }

    pub(crate) fn chunk(&mut self, event: Event<'_, InData<ChunkData>>) {
        let at_us = event.start_us();
        let pieces = self.profiles.entry((event.thread().process, event.id())).or_default();
        let Some(data) = event.args.data else { return };
        for node in data.cpu_profile.nodes {
            pieces.tree.node(node.id, node.call_frame, node.parent);
        }
        let taken = data.cpu_profile.samples.into_iter().zip(data.time_deltas);
        pieces.samples.push((at_us, taken.map(|(node, delta_us)| Taken { node, delta_us }).collect()));
        pieces.moments.extend(data.cpu_profile.trace_ids);
        let end_us = data.end_time.or(data.cpu_profile.end_time).map(Number::whole);
        pieces.end_us = pieces.end_us.max(end_us);
    }

    /// The longest profile of the page's main thread, if it was sampled.
    pub(crate) fn finish(self, page: &Page) -> Option<Sampled> {
        let of_page = self.profiles.into_values().filter(|pieces| pieces.of.is_some() && pieces.of == page.main);
        let longest = of_page.max_by_key(|pieces| pieces.samples.iter().map(|(_, taken)| taken.len()).sum::<usize>());
        longest.map(Pieces::sampled)
    }
}

impl Pieces {
    fn sampled(mut self) -> Sampled {
        self.samples.sort_by_key(|(at_us, _)| *at_us);
        let start_us = self.start_us.unwrap_or(0);
        let mut at_us = start_us;
        for taken in self.samples.into_iter().flat_map(|(_, taken)| taken) {
            at_us = at_us.saturating_add_signed(i64::from(taken.delta_us));
            self.tree.sample(u64::from(taken.node), at_us);
        }
        let (profile, places) = self.tree.finish(start_us, self.end_us);
        let moments = self.moments.into_iter();
        let moments = moments.filter_map(|(moment, node)| Some((moment, *places.get(&node)?))).collect();
        Sampled { profile, moments }
    }
}
