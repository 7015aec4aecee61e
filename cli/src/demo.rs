//! `perf-look demo`: the main job from end to end, with nothing to set up.

mod keepsakes;
#[cfg(unix)]
mod page;
mod tpch;

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::{Capture, Report, Severity};
use perf_look_capture::postgres::scratch::{Scratch, ScratchError};
use perf_look_capture::postgres::workbench::Workbench;
use perf_look_capture::postgres::{IndexMeans, Options, connect, split};

use crate::args::{Common, Demo};
use crate::columns::columns;
use crate::config::Config;
use crate::failure::{Failure, warn};
use crate::live::{Ran, run_all};
use crate::output::{self, Outputs};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::verify::Verifier;

/// A small shop, the same rows each time.
const SHOP: &str = include_str!("demo/shop.sql");

/// Statements on it that are slow, each for another reason.
const STATEMENTS: &str = include_str!("demo/slow.sql");

/// The name of its database.
const SHOP_DATABASE: &str = "shop";

/// What a server said of them when it was asked.
const RECORDED: &str = include_str!("demo/recorded.json");

/// What it said when the first finding's advice had been followed.
const RECORDED_AFTER: &str = include_str!("demo/recorded-after.json");

/// What a server said of query 17 of TPC-H, and what came of the index that it lacks.
const RECORDED_TPCH: &str = include_str!("demo/recorded-tpch.json");

/// What a browser said of a page of the shop; `fixtures/record-web demo` records it again.
const RECORDED_PAGE: &str = include_str!("demo/page/recorded.json");

const LIVE_INTRO: &str = "\
A PostgreSQL server of its own is started in a temporary folder, filled with a
small shop and two tables of TPC-H, asked slow questions, and thrown away; what
is advised is tried there, and the indexes are built and measured. Then a page
of the shop is looked at in a browser of its own. Nothing of yours is touched:
no server, no database, no browser, no file.
";

const RECORDED_INTRO: &str = "\
These plans and this page were recorded before, of a small shop: what a server
and a browser said is part of this program. Nothing is run.
";

/// Shows it. That there are findings is the point, so they do not fail.
pub(crate) fn run(demo: &Demo, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of(&demo.report)?;
    let say = |text: &str| {
        // Where stderr is closed there is nobody to tell.
        let _ = if common.quiet { Ok(()) } else { terminal.stderr().write_all(text.as_bytes()) };
    };
    say(if demo.recorded { RECORDED_INTRO } else { LIVE_INTRO });
    let measured = if demo.recorded { recorded(config)? } else { live(demo, common, config, terminal)? };
    for failure in &measured.failures {
        failure.print(terminal.stderr());
    }
    if let Some(path) = &demo.report.save {
        output::save(path, &measured.before)?;
    }
    let report = outputs.redacted(measured.before.input()).judged(&config.policy());
    say("\n");
    outputs.write(&report, terminal)?;
    if let Some(folder) = &demo.to {
        say(&keepsakes::leave(folder, &measured, config)?);
    }
    say(&next(&report, terminal.width()));
    Ok(measured.failures.iter().map(|failure| failure.status).max().unwrap_or(Status::Clean))
}

/// What the statements came to, before and after.
struct Measured {
    before: Capture,
    /// The SQL that was run, and what the statements came to then.
    after: Option<(String, Capture)>,
    failures: Vec<Failure>,
}

fn judged(capture: &Capture, config: &Config) -> Report {
    capture.input().judged(&config.policy())
}

/// What the first finding that has SQL advises.
fn advised(report: &Report) -> Option<String> {
    let advice =
        report.findings.iter().filter(|finding| finding.severity > Severity::Info).flat_map(|finding| &finding.advice);
    advice.filter_map(|advice| advice.sql.clone()).find(|sql| sql.starts_with("CREATE INDEX"))
}

fn next(report: &Report, width: usize) -> String {
    let rule = report.findings.first().map_or("RULE", |finding| finding.rule.0);
    let rows = [
        (format!("explain {rule}"), "what the first finding is about"),
        ("db -d mydb -f slow.sql".to_owned(), "the same for your statements, safely"),
        ("db --plan plan.txt".to_owned(), "the same for a plan that you have"),
        ("web http://localhost:3000".to_owned(), "the same for a page"),
        ("db --help".to_owned(), "everything else"),
    ];
    let rows = rows.map(|(command, what)| [format!("perf-look {command}"), what.to_owned()]);
    format!("\nWhat to try next:\n{}", columns(rows, "  ", width))
}

fn recorded(config: &Config) -> Result<Measured, Failure> {
    let read = |text: &str| serde_json::from_str::<Capture>(text).context("could not read the recorded plans");
    let (mut before, after) = (read(RECORDED)?, read(RECORDED_AFTER)?);
    let sql = advised(&judged(&before, config)).unwrap_or_default();
    before.statements.extend(read(RECORDED_TPCH)?.statements);
    before.pages.push(serde_json::from_str(RECORDED_PAGE).context("could not read the recorded page")?);
    Ok(Measured { before, after: Some((sql, after)), failures: Vec::new() })
}

fn live(demo: &Demo, common: &Common, config: &Config, terminal: &Terminal) -> Result<Measured, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let world = World { demo, common, config, terminal };
    runtime.context("could not start the runtime")?.block_on(world.measure())
}

