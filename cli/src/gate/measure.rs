//! Targets to observations: each is measured twice, so that what does not repeat is known.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::Observation;
use perf_look_analyzers::input;
use perf_look_analyzers::report::Policy;
use perf_look_analyzers::web::capture::PageCapture;
use perf_look_capture::browser::{Reach, Steps, Viewport};
use perf_look_capture::postgres::{Options, Pin, connect, explain};
use perf_look_capture::web::{PassName, Visit, Which, look};

use super::database::Database;
use super::serve::Serving;
use super::targets::{Target, What};
use crate::config::{Config, PageTarget, Suite};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::signals::Stop;

/// What the gate counts on a page where nothing is said.
const PASSES: [PassName; 3] = [PassName::Counts, PassName::SelectorStats, PassName::Census];

/// With what everything is measured.
pub(super) struct Measuring<'a> {
    pub(super) config: &'a Config,
    pub(super) suites: &'a [Suite],
    /// The folder that paths are from.
    pub(super) root: &'a Path,
    pub(super) no_execute: bool,
    /// What is broken on the throw-away server before anything is measured.
    pub(super) fault: Option<&'a str>,
}

/// A target, and what was measured of it or why nothing was.
pub(super) type Measured = (Target, Result<Observation, String>);

/// What was measured, and the server that it was measured on, if one was needed.
pub(super) struct Measurements {
    pub(super) all: Vec<Measured>,
    pub(super) database: Option<Database>,
}

impl Measuring<'_> {
    /// Measures every target. The error is one that stops all of them.
    pub(super) async fn all(
        &self,
        targets: Vec<Target>,
        progress: &mut Progress<'_>,
        stop: &Stop,
    ) -> Result<Measurements, Failure> {
        let policy = self.config.policy();
        let mut database = None;
        let mut servers: BTreeMap<usize, Serving> = BTreeMap::new();
        let mut measured = Vec::new();
        for target in targets {
            let observed = match &target.what {
                What::Plan(file) => of_plan(&target, file, &policy),
                What::Statement(..) => {
                    if database.is_none() {
                        progress.begin("preparing the database", None);
                        database = Some(Database::open(self.config, self.root, self.fault).await?);
                    }
                    let Some(database) = &database else { continue };
                    progress.begin(&format!("measuring {}", target.name), None);
                    self.statement(&target, database, &policy, stop).await?
                }
                What::Page(page, suite) => {
                    if let std::collections::btree_map::Entry::Vacant(free) = servers.entry(*suite) {
                        progress.begin(&format!("starting the server of {}", self.suites[*suite].name), None);
                        free.insert(Serving::start(&self.suites[*suite], self.root)?);
                    }
                    progress.begin(&format!("measuring {}", target.name), None);
                    let visit = self.visit(page, &self.suites[*suite], &servers[suite])?;
                    of_page(&target, &visit, &policy, stop).await?
                }
            };
            measured.push((target, observed));
        }
        progress.end();
        Ok(Measurements { all: measured, database })
    }

    async fn statement(
        &self,
        target: &Target,
        database: &Database,
        policy: &Policy,
        stop: &Stop,
    ) -> Result<Result<Observation, String>, Failure> {
        let What::Statement(sql, values) = &target.what else { return Ok(Err("no statement".to_owned())) };
        let session = connect(&database.target).await.map_err(Failure::from)?;
        let options = self.options(values);
        let captured = match explain(&session, sql, &options, stop.clone().wait(), |_| {}).await {
            Ok(captured) => captured,
            Err(error) => {
                if let Some(status) = stop.status() {
                    return Err(Failure::new(status, anyhow!("stopped; nothing was written")));
                }
                let help = error.help().map_or(String::new(), |help| format!("; {help}"));
                return Ok(Err(format!("{error}{help}")));
            }
        };
        Ok(Observation::of_statement(target.name.clone(), target.source.clone(), &captured, policy))
    }

    fn visit(&self, page: &PageTarget, suite: &Suite, serving: &Serving) -> Result<Visit, Failure> {
        let url = serving.url(&page.url);
        let url = if url.contains("://") { url } else { format!("file://{}", self.root.join(&url).display()) };
        let steps = page.steps.as_deref().map(|file| steps(self.root, file)).transpose()?;
        let known = |name: &String| {
            let pass = PassName::ALL.into_iter().find(|pass| pass.as_str() == name);
            pass.ok_or_else(|| Failure::usage(anyhow!("{}: there is no pass {name}", page.name)))
        };
        let passes: Vec<PassName> = page.passes.iter().map(known).collect::<Result<_, _>>()?;
        Ok(Visit {
            name: url.clone(),
            browser: Which::Ours(suite.browser.as_ref().map(Into::into)),
            cookies: Vec::new(),
            headers: Vec::new(),
            viewport: Viewport::default(),
            cpu_slowdown: 1.0,
            // What other hosts answer today is not what they answer tomorrow.
            reach: Reach::only_of(&url),
            url,
            repeats: if steps.is_some() { page.repeat } else { 0 },
            steps,
            timing_runs: 1,
            deadline: suite.timeout,
            passes: if passes.is_empty() { PASSES.into_iter().collect() } else { passes.into_iter().collect() },
        })
    }
}

