//! What was sampled in both captures of a page: it differs from run to run and from machine to machine.

use std::collections::BTreeMap;

use super::thing::Thing;
use super::{Addresses, Certainty, Kind, Things};
use crate::flame::Class;
use crate::web::Page;
use crate::web::trace::{Function, Trace};

/// Of the run in the middle of each side.
pub(super) fn tables(before: &Page, after: &Page) -> Vec<Things> {
    let (Some(was), Some(is)) = (before.trace(), after.trace()) else { return Vec::new() };
    let (old, new) = (Addresses::of(before), Addresses::of(after));
    let table = |kind: Kind, list: fn(&Trace, Addresses<'_>) -> Vec<Thing>| {
        let why = "sampled in one run on one machine; more runs are needed to judge it";
        Things::of((kind, Certainty::Varies(why.to_owned())), &list(was, old), &list(is, new))
    };
    let mut tables = vec![table(Kind::Forced, forced), table(Kind::LongTasks, long_tasks)];
    if was.profile.is_some() && is.profile.is_some() {
        tables.push(table(Kind::SelfTime, self_time));
    }
    tables
}

fn forced(trace: &Trace, addresses: Addresses<'_>) -> Vec<Thing> {
    trace.layouts.forced.iter().map(|row| Thing::at(&row.site, addresses).counted(row.count)).collect()
}

/// A task has no name: it goes by the function that took most of it.
fn long_tasks(trace: &Trace, addresses: Addresses<'_>) -> Vec<Thing> {
    let mut sums: BTreeMap<Option<&Function>, u64> = BTreeMap::new();
    for task in &trace.long_tasks {
        let most = task.functions.first().map(|cost| &cost.function);
        *sums.entry(most).or_default() += task.duration_us;
    }
    let thing = |(most, us): (Option<&Function>, u64)| match most {
        Some(most) => function(most, addresses).lasted(us),
        None => Thing::named("not sampled").lasted(us),
    };
    sums.into_iter().map(thing).collect()
}

/// By function, whatever called it; what ran nothing is left out.
fn self_time(trace: &Trace, addresses: Addresses<'_>) -> Vec<Thing> {
    let mut sums: BTreeMap<&Function, u64> = BTreeMap::new();
    for node in trace.profile.iter().flat_map(|profile| &profile.nodes) {
        if node.self_us > 0 && Class::of_function(&node.function) != Class::Idle {
            *sums.entry(&node.function).or_default() += node.self_us;
        }
    }
    sums.into_iter().map(|(ran, us)| function(ran, addresses).lasted(us)).collect()
}

fn function(function: &Function, addresses: Addresses<'_>) -> Thing {
    match function.site() {
        Some(site) => Thing::at(&site, addresses),
        None => Thing::named(&function.label()),
    }
}
