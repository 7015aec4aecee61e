//! `perf-look gate selftest` and `calibrate`: whether the gate works here, and how small a change of time it can see.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::time::{Sample, evidence};
use perf_look_analyzers::gate::{Baseline, Outcome, State, decide};
use perf_look_analyzers::quantity::Ms;
use perf_look_capture::postgres::connect;
use perf_look_capture::postgres::explain::{Arm, timed_pairs};

use super::measure::{Measurements, Measuring};
use super::store::Store;
use super::targets::{self, Target, What};
use crate::args::Common;
use crate::config::{Config, Suite};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;

/// What both commands go by.
pub(super) struct Trial<'a> {
    pub(super) common: &'a Common,
    pub(super) config: &'a Config,
    pub(super) terminal: &'a Terminal,
}

impl Trial<'_> {
    /// Drops an index that a statement uses on a throw-away copy: the gate has to fail, and to pass without.
    pub(super) fn selftest(&self) -> Result<Status, Failure> {
        let (store, suites, statements) = self.statements()?;
        if self.config.text(&["gate", "server", "url"]).is_some() {
            let named = anyhow!("gate.server.url names a server, and nothing of it is broken for a test");
            return Err(
                Failure::usage(named).help("--set gate.server.url= with gate.server.setup tests on a throw-away one")
            );
        }
        let tried = block_on(async {
            let stop = Stop::listen().context("could not listen for signals")?;
            let before = self.measured(&store, &suites, (&statements, None), &stop).await?;
            let Some((target, index)) = used_index(&before) else {
                let none = anyhow!("no statement uses an index that could be taken away");
                return Err(Failure::new(Status::Nothing, none));
            };
            let again = self.measured(&store, &suites, (&statements, None), &stop).await?;
            let fault = format!("drop index {index} cascade");
            let broken = self.measured(&store, &suites, (&statements, Some(&fault)), &stop).await?;
            let (silent, noticed) = (self.worse(&before, &again), self.worse(&before, &broken));
            Ok((target, index, silent, noticed))
        })?;
        let (target, index, unchanged, broken) = tried;
        let noticed = broken.iter().any(|outcome| outcome.target == target);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}: unchanged, {} of {} targets are worse",
            word(unchanged.is_empty()),
            unchanged.len(),
            statements.len()
        );
        let _ = writeln!(
            text,
            "{}: without {index}, {} of {} targets are worse",
            word(noticed),
            broken.len(),
            statements.len()
        );
        for outcome in &broken {
            let worst = outcome.worst().map_or("", |worst| &worst.headline);
            let cause = outcome.causes.first().map_or("not known", |cause| &cause.text);
            let _ = writeln!(text, "  {}: {worst}; {cause}", outcome.target);
        }
        output::print(self.terminal, &perf_look_analyzers::safe::block(&text))?;
        Ok(if noticed && unchanged.is_empty() { Status::Clean } else { Status::Found })
    }

    /// Times each statement against itself: what differs then is the machine.
    pub(super) fn calibrate(&self, pairs: u32) -> Result<Status, Failure> {
        let (store, suites, statements) = self.statements()?;
        let text = block_on(async {
            let stop = Stop::listen().context("could not listen for signals")?;
            let measuring = self.measuring(&store, &suites, None);
            let measured = Box::pin(measuring.all(statements, &mut self.progress(), &stop)).await?;
            let Some(database) = &measured.database else { return Ok(String::new()) };
            let (first, second) = (connect(&database.target).await?, connect(&database.target).await?);
            let mut text = String::new();
            for (target, _) in measured.all.iter().filter(|(_, observed)| observed.is_ok()) {
                let What::Statement(sql, values) = &target.what else { continue };
                let options = measuring.options(values);
                let side = Arm { session: &first, sql, options: &options };
                let timed = timed_pairs(side, Arm { session: &second, ..side }, pairs, stop.clone().wait()).await;
                let timed = timed.map_err(|error| match stop.status() {
                    Some(status) => Failure::new(status, anyhow!("stopped")),
                    None => Failure::unmeasured(error),
                })?;
                let time = |timed: perf_look_capture::postgres::explain::Timed| timed.cpu_ms.unwrap_or(timed.wall_ms);
                let samples: Vec<Sample> =
                    timed.iter().filter_map(|pair| Sample::new(time(pair.base), time(pair.head)).ok()).collect();
                let base = timed.iter().map(|pair| time(pair.base)).sum::<f64>() / f64::from(pairs);
                text.push_str(&line(&target.name, base, &samples));
            }
            Ok(text)
        })?;
        output::print(self.terminal, &perf_look_analyzers::safe::block(&text))?;
        Ok(Status::Clean)
    }

    fn statements(&self) -> Result<(Store, Vec<Suite>, Vec<Target>), Failure> {
        let store = Store::of(self.config)?;
        let suites = self.config.suites();
        let mut targets = targets::all(&suites, &store.root)?;
        targets.retain(|target| matches!(target.what, What::Statement(..)));
        if targets.is_empty() {
            let none = anyhow!("perf-look.toml names no statement to try it with");
            return Err(Failure::new(Status::Nothing, none).help("[suite.NAME] with sql = [\"queries/*.sql\"]"));
        }
        Ok((store, suites, targets))
    }

    fn measuring<'m>(&'m self, store: &'m Store, suites: &'m [Suite], fault: Option<&'m str>) -> Measuring<'m> {
        Measuring { config: self.config, suites, root: &store.root, no_execute: false, fault }
    }

    fn progress(&self) -> Progress<'_> {
        Progress::new(self.common, self.terminal)
    }

    async fn measured(
        &self,
        store: &Store,
        suites: &[Suite],
        (targets, fault): (&[Target], Option<&str>),
        stop: &Stop,
    ) -> Result<Measurements, Failure> {
        let measuring = self.measuring(store, suites, fault);
        Box::pin(measuring.all(targets.to_vec(), &mut self.progress(), stop)).await
    }

    /// The targets that are worse than they were a moment ago.
    fn worse(&self, before: &Measurements, now: &Measurements) -> Vec<Outcome> {
        let baselines: Vec<Baseline> = before
            .all
            .iter()
            .filter_map(|(_, observed)| Baseline::of(observed.as_ref().ok()?, "measured").ok())
            .collect();
        let judged = now.all.iter().filter_map(|(target, observed)| {
            let baseline = baselines.iter().find(|baseline| baseline.target == target.name)?;
            Some(decide(observed.as_ref().ok()?, Some(baseline), None, &self.config.limits()))
        });
        judged.filter(|outcome| outcome.state == State::Regressed).collect()
    }
}

