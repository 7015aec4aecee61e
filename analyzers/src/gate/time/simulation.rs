//! How often a run is wrong about made-up times of a noisy machine.

use super::*;

/// SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014).
struct Random(u64);

impl Random {
    /// From 0, without 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / 2_f64.powi(53)
    }

    /// Box and Muller.
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A machine with logarithmic noise of 25 %, one run in twelve up to five times slower, and a speed that wanders.
struct Machine {
    random: Random,
    speed: f64,
    pairs: usize,
}

impl Machine {
    fn new(seed: u64) -> Self {
        Self { random: Random(seed), speed: 0.0, pairs: 0 }
    }

    fn time(&mut self, work_ms: f64) -> f64 {
        self.speed += 0.02 * self.random.normal();
        let spike = if self.random.uniform() < 1.0 / 12.0 { 1.0 + 4.0 * self.random.uniform() } else { 1.0 };
        work_ms * (self.speed + 0.25 * self.random.normal()).exp() * spike
    }

    /// Base, head, head, base, and so on.
    fn pair(&mut self, work: f64) -> Sample {
        self.pairs += 1;
        let (base, head) = if self.pairs % 2 == 1 {
            let base = self.time(20.0);
            (base, self.time(20.0 * work))
        } else {
            let head = self.time(20.0 * work);
            (self.time(20.0), head)
        };
        Sample::new(base, head).unwrap()
    }

    fn verdicts(&mut self, rules: &[TimeRule], work: f64) -> Vec<TimeVerdict> {
        let mut run = TimeRun::new(rules);
        loop {
            match run.next_step() {
                Next::Decided(verdicts) => return verdicts,
                Next::Measure(wanted) => {
                    for Wanted { arm, pairs } in wanted {
                        let work = if arm == Arm::Control { 1.0 } else { work };
                        let samples: Vec<Sample> = (0..pairs).map(|_| self.pair(work)).collect();
                        run.record(arm, &samples);
                    }
                }
            }
        }
    }
}

fn slower(verdicts: &[TimeVerdict]) -> bool {
    verdicts.iter().any(|verdict| matches!(verdict, TimeVerdict::Slower(_)))
}

#[test]
fn the_three_looks_by_themselves_keep_to_one_percent() {
    // The bare test: any effect counts, nothing has to recur.
    let wrong = (0..2_000).filter(|seed| {
        let mut machine = Machine::new(1_000_000 + seed);
        let samples: Vec<Sample> = (0..30).map(|_| machine.pair(1.0)).collect();
        let logs: Vec<f64> = samples.iter().map(|sample| (sample.head_ms / sample.base_ms).ln()).collect();
        looks::looks(1).iter().any(|look| signed_rank::p_greater(&logs[..look.pairs]) <= look.alpha)
    });
    let wrong = wrong.count();
    assert!((5..=20).contains(&wrong), "{wrong} of 2,000: too many, or too few for a test that can see anything");
}

#[test]
fn whole_runs_over_what_did_not_change_are_never_red() {
    let wrong = (0..40).filter(|seed| slower(&Machine::new(*seed).verdicts(&[TimeRule::QUERY_CPU], 1.0))).count();
    assert_eq!(wrong, 0, "of 40");
}

#[test]
fn ten_unchanged_targets_together_are_no_worse_than_one() {
    let rules = [TimeRule { relative: 0.0, floor_ms: 0.0 }; 10];
    let wrong = (0..10).filter(|seed| slower(&Machine::new(*seed).verdicts(&rules, 1.0))).count();
    assert_eq!(wrong, 0, "of 10 runs");
}

#[test]
fn twice_the_work_is_seen_through_the_noise() {
    let seen = (0..20).filter(|seed| slower(&Machine::new(*seed).verdicts(&[TimeRule::QUERY_CPU], 2.0))).count();
    assert!(seen >= 16, "{seen} of 20");
}
