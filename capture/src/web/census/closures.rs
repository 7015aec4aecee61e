//! How many functions live at each place, over the repeats: a handler that is added again and again, a memoised
//! function that nothing else gives away.

use std::collections::BTreeMap;

use perf_look_analyzers::web::place::Site;

use crate::web::sources::{Code, Sources};

/// A place in a script of a session.
type Place = (String, u64, usize);

/// Fewer than this, always as many, are what any page has.
const MANY: u64 = 50;

/// Looking up a place takes a moment, and nobody reads hundreds.
const MOST: usize = 200;

/// Counts by place.
#[derive(Debug, Default)]
pub(super) struct Closures {
    counts: BTreeMap<Place, Vec<u64>>,
    before: usize,
}

impl Closures {
    /// Begins a further count.
    pub(super) fn go_on(&mut self) {
        self.before += 1;
        self.counts.values_mut().for_each(|series| series.push(0));
    }

    /// Adds the functions of a realm: script, offset, number.
    pub(super) fn add(&mut self, session: &str, closures: Vec<(u64, usize, u64)>) {
        for (script, offset, count) in closures {
            let of_place = self.counts.entry((session.to_owned(), script, offset));
            let series = of_place.or_insert_with(|| vec![0; self.before + 1]);
            if let Some(now) = series.last_mut() {
                *now += count;
            }
        }
    }

    /// Those that are worth a look, in the order of their sites.
    pub(super) async fn rows(self, sources: &mut Sources<'_>) -> Vec<(Site, Vec<u64>)> {
        let mut chosen: Vec<_> = self.counts.into_iter().filter(|(_, series)| is_telling(series)).collect();
        // Stable, so that which of several alike are left out does not change from run to run.
        chosen.sort_by_key(|(_, series)| std::cmp::Reverse((growth(series), series.last().copied())));
        chosen.truncate(MOST);
        let mut rows: BTreeMap<Site, Vec<u64>> = BTreeMap::new();
        for ((session, script, offset), series) in chosen {
            let script = script.to_string();
            let Some(place) = sources.place(&session, &script, offset).await else { continue };
            let site = sources.site_within(Code::Script { session: &session, id: &script }, place).await;
            match rows.get_mut(&site) {
                Some(sums) => sums.iter_mut().zip(series).for_each(|(sum, count)| *sum += count),
                None => drop(rows.insert(site, series)),
            }
        }
        rows.into_iter().collect()
    }
}

fn is_telling(series: &[u64]) -> bool {
    // The first repeat warms up: what it makes once is not growth.
    let grows = series.len() > 2 && series[1..].windows(2).all(|pair| pair[0] < pair[1]);
    grows || series.last().is_some_and(|count| *count >= MANY)
}

fn growth(series: &[u64]) -> u64 {
    let [_, first, .., last] = series else { return 0 };
    last.saturating_sub(*first)
}

#[cfg(test)]
mod tests {
    use super::is_telling;

    #[test]
    fn what_grows_with_each_repeat_or_is_many_is_kept() {
        assert!(is_telling(&[1, 2, 3]));
        assert!(is_telling(&[50]));
        assert!(!is_telling(&[1, 2, 2]));
        assert!(!is_telling(&[1, 2]));
        assert!(!is_telling(&[60, 4, 4]));
    }
}
