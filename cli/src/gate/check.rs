//! `perf-look gate`: targets are measured, compared with what was accepted, and reported.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::{Baseline, Limits, Outcome, State, Verdict, decide};

use super::measure::{Measured, Measuring};
use super::store::{Store, is_ci};
use super::{targets, waive};
use crate::args::{Common, Gate};
use crate::config::Config;
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
    let suites = config.suites();
    let all = targets::all(&suites, &store.root)?;
    if all.is_empty() {
        let nothing = anyhow!("perf-look.toml names no target");
        return Err(Failure::new(Status::Nothing, nothing).help(
            "[suite.NAME] with sql = [\"queries/*.sql\"], plans = […] or [suite.NAME.page.NAME] says what to check",
        ));
    }
    let names: BTreeSet<String> = all.iter().map(|target| target.name.clone()).collect();
    let chosen = targets::chosen(all, &gate.targets)?;
    let waivers = waive::read(&store, &chosen, gate.check.today.as_deref())?;
    let measuring = Measuring { config, suites: &suites, root: &store.root, no_execute: gate.check.no_execute };
    let measured = measure(&measuring, chosen, common, terminal)?;
    let environment = environment(&measured);
    let mut verdict = judge(measured, &store, &names, &config.limits())?;
    waive::apply(&waivers, &mut verdict);
    outputs.write_gate(&verdict, (&command(gate), &environment), terminal)?;
    if gate.check.exit_zero {
        return Ok(Status::Clean);
    }
    // Of a part of the targets nobody can say that a waiver is not needed.
    let unused = gate.check.strict && gate.targets.is_empty() && waive::has_unused(&waivers);
    Ok(status(&verdict, gate).max(if unused { Status::Found } else { Status::Clean }))
}

fn measure(
    measuring: &Measuring<'_>,
    chosen: Vec<targets::Target>,
    common: &Common,
    terminal: &Terminal,
) -> Result<Vec<Measured>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime").map_err(Failure::usage)?;
    runtime.block_on(async {
        let stop = Stop::listen().context("could not listen for signals")?;
        Box::pin(measuring.all(chosen, &mut Progress::new(common, terminal), &stop)).await
    })
}

/// The command that measures the same again.
fn command(gate: &Gate) -> String {
    let targets = gate.targets.iter().map(|target| shlex::try_quote(target).unwrap_or_else(|_| target.into()));
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

fn judge(
    measured: Vec<Measured>,
    store: &Store,
    names: &BTreeSet<String>,
    limits: &Limits,
) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::default();
    for (target, observed) in measured {
        let outcome = match observed {
            Err(why) => Outcome::unmeasured(target.name.clone(), target.kind(), target.source, why),
            Ok(now) => {
                // What does not repeat cannot be accepted, and is said in the outcome.
                if let Ok(pending) = Baseline::of(&now, "not accepted")
                    && !is_ci()
                {
                    store.keep(&pending)?;
                }
                let baseline = store.baseline(now.kind, &now.target)?;
                decide(&now, baseline.as_ref(), None, limits)
            }
        };
        verdict.outcomes.push(outcome);
    }
    let orphans = store.baselines()?.into_iter().map(|baseline| baseline.target);
    verdict.orphans = orphans.filter(|target| !names.contains(target)).collect();
    Ok(verdict)
}

fn status(verdict: &Verdict, gate: &Gate) -> Status {
    let is_compared = |outcome: &Outcome| outcome.state != State::NotComparable || gate.check.rebase_inputs;
    let of = |outcome: &Outcome| match outcome.state {
        State::Unmeasured => Status::Unmeasured,
        State::New if !gate.check.allow_new => Status::Nothing,
        _ if !is_compared(outcome) => Status::NotComparable,
        State::Regressed | State::NotComparable if outcome.fails() => Status::Found,
        _ => Status::Clean,
    };
    verdict.outcomes.iter().map(of).max().unwrap_or(Status::Nothing)
}
