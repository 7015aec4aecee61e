//! `perf-look demo`: the main job from end to end, with nothing to set up.

use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::input::{self, Input};
use perf_look_analyzers::{Capture, Report};
use perf_look_capture::postgres::scratch::{Scratch, ScratchError};
use perf_look_capture::postgres::{Options, Session, connect, split};

use crate::args::{Common, Demo};
use crate::columns::columns;
use crate::config::Config;
use crate::failure::Failure;
use crate::live::{Ran, run_all};
use crate::output::{self, Outputs};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;

/// A small shop, the same rows each time.
const SHOP: &str = include_str!("demo/shop.sql");

/// Statements on it that are slow, each for another reason.
const STATEMENTS: &str = include_str!("demo/slow.sql");

/// What a server said of them when it was asked.
const RECORDED: &str = include_str!("demo/recorded.json");

const LIVE_INTRO: &str = "\
A PostgreSQL server of its own is started in a temporary folder, filled with a
small shop, asked slow questions, and thrown away. Nothing of yours is touched:
no server, no database, no file.
";

const RECORDED_INTRO: &str = "\
These plans were recorded before, on a small shop: what a server said is part
of this program. Nothing is run.
";

/// Shows it. That there are findings is the point, so they do not fail.
pub(crate) fn run(demo: &Demo, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of(&demo.report)?;
    let say = |text: &str| {
        // Where stderr is closed there is nobody to tell.
        let _ = if common.quiet { Ok(()) } else { terminal.stderr().write_all(text.as_bytes()) };
    };
    say(if demo.recorded { RECORDED_INTRO } else { LIVE_INTRO });
    let (input, failures) = if demo.recorded { (recorded()?, Vec::new()) } else { live(demo, common, terminal)? };
    for failure in &failures {
        failure.print(terminal.stderr());
    }
    let mut report = Report::of(input.subjects, &config.policy());
    report.rejects = input.rejects;
    say("\n");
    outputs.write(&report, terminal)?;
    say(&next(&report, terminal.width()));
    Ok(failures.iter().map(|failure| failure.status).max().unwrap_or(Status::Clean))
}

fn next(report: &Report, width: usize) -> String {
    let rule = report.findings.first().map_or("RULE", |finding| finding.rule.0);
    let rows = [
        (format!("explain {rule}"), "what the first finding is about"),
        ("db -d mydb -f slow.sql".to_owned(), "the same for your statements, safely"),
        ("db --plan plan.txt".to_owned(), "the same for a plan that you have"),
        ("db --help".to_owned(), "everything else"),
    ];
    let rows = rows.map(|(command, what)| [format!("perf-look {command}"), what.to_owned()]);
    format!("\nWhat to try next:\n{}", columns(rows, "  ", width))
}

fn recorded() -> Result<Input, Failure> {
    Ok(input::read("demo", RECORDED).context("could not read the recorded plans")?)
}

fn live(demo: &Demo, common: &Common, terminal: &Terminal) -> Result<(Input, Vec<Failure>), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ran = runtime.context("could not start the runtime")?.block_on(measure(common, terminal))?;
    let capture = Capture::new(ran.captured);
    if let Some(path) = &demo.report.save {
        output::save(path, &capture)?;
    }
    let (subjects, rejects) = capture.subjects();
    Ok((Input { subjects, rejects }, ran.failures))
}

async fn measure(common: &Common, terminal: &Terminal) -> Result<Ran, Failure> {
    let stop = Stop::listen().context("could not listen for signals")?;
    let mut progress = Progress::new(common, terminal);
    let (_server, session) = tokio::select! {
        prepared = prepare(&mut progress) => prepared?,
        () = stop.clone().wait() => {
            return Err(Failure::new(stop.status().unwrap_or(Status::Interrupted), anyhow!("the demo was stopped")));
        }
    };
    let (statements, _) = split("demo", STATEMENTS);
    Ok(run_all(&session, &statements, &Options::default(), progress, stop).await)
}

/// A server with the shop in it; it is gone when it is dropped.
async fn prepare(progress: &mut Progress<'_>) -> Result<(Scratch, Session), Failure> {
    progress.begin("starting a server", None);
    let server = Scratch::start().await?;
    let session = connect(&server.target()).await?;
    let loaded = session.client.batch_execute("CREATE DATABASE shop").await;
    loaded.context("could not make the database").map_err(Failure::unmeasured)?;
    progress.begin("loading a small shop", None);
    let shop = server.target_database("shop");
    let loaded = connect(&shop).await?.client.batch_execute(SHOP).await;
    loaded.context("could not load the shop").map_err(Failure::unmeasured)?;
    // What the shop sets for its database holds from the next connection on.
    Ok((server, connect(&shop).await?))
}

impl From<ScratchError> for Failure {
    fn from(error: ScratchError) -> Self {
        let help = error.help();
        Self::unmeasured(error).maybe_help(help)
    }
}
