//! How often loops turned, from V8's counts of blocks.
//!
//! V8 leaves out a block that ran as often as what is around it, so that a sum over blocks would jump where a branch is
//! not taken once. What a block ran *more* often than what is around it does not jump, and only loops have that.

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::{LoopTurns, Times};
use perf_look_analyzers::web::place::Site;

use super::coverage::{Range, Taken};
use crate::web::sources::Sources;

/// How many loops are kept: what turns less often than the fiftieth is nothing that a page waits for.
const KEPT: usize = 50;

/// A script, and where a loop's body begins in it.
type Key = (String, usize);

/// The loops that turned most.
pub(super) async fn turns(load: &Taken, steps: &Taken, sources: &mut Sources<'_>) -> Vec<LoopTurns> {
    let mut counted: BTreeMap<Key, Times> = BTreeMap::new();
    for (key, turns) in load.loops() {
        counted.entry(key).or_default().load += turns;
    }
    for (key, turns) in steps.loops() {
        counted.entry(key).or_default().steps += turns;
    }
    let mut counted: Vec<_> = counted.into_iter().collect();
    counted.sort_by_key(|(_, turns)| std::cmp::Reverse(turns.total()));
    counted.truncate(KEPT);
    let mut by_site: BTreeMap<Site, Times> = BTreeMap::new();
    for ((id, offset), turns) in counted {
        if let Some(site) = sources.within(&id, offset).await {
            *by_site.entry(site).or_default() += turns;
        }
    }
    let mut rows: Vec<_> = by_site.into_iter().map(|(site, turns)| LoopTurns { site, turns }).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.turns.total()));
    rows
}

/// The blocks of a function that ran more often than what is around them: where they begin, and by how much. A range
/// stands behind those that it lies in.
pub(super) fn of_function(ranges: &[Range]) -> Vec<(usize, u64)> {
    let mut around: Vec<Range> = Vec::new();
    let mut loops = Vec::new();
    for range in ranges {
        while around.last().is_some_and(|outer| outer.end_offset < range.end_offset) {
            around.pop();
        }
        let more = around.last().map_or(0, |outer| range.count.saturating_sub(outer.count));
        if more > 0 {
            loops.push((range.start_offset, more));
        }
        around.push(*range);
    }
    loops
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start_offset: usize, end_offset: usize, count: u64) -> Range {
        Range { start_offset, end_offset, count }
    }

    #[test]
    fn what_runs_more_often_than_what_is_around_it_is_a_loop() {
        // for (…) { if (…) { … } for (…) { … } } for (…) { … }
        let ranges = [
            range(0, 100, 2),
            range(10, 60, 20),
            range(20, 30, 5),
            range(40, 50, 200),
            range(60, 70, 0),
            range(80, 90, 3),
        ];
        assert_eq!(of_function(&ranges), [(10, 18), (40, 180), (80, 1)]);
    }

    #[test]
    fn a_loop_that_turns_once_each_time_is_none() {
        assert_eq!(of_function(&[range(0, 100, 7)]), []);
        assert_eq!(of_function(&[range(0, 100, 7), range(10, 20, 7), range(30, 40, 1)]), []);
    }
}
