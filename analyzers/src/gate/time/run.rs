//! The order of a run: what is to be measured next, and what is known once it was.

use super::looks::{Look, looks, rejected};
use super::{Doubt, Evidence, Sample, TimeRule, TimeVerdict, evidence};

/// How many pairs a target that seems slower is measured with again.
const AGAIN: usize = 20;

/// How small the chance has to be among them; it only takes away from what may be called slower.
const AGAIN_ALPHA: f64 = 0.01;

/// Whose pairs they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// Base against base.
    Control,
    /// Base against head, of the target with this index.
    Target(usize),
}

/// How many more pairs of an arm are wanted; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub arm: Arm,
    /// How many, in the order base, head, head, base, and so on.
    pub pairs: usize,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Measure these pairs, one of each arm in turn, and record them.
    Measure(Vec<Wanted>),
    /// Nothing more: a verdict a target, in their order.
    Decided(Vec<TimeVerdict>),
}

/// The measuring of several targets, together with base against itself.
#[derive(Debug, Clone)]
pub struct TimeRun {
    control: Control,
    targets: Vec<Target>,
    looks: std::array::IntoIter<Look, 3>,
    look: Option<Look>,
}

#[derive(Debug, Clone)]
struct Control {
    rule: TimeRule,
    samples: Vec<Sample>,
    differs: bool,
}

#[derive(Debug, Clone)]
struct Target {
    rule: TimeRule,
    samples: Vec<Sample>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Open,
    /// It seems slower, and these are the pairs that were measured anew.
    Again(Vec<Sample>),
    Decided(TimeVerdict),
}

impl TimeRun {
    /// A run over targets with these rules. The control is judged by the first of them, so let it be the base of the
    /// first target.
    pub fn new(rules: &[TimeRule]) -> Self {
        let target = |rule: &TimeRule| Target { rule: *rule, samples: Vec::new(), state: State::Open };
        let rule = rules.first().copied().unwrap_or(TimeRule::QUERY_CPU);
        let mut looks = looks(rules.len()).into_iter();
        let look = looks.next().filter(|_| !rules.is_empty());
        let control = Control { rule, samples: Vec::new(), differs: false };
        Self { control, targets: rules.iter().map(target).collect(), looks, look }
    }

    /// Takes what was measured; pairs that nobody asked for are left out.
    pub fn record(&mut self, arm: Arm, samples: &[Sample]) {
        let wanted = self.wanted().into_iter().find(|wanted| wanted.arm == arm).map_or(0, |wanted| wanted.pairs);
        let samples = samples.iter().take(wanted);
        match arm {
            Arm::Control => self.control.samples.extend(samples),
            Arm::Target(at) => {
                for target in self.targets.iter_mut().skip(at).take(1) {
                    target.pairs().extend(samples.clone());
                }
            }
        }
    }

    /// What is to be measured, or what is known.
    pub fn next_step(&mut self) -> Next {
        loop {
            let wanted = self.wanted();
            if !wanted.is_empty() {
                return Next::Measure(wanted);
            }
            let Some(look) = self.look else { return Next::Decided(self.verdicts()) };
            self.judge(look);
        }
    }

    /// What the present look still needs.
    fn wanted(&self) -> Vec<Wanted> {
        let Some(look) = self.look else { return Vec::new() };
        let missing = |arm, there: usize, needed: usize| Wanted { arm, pairs: needed.saturating_sub(there) };
        let control = missing(Arm::Control, self.control.samples.len(), look.pairs);
        let targets = self.targets.iter().enumerate().map(|(at, target)| match &target.state {
            State::Open => missing(Arm::Target(at), target.samples.len(), look.pairs),
            State::Again(again) => missing(Arm::Target(at), again.len(), AGAIN),
            State::Decided(_) => missing(Arm::Target(at), 0, 0),
        });
        std::iter::once(control).chain(targets).filter(|wanted| wanted.pairs > 0).collect()
    }

    fn judge(&mut self, look: Look) {
        self.control.judge(look);
        self.targets.iter_mut().for_each(Target::judge_again);
        self.judge_open(look);
        let next = self.looks.next();
        if next.is_none() {
            self.close();
        }
        self.look = match next {
            _ if self.targets.iter().all(|target| matches!(target.state, State::Decided(_))) => None,
            // After the last look only what has to recur is still measured.
            None => Some(look),
            next => next,
        };
    }

