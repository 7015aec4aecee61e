//! In which order reports name targets and what counts of each, so that no two of them disagree.

use super::outcome::{Decision, Level, Outcome, State, Verdict};

impl State {
    /// All states: what a reader has to act on first.
    pub const RANKED: [Self; 5] = [Self::Regressed, Self::Unmeasured, Self::NotComparable, Self::New, Self::Passed];
}

impl Verdict {
    /// What the gate comes to: the first of [`State::RANKED`] that a target ended in.
    pub fn state(&self) -> State {
        State::RANKED.into_iter().find(|state| self.count(*state) > 0).unwrap_or(State::Passed)
    }

    /// The targets by [`State::RANKED`]; of a state those first that are furthest beyond a limit, then as configured.
    pub fn ranked(&self) -> Vec<&Outcome> {
        let mut ranked: Vec<&Outcome> = self.outcomes.iter().collect();
        let place = |state: State| State::RANKED.iter().position(|known| *known == state);
        let worst = |outcome: &Outcome| outcome.worst().map(|worst| (worst.level, worst.beyond()));
        ranked.sort_by(|left, right| {
            place(left.state).cmp(&place(right.state)).then_with(|| match (worst(left), worst(right)) {
                (Some(left), Some(right)) => right.0.cmp(&left.0).then(right.1.total_cmp(&left.1)),
                (left, right) => right.is_some().cmp(&left.is_some()),
            })
        });
        ranked
    }
}

impl Outcome {
    /// The worst decision that nobody waived.
    pub fn worst(&self) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.waived.is_none())
    }

    /// Whether there is nothing to say of it but that it passed.
    pub fn is_quiet(&self) -> bool {
        let says = |decision: &Decision| decision.level != Level::Better || decision.waived.is_some();
        self.state == State::Passed && !self.decisions.iter().any(says) && self.notes.is_empty()
    }
}

impl Decision {
    /// How many times its limit a value is; 0 where there is none.
    pub fn beyond(&self) -> f64 {
        match (self.value, self.limit) {
            (Some(value), Some(limit)) => value / limit.max(1.0),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::observation::Kind;
    use super::super::outcome::Source;
    use super::*;

    fn decision(value: f64) -> Decision {
        Decision {
            id: "D1",
            level: Level::Fail,
            counter: String::new(),
            headline: String::new(),
            reference: Some(1.0),
            value: Some(value),
            limit: Some(100.0),
            unit: "",
            place: None,
            waived: None,
            fingerprint: String::new(),
        }
    }

    fn outcome(target: &str, state: State, decisions: Vec<Decision>) -> Outcome {
        let empty = Outcome::unmeasured(target.to_owned(), Kind::Query, Source::default(), String::new());
        Outcome { state, decisions, notes: Vec::new(), ..empty }
    }

    #[test]
    fn what_regressed_most_comes_first_and_what_passed_last() {
        let outcomes = vec![
            outcome("passed", State::Passed, Vec::new()),
            outcome("unmeasured", State::Unmeasured, Vec::new()),
            outcome("little", State::Regressed, vec![decision(101.0)]),
            outcome("much", State::Regressed, vec![decision(900.0)]),
        ];
        let verdict = Verdict { outcomes, ..Verdict::default() };
        let names: Vec<&str> = verdict.ranked().into_iter().map(|outcome| outcome.target.as_str()).collect();
        assert_eq!(names, ["much", "little", "unmeasured", "passed"]);
        assert_eq!(verdict.state(), State::Regressed);
        assert_eq!(Verdict::default().state(), State::Passed);
    }
}
