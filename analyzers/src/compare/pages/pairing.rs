//! Which thing of one capture is which of the other.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::thing::Thing;
use super::{Certainty, Fate, Row, Things};

/// A place in the things before, and in those after; one of them at least.
type Pair = (Option<usize>, Option<usize>);

/// All things of both, once: those after in their order, then those that are gone.
///
/// The first key decides, and of several with the same one their order; where one side has more of them first who stands
/// at the same place. What is left is known by a further key where one thing on each side has it: then it cannot be mistaken.
pub(crate) fn pairs(before: &[Thing], after: &[Thing]) -> Vec<Pair> {
    let mut pairing = Pairing { was: vec![None; after.len()], is_taken: vec![false; before.len()] };
    let keys = before.iter().chain(after).map(|thing| thing.keys.len()).max().unwrap_or(0);
    for key in 0..keys {
        let (old, new) = (groups(before, key, &pairing.is_taken), groups(after, key, &pairing.is_known()));
        for (name, new) in new {
            let Some(old) = old.get(name) else { continue };
            match (key, &old[..], &new[..]) {
                (0, old, new) => pairing.meet((before, old), (after, new)),
                (_, [old], [new]) => pairing.join(*old, *new),
                _ => {}
            }
        }
    }
    pairing.pairs()
}

/// Those that are free yet, by one of their keys, in the order of their places.
fn groups<'t>(things: &'t [Thing], key: usize, is_taken: &[bool]) -> BTreeMap<&'t str, Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, thing) in things.iter().enumerate().filter(|(place, _)| !is_taken[*place]) {
        if let Some(key) = thing.keys.get(key) {
            groups.entry(key).or_default().push(place);
        }
    }
    for places in groups.values_mut() {
        places.sort_by_key(|place| things[*place].at);
    }
    groups
}

struct Pairing {
    /// What each thing after was.
    was: Vec<Option<usize>>,
    is_taken: Vec<bool>,
}

impl Pairing {
    fn is_known(&self) -> Vec<bool> {
        self.was.iter().map(Option::is_some).collect()
    }

    fn join(&mut self, old: usize, new: usize) {
        self.was[new] = Some(old);
        self.is_taken[old] = true;
    }

    /// Pairs things of one key.
    fn meet(&mut self, (before, old): (&[Thing], &[usize]), (after, new): (&[Thing], &[usize])) {
        let mut standing: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for place in old.iter().rev() {
            standing.entry(before[*place].at).or_default().push(*place);
        }
        for place in new.iter().filter(|_| old.len() != new.len()) {
            if let Some(same) = standing.get_mut(&after[*place].at).and_then(Vec::pop) {
                self.join(same, *place);
            }
        }
        let free: Vec<usize> = old.iter().copied().filter(|place| !self.is_taken[*place]).collect();
        let open: Vec<usize> = new.iter().copied().filter(|place| self.was[*place].is_none()).collect();
        for (old, new) in free.into_iter().zip(open) {
            self.join(old, new);
        }
    }

    fn pairs(&self) -> Vec<Pair> {
        let there = self.was.iter().enumerate().map(|(new, old)| (*old, Some(new)));
        let gone = (0..self.is_taken.len()).filter(|old| !self.is_taken[*old]).map(|old| (Some(old), None));
        there.chain(gone).collect()
    }
}

impl Things {
    /// Pairs what was counted and sorts it by how much it changed.
    pub(super) fn of((kind, certainty): (Kind, Certainty), before: &[Thing], after: &[Thing]) -> Self {
        let mut rows: Vec<Row> = pairs(before, after)
            .into_iter()
            .filter_map(|(old, new)| Row::of(old.map(|place| &before[place]), new.map(|place| &after[place])))
            .collect();
        number(&mut rows);
        let larger = |row: &Row| row.before.unwrap_or(0.0).max(row.after.unwrap_or(0.0));
        rows.sort_by(|left, right| {
            let is_same = |row: &Row| row.fate() == Fate::Same;
            let changed_first = is_same(left).cmp(&is_same(right));
            let change = right.delta().abs().total_cmp(&left.delta().abs());
            let size = larger(right).total_cmp(&larger(left));
            changed_first.then(change).then(size).then_with(|| left.identity.cmp(&right.identity))
        });
        Self { kind, certainty, rows }
    }
}

impl Row {
    fn of(old: Option<&Thing>, new: Option<&Thing>) -> Option<Self> {
        let there = new.or(old)?;
        Some(Self {
            identity: there.keys.first().cloned().unwrap_or_default(),
            name: there.name.clone(),
            site_before: old.and_then(|thing| thing.site.clone()),
            site_after: new.and_then(|thing| thing.site.clone()),
            before: old.map(|thing| thing.number),
            after: new.map(|thing| thing.number),
        })
    }
}

/// Of several with one identity the second is ` #2`, in the order of their places.
fn number(rows: &mut [Row]) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|row| rows[*row].site().map(crate::web::place::Site::position));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in order {
        let count = seen.entry(rows[row].identity.clone()).or_default();
        *count += 1;
        if *count > 1 {
            rows[row].identity = format!("{} #{count}", rows[row].identity);
        }
    }
}
