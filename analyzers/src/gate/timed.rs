//! What the time test says of a target, as a decision or a note of its outcome.

use crate::digest::digest;
use crate::quantity::Ms;

use super::outcome::{Decision, Level, Outcome, State};
use super::time::{Doubt, Evidence, TimeRule, TimeVerdict};

/// Which time was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// That on a processor, which other work on the machine hardly changes: it decides.
    Cpu,
    /// That on the wall, which other work changes: it only advises.
    Wall,
}

/// The id of decisions on processor time.
pub const CPU: &str = "T1";
/// The id of decisions on time by the wall clock.
pub const WALL: &str = "T2";

impl Outcome {
    /// Adds what the time test says.
    pub fn add_time(&mut self, clock: Clock, verdict: &TimeVerdict) {
        let evidence = verdict.evidence();
        let what = match clock {
            Clock::Cpu => "processor time",
            Clock::Wall => "time by the clock",
        };
        match verdict {
            TimeVerdict::Slower(_) => {
                let slower = self.decision(clock, evidence, format!("{what}: {}", change(evidence)));
                // Behind counts that are as bad: those name a node.
                let place = self.decisions.iter().position(|decision| decision.level < slower.level);
                self.decisions.insert(place.unwrap_or(self.decisions.len()), slower);
                if self.state == State::Passed && self.fails() {
                    self.state = State::Regressed;
                }
            }
            TimeVerdict::Faster(_) if -evidence.added_ms >= floor_ms(clock) => {
                self.notes.push(format!("{what}: {}", change(evidence)));
            }
            // Two servers are not the same to a hundredth of a millisecond.
            TimeVerdict::Faster(_) => self.notes.push(format!("{what}: the same to {}", Ms(floor_ms(clock)))),
            TimeVerdict::Equivalent(_) => {
                self.notes.push(format!(
                    "{what}: the same within the limit, shown with 95 % confidence over {} pairs",
                    evidence.n
                ));
            }
            TimeVerdict::Inconclusive(_, doubt) => {
                self.notes.push(format!("{what}: could not tell, {}", why(*doubt, evidence.n)));
            }
        }
    }

    fn decision(&self, clock: Clock, evidence: &Evidence, headline: String) -> Decision {
        let (id, level) = match clock {
            Clock::Cpu => (CPU, Level::Fail),
            Clock::Wall => (WALL, Level::Warn),
        };
        Decision {
            id,
            level,
            counter: "time".to_owned(),
            headline,
            reference: None,
            value: Some(evidence.effect),
            limit: None,
            unit: "",
            place: None,
            waived: None,
            fingerprint: digest([self.target.as_str(), id, "time"]),
        }
    }
}

fn floor_ms(clock: Clock) -> f64 {
    match clock {
        Clock::Cpu => TimeRule::QUERY_CPU.floor_ms,
        Clock::Wall => TimeRule::QUERY_WALL.floor_ms,
    }
}

/// `+24.1 % (+1.2 ms) against the base beside it, 20 pairs, p = 0.0004`.
fn change(evidence: &Evidence) -> String {
    let (effect, added) = (evidence.effect * 100.0, crate::compare::signed(Ms(evidence.added_ms)));
    let p = if evidence.p < 0.000_1 { "p < 0.0001".to_owned() } else { format!("p = {:.4}", evidence.p) };
    format!("{effect:+.1} % ({added}) against the base beside it, {} pairs, {p}", evidence.n)
}

fn why(doubt: Doubt, pairs: usize) -> String {
    match doubt {
        Doubt::Noise => format!("{pairs} pairs vary by more than the limit"),
        Doubt::DidNotRecur => "it was slower, and not when it was measured again".to_owned(),
        Doubt::ControlDiffers => "the base differed from itself".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::observation::Kind;
    use super::super::outcome::Source;
    use super::*;

    fn outcome() -> Outcome {
        let empty = Outcome::unmeasured("shop/a".to_owned(), Kind::Query, Source::default(), String::new());
        Outcome { state: State::Passed, notes: Vec::new(), ..empty }
    }

    fn evidence() -> Evidence {
        Evidence { n: 20, effect: 0.25, interval: Some(0.2..=0.3), added_ms: 1.2, p: 0.0004 }
    }

    #[test]
    fn processor_time_fails_and_the_wall_clock_warns() {
        let mut slower = outcome();
        slower.add_time(Clock::Cpu, &TimeVerdict::Slower(evidence()));
        assert_eq!(slower.state, State::Regressed);
        assert_eq!(
            slower.decisions[0].headline,
            "processor time: +25.0 % (+1.20 ms) against the base beside it, 20 pairs, p = 0.0004"
        );
        let mut slower = outcome();
        slower.add_time(Clock::Wall, &TimeVerdict::Slower(evidence()));
        assert_eq!((slower.state, slower.decisions[0].level), (State::Passed, Level::Warn));
    }

    #[test]
    fn less_than_the_limit_is_no_gain() {
        let faster = |added_ms| {
            let mut outcome = outcome();
            outcome.add_time(Clock::Cpu, &TimeVerdict::Faster(Evidence { effect: -0.3, added_ms, ..evidence() }));
            outcome.notes.remove(0)
        };
        assert_eq!(faster(-0.05), "processor time: the same to 0.500 ms");
        assert!(faster(-5.0).starts_with("processor time: -30.0 % (-5.00 ms)"));
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let mut noisy = outcome();
        noisy.add_time(Clock::Cpu, &TimeVerdict::Inconclusive(evidence(), Doubt::Noise));
        assert_eq!(noisy.state, State::Passed);
        assert_eq!(noisy.notes, ["processor time: could not tell, 20 pairs vary by more than the limit"]);
    }
}
