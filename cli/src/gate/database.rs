//! The server that statements run on: the one that the configuration names, or a throw-away one that it fills.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use perf_look_capture::postgres::scratch::Scratch;
use perf_look_capture::postgres::settle::{Tables, settle};
use perf_look_capture::postgres::{Request, Surroundings, Target, connect};

use crate::config::Config;
use crate::failure::Failure;

/// Only part of the socket's name: no port is opened.
const PORT: u16 = 5432;

/// Nothing changes the tables between two measurements.
const SETTINGS: &[&str] = &["autovacuum=off"];

/// A server, and what keeps it there.
pub(super) struct Database {
    pub(super) target: Target,
    /// Stopped and removed when it goes.
    _scratch: Option<Scratch>,
}

impl Database {
    /// The named server, or a throw-away one with the schema and rows of the setup files; there, more SQL may be run behind
    /// them.
    pub(super) async fn open(config: &Config, root: &Path, more: Option<&str>) -> Result<Self, Failure> {
        let setup = config.texts(&["gate", "server", "setup"]);
        if let Some(url) = config.text(&["gate", "server", "url"]) {
            let request = Request { dsn: Some(named(url)?), ..Request::default() };
            let target = Target::resolve(&request, &Surroundings::of_process())?;
            return Ok(Self { target, _scratch: None });
        }
        if setup.is_empty() {
            let nothing = anyhow!("nothing says where statements run");
            return Err(Failure::usage(nothing)
                .help("gate.server.setup = [\"schema.sql\", \"seed.sql\"] fills a throw-away server; gate.server.url names one"));
        }
        let scratch = Scratch::start_with(PORT, SETTINGS).await.map_err(|error| {
            let help = error.help();
            Failure::unmeasured(error).maybe_help(help)
        })?;
        fill(&scratch, setup, root, more).await?;
        Ok(Self { target: scratch.target(), _scratch: Some(scratch) })
    }
}

/// Runs the setup files and brings the tables into a state that the next run finds again.
async fn fill(scratch: &Scratch, setup: &[String], root: &Path, more: Option<&str>) -> Result<(), Failure> {
    let mut texts = Vec::new();
    for file in setup {
        let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("could not read {file}"));
        texts.push(
            text.map_err(|error| Failure::usage(error).help("gate.server.setup names files from its own folder"))?,
        );
    }
    let files = setup.iter().map(String::as_str).zip(texts.iter().map(String::as_str));
    let files: Vec<(&str, &str)> = files.chain(more.map(|sql| ("the fault", sql))).collect();
    scratch.load(&files).await.map_err(|error| {
        let help = error.help();
        Failure::unmeasured(error).maybe_help(help)
    })?;
    let session = connect(&scratch.target()).await?;
    settle(&session, Tables::All).await.map_err(Failure::unmeasured)?;
    Ok(())
}

/// `env:NAME` is what that variable says: a password does not belong into a file of the repository.
fn named(url: &str) -> Result<String, Failure> {
    let Some(variable) = url.strip_prefix("env:") else { return Ok(url.to_owned()) };
    let value = std::env::var(variable).with_context(|| format!("gate.server.url is env:{variable}"));
    value.map_err(|error| Failure::usage(error).help(format!("set {variable} to a connection URI")))
}
