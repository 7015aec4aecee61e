//! `perf-look gate`: targets are measured, compared with what was accepted, and reported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::{Baseline, Observation, Outcome, State, Verdict, decide};

use super::checkout::Checkout;
use super::measure::{Measured, Measurements, Measuring};
use super::store::{Store, is_ci};
use super::targets::Target;
use super::{base, targets, waive};
use crate::args::{Check, Common, Gate};
use crate::config::{Config, Suite};
use crate::failure::Failure;
use crate::output::Outputs;
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;

/// Checks what the arguments name.
pub(super) fn run(gate: &Gate, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of_gate(&gate.check.reports, gate.check.output.as_deref())?;
    let store = Store::of(config)?;
    let Checked { verdict, environment, has_unused } =
        checked((&gate.targets, &gate.check), &store, config, (common, terminal))?;
    outputs.write_gate(&verdict, (&command(&gate.targets), &environment), terminal)?;
    if gate.check.exit_zero {
        return Ok(Status::Clean);
    }
    // Of a part of the targets nobody can say that a waiver is not needed.
    let unused = gate.check.strict && gate.targets.is_empty() && has_unused;
    Ok(status(&verdict, &gate.check).max(if unused { Status::Found } else { Status::Clean }))
}

/// What a check came to.
pub(super) struct Checked {
    pub(super) verdict: Verdict,
    /// What was measured with and on, by name.
    pub(super) environment: Vec<(String, String)>,
    /// Whether nothing needed one of the waivers.
    has_unused: bool,
}

/// Measures and judges the targets that match.
pub(super) fn checked(
    (patterns, check): (&[String], &Check),
    store: &Store,
    config: &Config,
    (common, terminal): (&Common, &Terminal),
) -> Result<Checked, Failure> {
    let suites = config.suites();
    let all = targets::all(&suites, &store.root)?;
    if all.is_empty() {
        let nothing = anyhow!("perf-look.toml names no target");
        return Err(Failure::new(Status::Nothing, nothing).help(
            "[suite.NAME] with sql = [\"queries/*.sql\"], plans = […] or [suite.NAME.page.NAME] says what to check",
        ));
    }
    let names: BTreeSet<String> = all.iter().map(|target| target.name.clone()).collect();
    let chosen = targets::chosen(all, patterns)?;
    let waivers = waive::read(store, &chosen, check.today.as_deref())?;
    let checkout = check.base.as_deref().map(|name| Checkout::of(name, &store.root)).transpose()?;
    let base = checkout.as_ref().map(|checkout| Base::of(&checkout.folder(), config)).transpose()?;
    let checking = Checking { check, config, store, suites: &suites, names: &names };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime").map_err(Failure::usage)?;
    let measured = runtime.block_on(Box::pin(checking.verdict(chosen, base.as_ref(), common, terminal)))?;
    let (mut verdict, environment) = measured;
    waive::apply(&waivers, &mut verdict);
    Ok(Checked { verdict, environment, has_unused: waive::has_unused(&waivers) })
}

/// The checkout that the change was made on.
struct Base {
    config: Config,
    suites: Vec<Suite>,
    root: PathBuf,
}

impl Base {
    fn of(folder: &Path, head: &Config) -> Result<Self, Failure> {
        let config = base::config(folder, head)?;
        Ok(Self { suites: config.suites(), root: folder.to_owned(), config })
    }
}

/// What a check goes by.
struct Checking<'a> {
    check: &'a Check,
    config: &'a Config,
    store: &'a Store,
    suites: &'a [Suite],
    /// The names of all targets, of which some may be asked for.
    names: &'a BTreeSet<String>,
}

