//! `perf-look gate accept`, `prune` and `move`: the only ways in which what is accepted changes.

use anyhow::anyhow;
use perf_look_analyzers::gate::Baseline;

use super::store::{Store, is_ci};
use super::targets::{self, Chosen};
use crate::args::Accept;
use crate::config::Config;
use crate::failure::{Failure, note};
use crate::status::Status;
use crate::terminal::Terminal;

/// Accepts what the last run measured.
pub(super) fn accept(accept: &Accept, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let store = Store::of(config)?;
    refuse_in_ci()?;
    let pending = store.pending()?;
    let chosen = chosen(accept, pending)?;
    let mut changed = 0;
    for measured in &chosen {
        let was = store.baseline(measured.kind, &measured.target)?;
        let reason = accept.reason.clone().or_else(|| was.as_ref().map(|was| was.accepted.clone()));
        let measured = Baseline { accepted: reason.unwrap_or_default(), ..measured.clone() };
        let next = match &was {
            Some(was) if accept.improved => was.lowered(&measured),
            None if accept.improved => continue,
            _ => measured.clone(),
        };
        if was.as_ref() != Some(&next) {
            store.accept(&next)?;
            changed += 1;
        }
        if !accept.improved || next.metrics == measured.metrics {
            store.forget(measured.kind, &measured.target)?;
        }
    }
    note(terminal, &format!("{changed} of {} targets have a new baseline; commit it with the change", chosen.len()));
    Ok(Status::Clean)
}

fn chosen(accept: &Accept, pending: Vec<Baseline>) -> Result<Vec<Baseline>, Failure> {
    if pending.is_empty() {
        let nothing = anyhow!("nothing was measured that waits to be accepted");
        return Err(Failure::new(Status::Nothing, nothing).help("run perf-look gate first"));
    }
    if accept.targets.is_empty() {
        return Ok(pending);
    }
    let wanted = Chosen::of(&accept.targets)?;
    let names: Vec<String> = pending.iter().map(|measured| measured.target.clone()).collect();
    let chosen: Vec<Baseline> = pending.into_iter().filter(|measured| wanted.has(&measured.target)).collect();
    if chosen.is_empty() {
        let none = anyhow!("no target that was measured is called {}", accept.targets.join(", "));
        return Err(
            Failure::usage(none).help(format!("there are {}; what does not repeat is not accepted", names.join(", ")))
        );
    }
    Ok(chosen)
}

/// Removes baselines without a target.
pub(super) fn prune(dry_run: bool, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let store = Store::of(config)?;
    let targets = targets::all(&config.suites(), &store.root)?;
    let orphans = store.baselines()?.into_iter();
    let orphans = orphans.filter(|baseline| !targets.iter().any(|target| target.name == baseline.target));
    let orphans: Vec<Baseline> = orphans.collect();
    if !dry_run {
        refuse_in_ci()?;
    }
    for orphan in &orphans {
        if !dry_run {
            store.remove(orphan)?;
        }
        note(terminal, &format!("{} {}", if dry_run { "would remove" } else { "removed" }, orphan.target));
    }
    if orphans.is_empty() {
        note(terminal, "every baseline has its target");
    }
    Ok(Status::Clean)
}

/// Gives a baseline another name.
pub(super) fn rename(old: &str, new: &str, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let store = Store::of(config)?;
    refuse_in_ci()?;
    let baselines = store.baselines()?;
    let Some(baseline) = baselines.iter().find(|baseline| baseline.target == old) else {
        let names: Vec<&str> = baselines.iter().map(|baseline| baseline.target.as_str()).collect();
        return Err(Failure::usage(anyhow!("there is no baseline of {old}"))
            .help(format!("there are baselines of {}", names.join(", "))));
    };
    if baselines.iter().any(|baseline| baseline.target == new) {
        return Err(
            Failure::usage(anyhow!("{new} has a baseline already")).help("perf-look gate prune removes old ones")
        );
    }
    // First the new one: whatever happens between, nothing is lost.
    store.accept(&Baseline { target: new.to_owned(), ..baseline.clone() })?;
    store.remove(baseline)?;
    note(terminal, &format!("{old} is {new} from now on; commit it with the change"));
    Ok(Status::Clean)
}

fn refuse_in_ci() -> Result<(), Failure> {
    if is_ci() {
        let refused = anyhow!("CI is set, and where it is nothing is written");
        return Err(Failure::usage(refused).help("run it on your machine and commit what changed"));
    }
    Ok(())
}
