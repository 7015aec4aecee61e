//! What is beyond the bounds of memory: only counted, by number as long as there is room, then all together.

use std::collections::BTreeMap;

use crate::quantity::Ms;
use crate::workload::Tally;

/// What is known of calls that were only counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) tally: Tally,
    pub(super) max: Ms,
    /// Those of them that were logged with their plan.
    pub(super) planned: Tally,
}

impl Counts {
    /// A call without a plan.
    pub(super) fn call(time: Ms) -> Self {
        Self { tally: Tally { calls: 1, total: time }, max: time, planned: Tally::default() }
    }

    /// A call with its plan.
    pub(super) fn planned(time: Ms) -> Self {
        let call = Self::call(time);
        Self { planned: call.tally, ..call }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.tally.add(other.tally);
        self.planned.add(other.planned);
        self.max = self.max.max(other.max);
    }
}

/// Statements, or plans of a statement, that are not kept.
#[derive(Debug, Default)]
pub(super) struct Aside {
    known: BTreeMap<u64, Counts>,
    /// Those that were forgotten even by number.
    rest: Counts,
    /// How many these are; one that came again counts as two.
    forgotten: u64,
}

impl Aside {
    /// Counts more of one of them. Where they are more than `room`, the half that took least is forgotten.
    pub(super) fn add(&mut self, number: u64, counts: Counts, room: usize) {
        self.known.entry(number).or_default().add(counts);
        if self.known.len() > room {
            self.forget();
        }
    }

    /// Counts calls of which nobody knows whose they are.
    pub(super) fn add_unknown(&mut self, counts: Counts) {
        self.rest.add(counts);
    }

    /// What was counted of one, which is kept from now on.
    pub(super) fn take(&mut self, number: u64) -> Option<Counts> {
        self.known.remove(&number)
    }

    /// What one took that is known here.
    pub(super) fn total(&self, number: u64) -> Option<Ms> {
        self.known.get(&number).map(|counts| counts.tally.total)
    }

    /// How many there are, and whether that is exact and not at most so many.
    pub(super) fn many(&self) -> (u64, bool) {
        (self.known.len() as u64 + self.forgotten, self.forgotten == 0)
    }

    /// All of them together.
    pub(super) fn sum(&self) -> Counts {
        let mut sum = self.rest;
        self.known.values().for_each(|counts| sum.add(*counts));
        sum
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.known.len() * (size_of::<u64>() + size_of::<Counts>())
    }

    fn forget(&mut self) {
        let mut by_total: Vec<(f64, u64)> =
            self.known.iter().map(|(number, counts)| (counts.tally.total.0, *number)).collect();
        by_total.sort_by(|left, right| left.0.total_cmp(&right.0));
        for (_, number) in &by_total[..by_total.len().div_ceil(2)] {
            let Some(counts) = self.known.remove(number) else { continue };
            self.forgotten += 1;
            self.rest.add(counts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_by_number_is_still_counted() {
        let mut aside = Aside::default();
        for number in 0..10 {
            aside.add(number, Counts::planned(Ms(number as f64)), 4);
        }
        assert_eq!(aside.many(), (10, false));
        assert_eq!(aside.sum().tally, Tally { calls: 10, total: Ms(45.0) });
        assert_eq!(aside.sum().max, Ms(9.0));
        assert_eq!(aside.take(9), Some(Counts::planned(Ms(9.0))));
        assert_eq!(aside.take(0), None);
        assert_eq!(aside.sum().tally, Tally { calls: 9, total: Ms(36.0) });
    }
}