    fn judge_open(&mut self, look: Look) {
        let slower =
            self.targets.iter().filter(|target| matches!(target.state, State::Decided(TimeVerdict::Slower(_))));
        let others = self.targets.len() - slower.count();
        let open = || self.targets.iter().filter(|target| matches!(target.state, State::Open));
        let evidence: Vec<Evidence> = open().map(|target| evidence(&target.samples)).collect();
        let chances: Vec<f64> = evidence.iter().map(|evidence| evidence.p).collect();
        let rare = rejected(&chances, others, look.alpha);
        let open = self.targets.iter_mut().filter(|target| matches!(target.state, State::Open));
        for ((target, evidence), rare) in open.zip(evidence).zip(rare) {
            if rare && evidence.exceeds(target.rule) {
                target.state = State::Again(Vec::new());
            } else if let Some(verdict) = evidence.without_red(target.rule) {
                target.state = State::Decided(verdict);
            }
        }
    }

    /// After the last look what is open stays so.
    fn close(&mut self) {
        for target in &mut self.targets {
            if let State::Open = target.state {
                let verdict = TimeVerdict::Inconclusive(evidence(&target.samples), Doubt::Noise);
                target.state = State::Decided(verdict);
            }
        }
    }

    fn verdicts(&self) -> Vec<TimeVerdict> {
        let decided = self.targets.iter().filter_map(|target| match &target.state {
            State::Decided(verdict) => Some(verdict.clone()),
            State::Open | State::Again(_) => None,
        });
        decided.map(|verdict| if self.control.differs { verdict.void() } else { verdict }).collect()
    }
}

impl Control {
    /// Base may not differ from itself in either direction: one would make slower what is not, the other hide what is.
    fn judge(&mut self, look: Look) {
        let mirrored: Vec<Sample> = self.samples.iter().map(|sample| sample.mirrored()).collect();
        for evidence in [&self.samples, &mirrored].map(|samples| evidence(samples)) {
            self.differs |= evidence.p <= look.alpha && evidence.exceeds(self.rule);
        }
    }
}

impl Target {
    /// Where its next pairs go.
    fn pairs(&mut self) -> &mut Vec<Sample> {
        match &mut self.state {
            State::Again(again) => again,
            State::Open | State::Decided(_) => &mut self.samples,
        }
    }

    fn judge_again(&mut self) {
        let State::Again(again) = &self.state else { return };
        let evidence = evidence(again);
        let recurs = evidence.p <= AGAIN_ALPHA && evidence.exceeds(self.rule);
        self.state = State::Decided(if recurs {
            TimeVerdict::Slower(evidence)
        } else {
            TimeVerdict::Inconclusive(evidence, Doubt::DidNotRecur)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of 100 ms and about 100 ms times the ratio, each a little different.
    fn pairs(ratio: f64, n: usize) -> Vec<Sample> {
        (0..n).map(|at| Sample::new(100.0, 100.0 * ratio + (at % 7) as f64 / 10.0).unwrap()).collect()
    }

    /// Pairs that show nothing: logarithms of the ratio all over from -0.9 to 0.9, moved by so much.
    fn noise(n: usize, moved: f64) -> Vec<Sample> {
        let log = |at: usize| moved + ((at * 7 + 3) % 10) as f64 / 5.0 - 0.9;
        (0..n).map(|at| Sample::new(100.0, 100.0 * log(at).exp()).unwrap()).collect()
    }

    fn wanted(run: &mut TimeRun) -> Vec<(Arm, usize)> {
        match run.next_step() {
            Next::Measure(wanted) => wanted.into_iter().map(|wanted| (wanted.arm, wanted.pairs)).collect(),
            Next::Decided(verdicts) => panic!("decided: {verdicts:?}"),
        }
    }

    fn decided(run: &mut TimeRun) -> Vec<TimeVerdict> {
        match run.next_step() {
            Next::Decided(verdicts) => verdicts,
            Next::Measure(wanted) => panic!("wants {wanted:?}"),
        }
    }

    /// Measures all that is wanted and says how many pairs that took.
    fn measure(run: &mut TimeRun, of: impl Fn(Arm, usize) -> Vec<Sample>) -> usize {
        let mut all = 0;
        while let Next::Measure(wanted) = run.next_step() {
            for Wanted { arm, pairs } in wanted {
                run.record(arm, &of(arm, pairs));
                all += pairs;
            }
        }
        all
    }

    fn steady(arm: Arm, n: usize) -> Vec<Sample> {
        match arm {
            Arm::Control => pairs(1.0, n),
            Arm::Target(_) => pairs(1.5, n),
        }
    }

    #[test]
    fn what_is_equal_is_known_at_the_first_look() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
        assert_eq!(wanted(&mut run), [(Arm::Control, 10), (Arm::Target(0), 10)]);
        run.record(Arm::Control, &pairs(1.0, 10));
        run.record(Arm::Target(0), &pairs(1.0, 4));
        assert_eq!(wanted(&mut run), [(Arm::Target(0), 6)]);
        run.record(Arm::Target(0), &pairs(1.0, 6));
        assert!(matches!(decided(&mut run)[..], [TimeVerdict::Equivalent(Evidence { n: 10, .. })]));
    }

    #[test]
    fn what_is_slower_has_to_be_slower_again() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
        for (arm, n) in wanted(&mut run) {
            run.record(arm, &steady(arm, n));
        }
        assert_eq!(wanted(&mut run), [(Arm::Control, 10), (Arm::Target(0), 20)]);
        let mut recurs = run.clone();
        measure(&mut recurs, steady);
        assert!(matches!(decided(&mut recurs)[..], [TimeVerdict::Slower(Evidence { n: 20, .. })]));
        measure(&mut run, |_, n| pairs(1.0, n));
        assert!(matches!(decided(&mut run)[..], [TimeVerdict::Inconclusive(_, Doubt::DidNotRecur)]));
    }

    #[test]
    fn what_is_faster_is_not_inconclusive() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
        measure(&mut run, |arm, n| pairs(if arm == Arm::Control { 1.0 } else { 0.5 }, n));
        assert!(matches!(decided(&mut run)[..], [TimeVerdict::Faster(_)]));
    }