fn steps(root: &Path, file: &str) -> Result<Steps, Failure> {
    let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("could not read {file}"))?;
    Steps::read(file, &text).map_err(|error| {
        let help = error.help();
        Failure::usage(error).help(help)
    })
}

async fn of_page(
    target: &Target,
    visit: &Visit,
    policy: &Policy,
    stop: &Stop,
) -> Result<Result<Observation, String>, Failure> {
    let mut captures = Vec::new();
    for _ in 0..2 {
        let mut tell = |_| {};
        let looked = tokio::select! {
            looked = look(visit, &mut tell) => looked,
            () = stop.clone().wait() => {
                let status = stop.status().unwrap_or(crate::status::Status::Interrupted);
                return Err(Failure::new(status, anyhow!("stopped; nothing was written")));
            }
        };
        match looked {
            Ok(capture) => captures.push(capture),
            Err(error) => {
                let help = error.help().map_or(String::new(), |help| format!("; {help}"));
                return Ok(Err(format!("{error}{help}")));
            }
        }
    }
    let [first, second]: [PageCapture; 2] =
        captures.try_into().map_err(|_| Failure::usage(anyhow!("a page was not measured twice")))?;
    Ok(Observation::of_page(target.name.clone(), target.source.clone(), (first, second), policy))
}

/// A plan that somebody saved: measured by whoever did that.
fn of_plan(target: &Target, file: &Path, policy: &Policy) -> Result<Observation, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("could not read {}: {error}", target.source.file))?;
    let input = input::read(&target.source.file, &text).map_err(|error| error.to_string())?;
    let mut subjects = input.subjects.into_iter();
    match (subjects.next(), subjects.next()) {
        (Some(subject), None) => {
            Ok(Observation::of_plan(target.name.clone(), target.source.clone(), subject.plan, policy))
        }
        (None, _) => Err("it holds no plan".to_owned()),
        (Some(_), Some(_)) => Err("it holds several plans: a target is one".to_owned()),
    }
}

impl Measuring<'_> {
    pub(super) fn options(&self, values: &BTreeMap<usize, String>) -> Options {
        let setting = |name| self.config.text(&["gate", "server", name]).map(str::to_owned);
        let pin = Pin {
            work_mem: setting("work_mem"),
            random_page_cost: setting("random_page_cost"),
            effective_cache_size: setting("effective_cache_size"),
            plan_cache_mode: setting("plan_cache_mode"),
        };
        Options {
            execute: !self.no_execute,
            runs: 2,
            warm_ups: 1,
            pin: Some(pin),
            timeout: self.config.timeout(),
            parameters: values.clone(),
            ..Options::default()
        }
    }
}
