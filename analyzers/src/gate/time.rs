//! Whether head is slower than base, from pairs of times that were measured alternately on one machine.
//!
//! A [`TimeRun`] says how many more pairs it wants and, once it has them, what is to be said of each target. It looks at
//! the pairs three times and stops when it knows. *Slower* needs all of: an exact one-sided signed-rank test of the
//! logarithms of head / base, the estimated effect above the limit, the added time above the floor, and the same again
//! in pairs that were measured anew. A failed test never means "no change": that takes an interval.
//!
//! The chance of calling any unchanged target slower is at most 1 % a run. It is divided among the looks (0.3, 0.3 and
//! 0.4 %), and at each look among the targets as Holm does (A simple sequentially rejective multiple test procedure,
//! Scandinavian Journal of Statistics 6, 1979). A target that was found slower leaves its share to the others at later
//! looks (Maurer and Bretz, Multiple testing in group sequential trials using graphical approaches, Statistics in
//! Biopharmaceutical Research 5, 2013); one that was found equivalent keeps it.

mod looks;
mod run;
mod signed_rank;
#[cfg(test)]
mod simulation;

use std::ops::RangeInclusive;

use signed_rank::WalshAverages;

pub use run::{Arm, Next, TimeRun, Wanted};

/// The chance that the interval holds the effect.
const CONFIDENCE: f64 = 0.95;

/// What base and head took, one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    base_ms: f64,
    head_ms: f64,
}

/// A time that was not measured: there is no ratio to nothing.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{base_ms} ms and {head_ms} ms cannot be compared: measured times are above 0, so measure more work at once")]
pub struct BadSample {
    base_ms: f64,
    head_ms: f64,
}

impl Sample {
    /// A pair of times in milliseconds; both are finite and above 0.
    pub fn new(base_ms: f64, head_ms: f64) -> Result<Self, BadSample> {
        let measured = |ms: f64| ms.is_finite() && ms > 0.0;
        if measured(base_ms) && measured(head_ms) {
            Ok(Self { base_ms, head_ms })
        } else {
            Err(BadSample { base_ms, head_ms })
        }
    }

    /// The other way round.
    fn mirrored(self) -> Self {
        Self { base_ms: self.head_ms, head_ms: self.base_ms }
    }
}

/// From where on a difference is too much; both limits have to be exceeded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeRule {
    /// Of the base's time: 0.1 is 10 %.
    pub relative: f64,
    /// In milliseconds.
    pub floor_ms: f64,
}

impl TimeRule {
    /// The time a query has the processor.
    pub const QUERY_CPU: Self = Self { relative: 0.10, floor_ms: 0.5 };
    /// The time a page has the processor.
    pub const PAGE_CPU: Self = Self { relative: 0.10, floor_ms: 5.0 };
    /// The time a query takes on the clock.
    pub const QUERY_WALL: Self = Self { relative: 0.10, floor_ms: 1.0 };
    /// The time a page takes on the clock.
    pub const PAGE_WALL: Self = Self { relative: 0.10, floor_ms: 10.0 };
}

/// What pairs of times say.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// How many pairs.
    pub n: usize,
    /// How much longer head takes than base: 0.1 is 10 % longer. The Hodges-Lehmann estimate.
    pub effect: f64,
    /// Where the effect is with 95 % confidence; fewer than six pairs cannot say.
    pub interval: Option<RangeInclusive<f64>>,
    /// How much longer head takes, in milliseconds; the Hodges-Lehmann estimate.
    pub added_ms: f64,
    /// The chance of such pairs if head were not slower; exact and one-sided.
    pub p: f64,
}

/// What is to be said of a target's time.
#[derive(Debug, Clone, PartialEq)]
pub enum TimeVerdict {
    /// Head takes longer than the rule allows, and did so again when it was measured again.
    Slower(Evidence),
    /// Head takes less time: the whole interval is below 0, and not within the limit.
    Faster(Evidence),
    /// The whole interval is within the limit, on both sides.
    Equivalent(Evidence),
    /// Neither was shown.
    Inconclusive(Evidence, Doubt),
}

/// Why pairs of times show nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The times differ among themselves by more than they have to tell.
    Noise,
    /// Head was slower, but not when it was measured again.
    DidNotRecur,
    /// Base differed from itself, so that no time of the run can be trusted.
    ControlDiffers,
}

