//! When a run looks at its pairs, and how small a chance has to be then.

/// The share of 1 % that each look may use.
const ALPHA: [f64; 3] = [0.003, 0.003, 0.004];

/// How many pairs a look has, if fewer are not too few for the number of targets.
const PAIRS: [usize; 3] = [10, 20, 30];

/// One look at the pairs of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// How many pairs of each target there are by then.
    pub(super) pairs: usize,
    /// The chance that it may call anything unchanged slower.
    pub(super) alpha: f64,
}

/// The looks for so many targets: with all pairs slower, even the first look could find one of them.
pub(super) fn looks(targets: usize) -> [Look; 3] {
    let smallest = ALPHA[0] / targets.max(1) as f64;
    let mut needed = 0;
    let mut rarest = 1.0;
    while rarest > smallest {
        needed += 1;
        rarest /= 2.0;
    }
    // A look has to see more than the one before it.
    [0, 1, 2].map(|at| Look { pairs: PAIRS[at].max(needed + at), alpha: ALPHA[at] })
}

/// Holm: which of these chances are too small by accident, among so many targets.
pub(super) fn rejected(chances: &[f64], targets: usize, alpha: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    let chance = |at: usize| chances.get(at).copied().unwrap_or(1.0);
    order.sort_by(|left, right| chance(*left).total_cmp(&chance(*right)));
    let small = order.iter().enumerate().take_while(|(before, at)| {
        let share = alpha / targets.saturating_sub(*before).max(1) as f64;
        chance(**at) <= share
    });
    let mut rejected = vec![false; chances.len()];
    for (_, at) in small {
        rejected.iter_mut().skip(*at).take(1).for_each(|one| *one = true);
    }
    rejected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(targets: usize) -> [usize; 3] {
        looks(targets).map(|look| look.pairs)
    }

    #[test]
    fn more_targets_need_a_longer_first_look() {
        assert_eq!(pairs(1), [10, 20, 30]);
        assert_eq!(pairs(3), [10, 20, 30]);
        assert_eq!(pairs(4), [11, 20, 30]);
        assert_eq!(pairs(50), [15, 20, 30]);
        assert_eq!(pairs(200), [17, 20, 30]);
        assert_eq!(pairs(100_000), [25, 26, 30]);
        assert_eq!(pairs(0), [10, 20, 30]);
    }

    #[test]
    fn the_looks_together_use_one_percent() {
        let all: f64 = looks(7).iter().map(|look| look.alpha).sum();
        assert!((all - 0.01).abs() < 1e-12);
    }

    #[test]
    fn each_rejected_chance_gives_the_next_a_larger_share() {
        // Shares of 0.0025, 0.00333, 0.005 and 0.01.
        assert_eq!(rejected(&[0.0049, 0.0024, 0.2, 0.0033], 4, 0.01), [true, true, false, true]);
        // The smallest is too large, so those behind it have no share.
        assert_eq!(rejected(&[0.0026, 0.0026, 0.0026, 0.0026], 4, 0.01), [false; 4]);
    }

    #[test]
    fn targets_that_are_no_longer_measured_keep_their_share() {
        assert_eq!(rejected(&[0.004], 1, 0.01), [true]);
        assert_eq!(rejected(&[0.004], 3, 0.01), [false]);
    }
}