fn word(is_right: bool) -> &'static str {
    if is_right { "right" } else { "wrong" }
}

/// A target, its time, and from where on a change of it is told from noise.
fn line(name: &str, base_ms: f64, samples: &[Sample]) -> String {
    let evidence = evidence(samples);
    let Some(interval) = evidence.interval else { return format!("{name}: too few pairs to tell\n") };
    let half = (interval.end() - interval.start()) / 2.0 * 100.0;
    let drift = evidence.effect * 100.0;
    format!("{name}: {}, against itself {drift:+.1} % ± {half:.1} % over {} pairs\n", Ms(base_ms), evidence.n)
}

/// An index, with its schema, that a measured plan reads a good part of its work by: the first that is no key.
fn used_index(measured: &Measurements) -> Option<(String, String)> {
    for (target, observed) in &measured.all {
        let Some((now, plan)) = observed.as_ref().ok().and_then(|now| Some((now, now.plan()?))) else { continue };
        let used: BTreeSet<&str> = plan.nodes().iter().filter_map(|node| node.index.as_deref()).collect();
        for (name, relation) in &now.inputs.relations {
            let is_plain = |definition: &str| definition.starts_with("CREATE INDEX");
            let index = relation.indexes.iter().find(|(index, sql)| used.contains(index.as_str()) && is_plain(sql));
            if let Some((index, _)) = index {
                let schema = name.split('.').next().unwrap_or("public");
                return Some((target.name.clone(), format!("\"{schema}\".\"{}\"", index.replace('"', "\"\""))));
            }
        }
    }
    None
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("could not start the runtime").map_err(Failure::usage)?.block_on(Box::pin(work))
}
