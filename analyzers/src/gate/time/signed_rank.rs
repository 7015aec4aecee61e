//! Wilcoxon's signed-rank test, exact, and the estimate and interval that belong to it.
//!
//! - Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945): the statistic.
//! - Pratt, Remarks on zeros and ties, JASA 54 (1959): differences of zero are ranked with the others and then left out.
//!   To leave them out first, as in 1945, can turn a sample insignificant by making all its values larger.
//! - Streitberg and Röhmel, Exact distributions for permutation and rank tests, Statistical Software Newsletter 12 (1986):
//!   ties get the mean of their ranks, and the distribution is that over all signs given those ranks, by shifts. It is
//!   exact with ties too, since ranks are counted in halves.
//! - Hodges and Lehmann, Estimates of location based on rank tests, Annals of Mathematical Statistics 34 (1963): the
//!   median of the Walsh averages.
//! - Tukey's interval of two order statistics of the Walsh averages, as in Hollander and Wolfe, Nonparametric Statistical
//!   Methods, 3.3.

use std::ops::RangeInclusive;

/// The chance of a positive rank sum as large as this one or larger if positive and negative were as likely.
pub(super) fn p_greater(differences: &[f64]) -> f64 {
    let ranks = half_ranks(differences);
    let positive: usize = ranks.iter().filter(|(difference, _)| *difference > 0.0).map(|(_, rank)| rank).sum();
    let counts = sign_counts(ranks.iter().filter(|(difference, _)| *difference != 0.0).map(|(_, rank)| *rank));
    let all: f64 = counts.iter().sum();
    counts.iter().skip(positive).sum::<f64>() / all
}

/// The means of each pair of differences and of each with itself, in order.
pub(super) struct WalshAverages {
    differences: usize,
    sorted: Vec<f64>,
}

impl WalshAverages {
    pub(super) fn of(differences: &[f64]) -> Self {
        let pairs = differences.iter().enumerate().flat_map(|(at, left)| {
            let others = differences.get(at..).unwrap_or_default();
            others.iter().map(move |right| f64::midpoint(*left, *right))
        });
        let mut sorted: Vec<f64> = pairs.collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { differences: differences.len(), sorted }
    }

    /// The Hodges-Lehmann estimate of the centre; without a difference there is none.
    pub(super) fn median(&self) -> Option<f64> {
        let upper = self.sorted.get(self.sorted.len() / 2)?;
        let lower = self.sorted.get((self.sorted.len() - 1) / 2)?;
        Some(f64::midpoint(*lower, *upper))
    }

    /// The narrowest exact interval that holds the centre with at least this confidence; too few differences have none.
    pub(super) fn interval(&self, confidence: f64) -> Option<RangeInclusive<f64>> {
        let outside = critical_value(self.differences, (1.0 - confidence) / 2.0)?;
        let lower = self.sorted.get(outside)?;
        let upper = self.sorted.get((self.sorted.len() - 1).checked_sub(outside)?)?;
        Some(*lower..=*upper)
    }
}

/// The largest rank sum that is so small with at most this chance; no sum may be as rare among few differences.
pub(super) fn critical_value(n: usize, chance: f64) -> Option<usize> {
    let counts = sign_counts(1..=n);
    let all: f64 = counts.iter().sum();
    let mut below = 0.0;
    let rare = counts.iter().take_while(|count| {
        below += **count;
        below / all <= chance
    });
    rare.count().checked_sub(1)
}

/// Each difference with twice the rank of its size, so that the mean of two ranks is whole.
fn half_ranks(differences: &[f64]) -> Vec<(f64, usize)> {
    let mut sorted = differences.to_vec();
    sorted.sort_by(|left, right| left.abs().total_cmp(&right.abs()));
    let mut ranked = Vec::with_capacity(sorted.len());
    for tied in sorted.chunk_by(|left, right| left.abs().total_cmp(&right.abs()).is_eq()) {
        let twice_mean = 2 * ranked.len() + tied.len() + 1;
        ranked.extend(tied.iter().map(|difference| (*difference, twice_mean)));
    }
    ranked
}