impl Checking<'_> {
    /// Measures the targets, at the base too where there is one, and judges them.
    async fn verdict(
        &self,
        chosen: Vec<Target>,
        base: Option<&Base>,
        common: &Common,
        terminal: &Terminal,
    ) -> Result<(Verdict, Vec<(String, String)>), Failure> {
        let stop = Stop::listen().context("could not listen for signals")?;
        let mut progress = Progress::new(common, terminal);
        let no_execute = self.check.no_execute;
        let head =
            Measuring { config: self.config, suites: self.suites, root: &self.store.root, no_execute, fault: None };
        let names: Vec<String> = chosen.iter().map(|target| target.name.clone()).collect();
        let measured = Box::pin(head.all(chosen, &mut progress, &stop)).await?;
        let environment = environment(&measured.all);
        let Some(base) = base else {
            return Ok((self.judge(&measured, &BTreeMap::new())?, environment));
        };
        let before =
            Measuring { config: &base.config, suites: &base.suites, root: &base.root, no_execute, fault: None };
        let at_base = base::measure(&before, &names, &mut progress, &stop).await?;
        let mut verdict = self.judge(&measured, &base::inherited(&at_base))?;
        if !no_execute {
            progress.begin("timing the base and the change side by side", None);
            base::time((&at_base, &measured), (&before, &head), &mut verdict.outcomes, &stop).await?;
            progress.end();
        }
        Ok((verdict, environment))
    }

    fn judge(&self, measured: &Measurements, inherited: &BTreeMap<String, Baseline>) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        for (target, observed) in &measured.all {
            let outcome = match observed {
                Err(why) => Outcome::unmeasured(target.name.clone(), target.kind(), target.source.clone(), why.clone()),
                Ok(now) => self.outcome(now, inherited.get(&target.name))?,
            };
            verdict.outcomes.push(outcome);
        }
        let orphans = self.store.baselines()?.into_iter().map(|baseline| baseline.target);
        verdict.orphans = orphans.filter(|target| !self.names.contains(target)).collect();
        Ok(verdict)
    }

    fn outcome(&self, now: &Observation, inherited: Option<&Baseline>) -> Result<Outcome, Failure> {
        // What does not repeat cannot be accepted, and is said in the outcome; nor can what was measured before it.
        match Baseline::of(now, "not accepted") {
            _ if is_ci() => {}
            Ok(pending) => self.store.keep(&pending)?,
            Err(_) => self.store.forget(now.kind, &now.target)?,
        }
        let baseline = self.store.baseline(now.kind, &now.target)?;
        Ok(decide(now, baseline.as_ref(), inherited, &self.config.limits()))
    }
}

/// The command that measures the same again.
pub(super) fn command(patterns: &[String]) -> String {
    let targets = patterns.iter().map(|target| shlex::try_quote(target).unwrap_or_else(|_| target.into()));
    ["perf-look".into(), "gate".into()].into_iter().chain(targets).collect::<Vec<std::borrow::Cow<'_, str>>>().join(" ")
}

/// What was measured with and on, by name.
fn environment(measured: &[Measured]) -> Vec<(String, String)> {
    let mut all = BTreeMap::new();
    for now in measured.iter().filter_map(|(_, observed)| observed.as_ref().ok()) {
        let of_all = now.inputs.environment.iter().filter(|(name, _)| ["server", "browser"].contains(&name.as_str()));
        all.extend(of_all.map(|(name, value)| (name.clone(), value.clone())));
    }
    all.into_iter().collect()
}

fn status(verdict: &Verdict, check: &Check) -> Status {
    let is_compared = |outcome: &Outcome| outcome.state != State::NotComparable || check.rebase_inputs;
    let of = |outcome: &Outcome| match outcome.state {
        State::Unmeasured => Status::Unmeasured,
        State::New if !check.allow_new => Status::Nothing,
        _ if !is_compared(outcome) => Status::NotComparable,
        State::Regressed | State::NotComparable if outcome.fails() => Status::Found,
        _ => Status::Clean,
    };
    verdict.outcomes.iter().map(of).max().unwrap_or(Status::Nothing)
}
