//! `perf-look db` alone: a server at a glance. What it shows is there to be known, so that nothing of it
//! fails. On a terminal its statements are explained from the screen that lists them.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::Capture;
use perf_look_analyzers::postgres::overview::capture::OverviewCapture;
use perf_look_capture::postgres::{OverviewError, Target, overview};
use perf_look_tui::run::Look;

use crate::again::Again;
use crate::args::{Common, Db};
use crate::config::Config;
use crate::connection;
use crate::failure::Failure;
use crate::output::{self, Outputs};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::{live, tui};

/// Looks at the server that the flags name.
pub(crate) fn run(db: &Db, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of(&db.report)?;
    let look = tui::look(tui::when(db.tui, &db.report, common), terminal)?;
    check_usage(db, look)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime")?;
    let (target, read) = runtime.block_on(read(db, common, config, terminal))?;
    // The connection goes with it: on a screen nobody waits for the next question.
    drop(runtime);
    let capture = Capture::of_server(read);
    if let Some(path) = &db.report.save {
        output::save(path, &capture)?;
    }
    let report = outputs.redacted(capture.input()).judged(&config.policy());
    if look.is_none() || db.report.is_asked_for() {
        outputs.write(&report, terminal)?;
    }
    let Some(look) = look else { return Ok(Status::Clean) };
    // A statement without its literals is another one.
    let again = db.report.redact.is_none().then(|| Again {
        target,
        options: live::options(db, config),
        policy: config.policy(),
        verifies: db.verify,
    });
    tui::show(report, look, terminal, again)
}

async fn read(
    db: &Db,
    common: &Common,
    config: &Config,
    terminal: &Terminal,
) -> Result<(Target, OverviewCapture), Failure> {
    let (target, session) = connection::open(&db.connection, common, terminal).await?;
    live::check(&session, &live::options(db, config))?;
    let stop = Stop::listen().context("could not listen for signals")?;
    let timeout = db.timeout.unwrap_or(config.timeout());
    let mut progress = Progress::new(common, terminal);
    progress.begin("reading what the server counts", Some(timeout));
    let read = overview(&session, timeout, stop.clone().wait()).await;
    drop(progress);
    Ok((target, read.map_err(|error| failure(error, &stop))?))
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
fn check_usage(db: &Db, look: Option<Look>) -> Result<(), Failure> {
    // On a screen statements are explained, and with these.
    let explains = look.is_some();
    let flags = [
        ("--param", !db.params.is_empty()),
        ("--runs", db.runs > 1),
        ("--no-execute", db.no_execute && !explains),
        ("--allow-writes", db.allow_writes),
        ("--allow-volatile", db.allow_volatile),
        ("--verify-on-scratch", !db.verify_on_scratch.is_empty()),
        ("--verify", db.verify && !explains),
        ("--serialize", db.serialize.is_some() && !explains),
    ];
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::usage(anyhow!("{flag} is for a statement, and none is given"))
            .help("give one (-c, -f), a saved plan (--plan), or - for standard input; without all these perf-look db shows a server at a glance")),
        None => Ok(()),
    }
}