/// In how many ways of giving signs to these ranks the positive ones have the sum that is the index.
///
/// A count is exact up to 53 ranks; beyond that its last digits are rounded.
fn sign_counts(ranks: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut counts = vec![1.0];
    for rank in ranks {
        let mut longer = counts.clone();
        longer.resize(counts.len() + rank, 0.0);
        for (with, count) in longer.iter_mut().skip(rank).zip(&counts) {
            *with += count;
        }
        counts = longer;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hodges_lehmann(differences: &[f64]) -> Option<f64> {
        WalshAverages::of(differences).median()
    }

    fn interval(differences: &[f64], confidence: f64) -> Option<RangeInclusive<f64>> {
        WalshAverages::of(differences).interval(confidence)
    }

    /// Darwin's maize, crossed less self-fertilised, in eighths of an inch (Fisher, The Design of Experiments, 1935).
    const MAIZE: [f64; 15] = [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0];

    /// Depression before and after a drug, in thousandths (Hollander and Wolfe, example 3.1).
    const BEFORE: [f64; 9] = [1830.0, 500.0, 1620.0, 2480.0, 1680.0, 1880.0, 1550.0, 3060.0, 1300.0];
    const AFTER: [f64; 9] = [878.0, 647.0, 598.0, 2050.0, 1060.0, 1290.0, 1060.0, 3140.0, 1290.0];

    fn drug() -> Vec<f64> {
        BEFORE.iter().zip(AFTER).map(|(before, after)| (before - after) / 1000.0).collect()
    }

    fn assert_near(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    #[test]
    fn critical_values_are_those_of_the_printed_tables() {
        const NONE: Option<usize> = None;
        let table = [
            (4, [NONE, NONE, NONE, NONE]),
            (5, [Some(0), NONE, NONE, NONE]),
            (6, [Some(2), Some(0), NONE, NONE]),
            (7, [Some(3), Some(2), Some(0), NONE]),
            (8, [Some(5), Some(3), Some(1), Some(0)]),
            (9, [Some(8), Some(5), Some(3), Some(1)]),
            (10, [Some(10), Some(8), Some(5), Some(3)]),
            (11, [Some(13), Some(10), Some(7), Some(5)]),
            (12, [Some(17), Some(13), Some(9), Some(7)]),
            (13, [Some(21), Some(17), Some(12), Some(9)]),
            (14, [Some(25), Some(21), Some(15), Some(12)]),
            (15, [Some(30), Some(25), Some(19), Some(15)]),
            (16, [Some(35), Some(29), Some(23), Some(19)]),
            (17, [Some(41), Some(34), Some(27), Some(23)]),
            (18, [Some(47), Some(40), Some(32), Some(27)]),
            (19, [Some(53), Some(46), Some(37), Some(32)]),
            (20, [Some(60), Some(52), Some(43), Some(37)]),
        ];
        for (n, expected) in table {
            assert_eq!([0.05, 0.025, 0.01, 0.005].map(|chance| critical_value(n, chance)), expected, "n = {n}");
        }
    }

    #[test]
    fn darwins_maize_gives_the_published_chance() {
        // Sums of 96 and 24; 0.041259765625 on both sides.
        assert_near(p_greater(&MAIZE), 0.041_259_765_625 / 2.0);
    }

    #[test]
    fn a_published_trial_gives_its_chance_estimate_and_interval() {
        let drug = drug();
        assert_near(p_greater(&drug), 10.0 / 512.0);
        assert_near(hodges_lehmann(&drug).unwrap(), 0.46);
        let interval = interval(&drug, 0.95).unwrap();
        assert_near(*interval.start(), 0.01);
        assert_near(*interval.end(), 0.786);
    }

    #[test]
    fn all_larger_is_as_rare_as_one_sequence_of_coins() {
        for n in 1..=30_u32 {
            let rising: Vec<f64> = (1..=n).map(f64::from).collect();
            assert_near(p_greater(&rising) * 2_f64.powi(i32::try_from(n).unwrap()), 1.0);
        }
    }

    #[test]
    fn nothing_and_equal_times_say_nothing() {
        assert_near(p_greater(&[]), 1.0);
        assert_near(p_greater(&[0.0, -0.0, 0.0]), 1.0);
        assert_eq!(hodges_lehmann(&[]), None);
        assert_eq!(interval(&[1.0; 5], 0.95), None, "five differences have no interval of 95 %");
    }

    #[test]
    fn zeros_take_the_lowest_ranks() {
        // Ranks 3 and 4 stay: sums of 7 of 0, 3, 4, 7.
        assert_near(p_greater(&[0.0, 0.0, 1.0, 2.0]), 0.25);
        assert_near(p_greater(&[0.0, 0.0, -1.0, 2.0]), 0.5);
    }

    /// The chance by trying each sequence of signs.
    fn enumerated(differences: &[f64]) -> f64 {
        let ranks: Vec<(f64, usize)> =
            half_ranks(differences).into_iter().filter(|(difference, _)| *difference != 0.0).collect();
        let seen: usize = ranks.iter().filter(|(difference, _)| *difference > 0.0).map(|(_, rank)| rank).sum();
        let sum = |signs: u32| -> usize {
            ranks.iter().enumerate().filter(|(at, _)| signs >> at & 1 == 1).map(|(_, (_, rank))| rank).sum()
        };
        let all = 1_u32 << ranks.len();
        (0..all).filter(|signs| sum(*signs) >= seen).count() as f64 / f64::from(all)
    }

    proptest! {
        #[test]
        fn the_chance_is_that_of_trying_all_signs(whole in proptest::collection::vec(-4_i8..5, 0..10)) {
            let differences: Vec<f64> = whole.into_iter().map(f64::from).collect();
            prop_assert!((p_greater(&differences) - enumerated(&differences)).abs() < 1e-12);
        }

        #[test]
        fn swapping_the_sides_mirrors_everything(differences in proptest::collection::vec(-9.0_f64..9.0, 6..30)) {
            let mirrored: Vec<f64> = differences.iter().map(|difference| -difference).collect();
            let centre = hodges_lehmann(&differences).unwrap() + hodges_lehmann(&mirrored).unwrap();
            prop_assert!(centre.abs() < 1e-9);
            let (here, there) = (interval(&differences, 0.95).unwrap(), interval(&mirrored, 0.95).unwrap());
            prop_assert!((here.start() + there.end()).abs() < 1e-9 && (here.end() + there.start()).abs() < 1e-9);
            prop_assert!(p_greater(&differences) + p_greater(&mirrored) >= 1.0 - 1e-12);
        }
    }
}
