//! How much times differ, of any number of them in bounded memory.

use sketches_ddsketch::{Config, DDSketch};

use crate::quantity::Ms;
use crate::workload::Spread;

/// As many times are kept as they are; more become a sketch, whose percentiles are right to a hundredth.
const EXACT: usize = 128;

/// Times in ms.
#[derive(Clone)]
pub(super) enum Quantiles {
    Exact(Vec<f64>),
    Sketch(Box<DDSketch>),
    /// Of some times only their sum is known.
    Unknown,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl Quantiles {
    pub(super) fn add(&mut self, ms: f64) {
        match self {
            Self::Exact(times) if times.len() < EXACT => times.push(ms),
            Self::Exact(times) => {
                let mut sketch = Box::new(DDSketch::new(Config::defaults()));
                times.iter().chain([&ms]).for_each(|ms| sketch.add(*ms));
                *self = Self::Sketch(sketch);
            }
            Self::Sketch(sketch) => sketch.add(ms),
            Self::Unknown => {}
        }
    }

    pub(super) fn spread(&self) -> Option<Spread> {
        Some(Spread { p50: Ms(self.at(0.5)?), p95: Ms(self.at(0.95)?) })
    }

    /// The least time that so many of all do not exceed.
    fn at(&self, share: f64) -> Option<f64> {
        match self {
            Self::Exact(times) => {
                let mut times = times.clone();
                times.sort_by(f64::total_cmp);
                let rank = (1..=times.len()).find(|rank| *rank as f64 >= share * times.len() as f64)?;
                times.get(rank - 1).copied()
            }
            Self::Sketch(sketch) => sketch.quantile(share).ok().flatten(),
            Self::Unknown => None,
        }
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Exact(times) => times.capacity() * size_of::<f64>(),
            Self::Sketch(sketch) => sketch.length() * size_of::<u64>(),
            Self::Unknown => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl Iterator<Item = u32>) -> Spread {
        let mut quantiles = Quantiles::default();
        times.for_each(|ms| quantiles.add(f64::from(ms)));
        quantiles.spread().unwrap()
    }

    #[test]
    fn few_times_are_exact_in_any_order() {
        assert_eq!(of((1..=100).rev()), Spread { p50: Ms(50.0), p95: Ms(95.0) });
        assert_eq!(of([7].into_iter()), Spread { p50: Ms(7.0), p95: Ms(7.0) });
    }

    #[test]
    fn many_are_right_to_a_hundredth() {
        let spread = of((1..=100_000).map(|place| place * 7_919 % 100_000 + 1));
        assert!((spread.p50.0 / 50_000.0 - 1.0).abs() < 0.02, "{spread:?}");
        assert!((spread.p95.0 / 95_000.0 - 1.0).abs() < 0.02, "{spread:?}");
    }
}