    #[test]
    fn noise_is_inconclusive_after_thirty_pairs() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
        let all = measure(&mut run, |arm, n| if arm == Arm::Control { pairs(1.0, n) } else { noise(n, 0.0) });
        assert_eq!(all, 60);
        assert!(matches!(decided(&mut run)[..], [TimeVerdict::Inconclusive(Evidence { n: 30, .. }, Doubt::Noise)]));
    }

    #[test]
    fn what_turns_slower_at_the_last_look_is_measured_again_too() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
        for _ in 0..2 {
            for (arm, n) in wanted(&mut run) {
                run.record(arm, &if arm == Arm::Control { pairs(1.0, n) } else { noise(n, 0.15) });
            }
        }
        for (arm, n) in wanted(&mut run) {
            run.record(arm, &if arm == Arm::Control { pairs(1.0, n) } else { pairs(9.0, n) });
        }
        assert_eq!(wanted(&mut run), [(Arm::Target(0), 20)]);
        measure(&mut run, steady);
        assert!(matches!(decided(&mut run)[..], [TimeVerdict::Slower(Evidence { n: 20, .. })]));
    }

    #[test]
    fn a_base_that_differs_from_itself_voids_every_verdict() {
        for ratio in [1.5, 0.6] {
            let mut run = TimeRun::new(&[TimeRule::QUERY_CPU; 2]);
            measure(&mut run, |arm, n| match arm {
                Arm::Control => pairs(ratio, n),
                Arm::Target(0) => pairs(1.5, n),
                Arm::Target(_) => pairs(1.0, n),
            });
            let verdicts = decided(&mut run);
            assert_eq!(verdicts.len(), 2);
            for verdict in verdicts {
                assert!(matches!(verdict, TimeVerdict::Inconclusive(_, Doubt::ControlDiffers)), "{verdict:?}");
            }
        }
    }

    #[test]
    fn only_what_is_undecided_is_measured_further() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU; 3]);
        for (arm, n) in wanted(&mut run) {
            let samples = if arm == Arm::Target(1) { noise(n, 0.0) } else { pairs(1.0, n) };
            run.record(arm, &samples);
        }
        assert_eq!(wanted(&mut run), [(Arm::Control, 10), (Arm::Target(1), 10)]);
    }

    #[test]
    fn pairs_that_nobody_asked_for_change_nothing() {
        let mut run = TimeRun::new(&[TimeRule::QUERY_CPU]);
        run.record(Arm::Target(0), &pairs(1.0, 400));
        run.record(Arm::Target(7), &pairs(9.0, 400));
        assert_eq!(wanted(&mut run), [(Arm::Control, 10)]);
    }

    #[test]
    fn a_run_without_targets_measures_nothing() {
        assert_eq!(TimeRun::new(&[]).next_step(), Next::Decided(Vec::new()));
    }
}