struct World<'a> {
    demo: &'a Demo,
    common: &'a Common,
    config: &'a Config,
    terminal: &'a Terminal,
}

impl World<'_> {
    async fn measure(&self) -> Result<Measured, Failure> {
        let stop = Stop::listen().context("could not listen for signals")?;
        let mut progress = Progress::new(self.common, self.terminal);
        let server = unless_stopped(prepare(&mut progress), &stop).await?;
        let mut ours = self.ask(&server, SHOP_DATABASE, STATEMENTS, &stop).await?;
        self.verify(&server, SHOP_DATABASE, &mut ours, &stop).await?;
        let mut tpch = Ran::default();
        if ours.failures.is_empty() {
            progress.begin("loading two tables of TPC-H", None);
            unless_stopped(tpch::fill(&server), &stop).await?;
            tpch = self.ask(&server, tpch::DATABASE, tpch::QUERY, &stop).await?;
            self.verify(&server, tpch::DATABASE, &mut tpch, &stop).await?;
        }
        progress.end();
        let mut failures = ours.failures;
        failures.extend(tpch.failures);
        let ours = Capture::new(ours.captured);
        let mut before = ours.clone();
        before.statements.extend(tpch.captured);
        #[cfg(unix)]
        Box::pin(self.look(&mut before, &mut failures, stop.clone())).await;
        let sql = advised(&judged(&ours, self.config)).filter(|_| self.demo.to.is_some() && failures.is_empty());
        let mut after = None;
        if let Some(sql) = sql {
            progress.begin("following the first advice", None);
            let session = connect(&server.target_database(SHOP_DATABASE)).await?;
            let mended = session.client.batch_execute(&sql).await;
            mended.with_context(|| format!("could not run {sql}")).map_err(Failure::unmeasured)?;
            let again = self.ask(&server, SHOP_DATABASE, STATEMENTS, &stop).await?;
            failures.extend(again.failures);
            after = Some((sql, Capture::new(again.captured)));
        }
        Ok(Measured { before, after, failures })
    }

    /// Measures the page, and says so where there is no browser for it.
    #[cfg(unix)]
    async fn look(&self, capture: &mut Capture, failures: &mut Vec<Failure>, stop: Stop) {
        if stop.status().is_some() {
            return;
        }
        let mut progress = Progress::new(self.common, self.terminal);
        let measured = tokio::select! {
            measured = page::measure(&mut progress) => measured,
            () = stop.clone().wait() => {
                let status = stop.status().unwrap_or(Status::Interrupted);
                Err(Failure::new(status, anyhow!("the demo was stopped")))
            }
        };
        drop(progress);
        match measured {
            Ok(Ok(page)) => capture.pages.push(page),
            Ok(Err(why)) => warn(self.terminal, &why),
            Err(failure) => failures.push(failure),
        }
    }

    async fn ask(&self, server: &Scratch, database: &str, statements: &str, stop: &Stop) -> Result<Ran, Failure> {
        let session = connect(&server.target_database(database)).await?;
        let (statements, _) = split("demo", statements);
        let progress = Progress::new(self.common, self.terminal);
        Ok(run_all(&session, &statements, &options(), progress, stop.clone()).await)
    }

    /// Tries what is advised: on a server of our own indexes are built, and statistics written.
    async fn verify(&self, server: &Scratch, database: &str, ran: &mut Ran, stop: &Stop) -> Result<(), Failure> {
        if stop.status().is_some() {
            return Ok(());
        }
        let mut progress = Progress::new(self.common, self.terminal);
        let (policy, options) = (self.config.policy(), options());
        let writing = Options { allow_writes: true, ..options.clone() };
        let session = connect(&server.target_database(database)).await?;
        let on_server = Verifier { options: &writing, policy: &policy, stop };
        on_server.on_server(&session, IndexMeans::Elsewhere, ran, &mut progress).await;
        drop(session);
        let on_bench = Verifier { options: &options, policy: &policy, stop };
        on_bench.on_bench(&Workbench { server, database }, ran, &mut progress).await;
        Ok(())
    }
}

/// Query 17 takes some seconds, and on a machine that is busy many.
fn options() -> Options {
    Options { timeout: Duration::from_mins(2), ..Options::default() }
}

async fn unless_stopped<T>(work: impl Future<Output = Result<T, Failure>>, stop: &Stop) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        () = stop.clone().wait() => {
            Err(Failure::new(stop.status().unwrap_or(Status::Interrupted), anyhow!("the demo was stopped")))
        }
    }
}

/// A server with the shop in it; it is gone when it is dropped.
async fn prepare(progress: &mut Progress<'_>) -> Result<Scratch, Failure> {
    progress.begin("starting a server", None);
    let server = Scratch::start().await?;
    let session = connect(&server.target()).await?;
    let loaded = session.client.batch_execute(&format!("CREATE DATABASE {SHOP_DATABASE}")).await;
    loaded.context("could not make the database").map_err(Failure::unmeasured)?;
    progress.begin("loading a small shop", None);
    let loaded = connect(&server.target_database(SHOP_DATABASE)).await?.client.batch_execute(SHOP).await;
    loaded.context("could not load the shop").map_err(Failure::unmeasured)?;
    Ok(server)
}

impl From<ScratchError> for Failure {
    fn from(error: ScratchError) -> Self {
        let help = error.help();
        Self::unmeasured(error).maybe_help(help)
    }
}