impl TimeVerdict {
    /// The figures behind it.
    pub fn evidence(&self) -> &Evidence {
        match self {
            Self::Slower(evidence)
            | Self::Faster(evidence)
            | Self::Equivalent(evidence)
            | Self::Inconclusive(evidence, _) => evidence,
        }
    }

    fn void(self) -> Self {
        Self::Inconclusive(self.evidence().clone(), Doubt::ControlDiffers)
    }
}

/// What these pairs say by themselves; without pairs nothing is different and nothing is sure.
pub fn evidence(samples: &[Sample]) -> Evidence {
    let logs: Vec<f64> = samples.iter().map(|sample| (sample.head_ms / sample.base_ms).ln()).collect();
    let added: Vec<f64> = samples.iter().map(|sample| sample.head_ms - sample.base_ms).collect();
    let ratios = WalshAverages::of(&logs);
    Evidence {
        n: samples.len(),
        effect: ratios.median().unwrap_or(0.0).exp_m1(),
        interval: ratios.interval(CONFIDENCE).map(|interval| interval.start().exp_m1()..=interval.end().exp_m1()),
        added_ms: WalshAverages::of(&added).median().unwrap_or(0.0),
        p: signed_rank::p_greater(&logs),
    }
}

impl Evidence {
    /// Whether the difference is more than a rule allows, however likely.
    fn exceeds(&self, rule: TimeRule) -> bool {
        self.effect > rule.relative && self.added_ms > rule.floor_ms
    }

    /// What the interval shows without a test, if it shows anything.
    fn without_red(&self, rule: TimeRule) -> Option<TimeVerdict> {
        let interval = self.interval.as_ref()?;
        if *interval.start() >= -rule.relative && *interval.end() <= rule.relative {
            Some(TimeVerdict::Equivalent(self.clone()))
        } else if *interval.end() < 0.0 {
            Some(TimeVerdict::Faster(self.clone()))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(ratios: &[f64]) -> Vec<Sample> {
        ratios.iter().map(|ratio| Sample::new(100.0, 100.0 * ratio).unwrap()).collect()
    }

    #[test]
    fn a_time_that_was_not_measured_is_no_sample() {
        for (base, head) in [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
            assert!(Sample::new(base, head).is_err(), "{base} and {head}");
        }
        let said = Sample::new(0.0, 1.5).unwrap_err().to_string();
        assert_eq!(
            said,
            "0 ms and 1.5 ms cannot be compared: measured times are above 0, so measure more work at once"
        );
    }

    #[test]
    fn the_effect_is_a_part_of_the_base_and_the_added_time_is_in_milliseconds() {
        let evidence = evidence(&pairs(&[1.25; 10]));
        assert!((evidence.effect - 0.25).abs() < 1e-9);
        assert!((evidence.added_ms - 25.0).abs() < 1e-9);
        assert!((evidence.p - 0.5_f64.powi(10)).abs() < 1e-12);
    }

    #[test]
    fn half_the_time_and_twice_the_time_are_equally_far() {
        let (slower, faster) = (evidence(&pairs(&[2.0; 10])), evidence(&pairs(&[0.5; 10])));
        assert!((slower.effect - 1.0).abs() < 1e-9);
        assert!((faster.effect + 0.5).abs() < 1e-9);
    }

    #[test]
    fn within_the_limit_needs_the_whole_interval() {
        let near = evidence(&pairs(&[0.95, 0.97, 0.99, 1.0, 1.0, 1.01, 1.02, 1.03, 1.05, 1.06]));
        assert!(matches!(near.without_red(TimeRule::QUERY_CPU), Some(TimeVerdict::Equivalent(_))));
        let wide = evidence(&pairs(&[0.5, 0.6, 0.8, 0.9, 1.0, 1.0, 1.1, 1.3, 1.6, 2.0]));
        assert_eq!(wide.without_red(TimeRule::QUERY_CPU), None);
        let few = evidence(&pairs(&[1.0; 5]));
        assert_eq!(few.without_red(TimeRule::QUERY_CPU), None);
    }

    #[test]
    fn a_large_part_of_very_little_is_not_too_much() {
        let tiny: Vec<Sample> = (0..10).map(|_| Sample::new(0.1, 0.3).unwrap()).collect();
        assert!(!evidence(&tiny).exceeds(TimeRule::QUERY_CPU));
        assert!(evidence(&pairs(&[1.2; 10])).exceeds(TimeRule::QUERY_CPU));
        assert!(!evidence(&pairs(&[1.09; 10])).exceeds(TimeRule::QUERY_CPU));
    }
}
