//! `perf-look db` alone: a server at a glance. What it shows is there to be known, so that nothing of it fails.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::Capture;
use perf_look_analyzers::postgres::overview::capture::OverviewCapture;
use perf_look_capture::postgres::{OverviewError, overview};

use crate::args::{Common, Db, TuiWhen};
use crate::config::Config;
use crate::connection;
use crate::failure::Failure;
use crate::output::{self, Outputs};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;

/// Looks at the server that the flags name.
pub(crate) fn run(db: &Db, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of(&db.report)?;
    check_usage(db)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime")?;
    let capture = Capture::of_server(runtime.block_on(read(db, common, config, terminal))?);
    if let Some(path) = &db.report.save {
        output::save(path, &capture)?;
    }
    let report = outputs.redacted(capture.input()).judged(&config.policy());
    outputs.write(&report, terminal)?;
    Ok(Status::Clean)
}

async fn read(db: &Db, common: &Common, config: &Config, terminal: &Terminal) -> Result<OverviewCapture, Failure> {
    let (_, session) = connection::open(&db.connection, common, terminal).await?;
    let stop = Stop::listen().context("could not listen for signals")?;
    let timeout = db.timeout.unwrap_or(config.timeout());
    let mut progress = Progress::new(common, terminal);
    progress.begin("reading what the server counts", Some(timeout));
    let read = overview(&session, timeout, stop.clone().wait()).await;
    drop(progress);
    read.map_err(|error| failure(error, &stop))
}

pub(crate) fn failure(error: OverviewError, stop: &Stop) -> Failure {
    let status = match &error {
        OverviewError::Stopped => stop.status().unwrap_or(Status::Interrupted),
        OverviewError::Refused(_) | OverviewError::Slow(_) => Status::Unmeasured,
    };
    let help = error.help();
    Failure::new(status, error).maybe_help(help)
}

/// What is said of how a statement is run needs one.
fn check_usage(db: &Db) -> Result<(), Failure> {
    let flags = [
        ("--param", !db.params.is_empty()),
        ("--runs", db.runs > 1),
        ("--no-execute", db.no_execute),
        ("--allow-writes", db.allow_writes),
        ("--allow-volatile", db.allow_volatile),
        ("--verify", db.verifies()),
    ];
    if db.tui == Some(TuiWhen::Always) {
        return Err(Failure::usage(anyhow!("a server at a glance is printed, and has no screen"))
            .help("perf-look db --top 5 shows its worst statements on one"));
    }
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::usage(anyhow!("{flag} is for a statement, and none is given"))
            .help("give one (-c, -f), a saved plan (--plan), or - for standard input; without all these perf-look db shows a server at a glance")),
        None => Ok(()),
    }
}
