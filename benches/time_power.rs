//! Prints how often a run sees a head that does more work: `cargo run --release --example time_power -- 300`.
//!
//! The times are made up: logarithmic noise of three widths, one run in twelve slower by up to five times, a speed that
//! wanders. `alone` is what each look would see by itself, `run` is a whole run, with what has to recur.

use std::io::{self, Write};

use perf_look_analyzers::gate::time::{Arm, Next, Sample, TimeRule, TimeRun, TimeVerdict, Wanted, evidence};

fn main() -> io::Result<()> {
    let trials = std::env::args().nth(1).and_then(|trials| trials.parse().ok()).unwrap_or(300);
    let mut out = io::stdout().lock();
    writeln!(out, "{trials} trials each, 20 ms of work, seen in percent")?;
    writeln!(out, "{:>6} {:>6} {:>8} {:>8} {:>8} {:>8}", "noise", "work", "n = 10", "n = 20", "n = 30", "run")?;
    for noise in [0.02, 0.10, 0.25] {
        for more in [0.0, 0.05, 0.10, 0.25, 0.50, 1.0] {
            write!(out, "{:>5.0}% {:>+5.0}%", 100.0 * noise, 100.0 * more)?;
            for pairs in [10, 20, 30] {
                write!(out, " {:>8.1}", percent(trials, |seed| alone(&mut Machine::new(seed, noise), more, pairs)))?;
            }
            writeln!(out, " {:>8.1}", percent(trials, |seed| run(&mut Machine::new(seed, noise), more)))?;
        }
    }
    Ok(())
}

fn percent(trials: u64, seen: impl Fn(u64) -> bool) -> f64 {
    100.0 * (0..trials).filter(|seed| seen(*seed)).count() as f64 / trials as f64
}

fn alone(machine: &mut Machine, more: f64, pairs: usize) -> bool {
    let samples: Vec<Sample> = (0..pairs).filter_map(|at| machine.pair(at, more)).collect();
    let evidence = evidence(&samples);
    let rule = TimeRule::QUERY_CPU;
    evidence.p <= 0.01 && evidence.effect > rule.relative && evidence.added_ms > rule.floor_ms
}

fn run(machine: &mut Machine, more: f64) -> bool {
    let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
    loop {
        match run.next_step() {
            Next::Decided(verdicts) => return matches!(verdicts[..], [TimeVerdict::Slower(_)]),
            Next::Measure(wanted) => {
                for Wanted { arm, pairs } in wanted {
                    let more = if arm == Arm::Control { 0.0 } else { more };
                    let samples: Vec<Sample> = (0..pairs).filter_map(|at| machine.pair(at, more)).collect();
                    run.record(arm, &samples);
                }
            }
        }
    }
}

struct Machine {
    state: u64,
    noise: f64,
    speed: f64,
}

impl Machine {
    fn new(seed: u64, noise: f64) -> Self {
        Self { state: seed, noise, speed: 0.0 }
    }

    /// SplitMix64: from 0, without 1.
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / 2_f64.powi(53)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn time(&mut self, work_ms: f64) -> f64 {
        self.speed += 0.02 * self.normal();
        let spike = if self.uniform() < 1.0 / 12.0 { 1.0 + 4.0 * self.uniform() } else { 1.0 };
        work_ms * (self.speed + self.noise * self.normal()).exp() * spike
    }

    /// Base first in every other pair.
    fn pair(&mut self, at: usize, more: f64) -> Option<Sample> {
        let (base, head) = (20.0, 20.0 * (1.0 + more));
        let (first, second) = if at.is_multiple_of(2) { (base, head) } else { (head, base) };
        let (first, second) = (self.time(first), self.time(second));
        let (base, head) = if at.is_multiple_of(2) { (first, second) } else { (second, first) };
        Sample::new(base, head).ok()
    }
}
