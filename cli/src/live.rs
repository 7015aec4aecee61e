//! Statements to captures, on a server: one after the other, and what could not be run is said and passed over.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::capture::Statement;
use perf_look_capture::postgres::{ExplainError, IndexMeans, Options, Serialize, Session, Sql, explain, split};

use crate::again::Again;
use crate::args::{Common, Db};
use crate::config::Config;
use crate::connection;
use crate::failure::{Failure, warn};
use crate::inputs::Text;
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::verify::Verifier;

/// What came of the statements.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) captured: Vec<Statement>,
    pub(crate) failures: Vec<Failure>,
    /// With what a statement can be run once more.
    pub(crate) again: Option<Again>,
}

/// What to run with.
pub(crate) struct Runner<'a> {
    pub(crate) db: &'a Db,
    pub(crate) common: &'a Common,
    pub(crate) config: &'a Config,
    pub(crate) terminal: &'a Terminal,
}

impl Runner<'_> {
    /// Connects and runs every statement of the texts.
    pub(crate) fn run(&self, texts: &[Text]) -> Ran {
        let statements = self.statements(texts);
        if statements.is_empty() {
            let nothing = Failure::new(Status::Nothing, anyhow!("there is no statement in what was given"));
            return Ran { failures: vec![nothing.help("give one with -c or -f")], ..Ran::default() };
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ran = runtime.context("could not start the runtime").map_err(Failure::usage).and_then(|runtime| {
            runtime.block_on(async {
                let (target, session) = connection::open(&self.db.connection, self.common, self.terminal).await?;
                let stop = Stop::listen().context("could not listen for signals")?;
                let options = self.options();
                check(&session, &options)?;
                let mut ran = run_all(&session, &statements, &options, self.progress(), stop.clone()).await;
                let policy = self.config.policy();
                if self.db.verifies() && stop.status().is_none() {
                    let verifier = Verifier { options: &options, policy: &policy, stop: &stop };
                    self.verify(&verifier, &session, &mut ran).await;
                }
                let again = Again { target, options, policy, verifies: false };
                Ok(Ran { again: Some(again), ..ran })
            })
        });
        ran.unwrap_or_else(|failure| Ran { failures: vec![failure], ..Ran::default() })
    }

    /// Tries what is advised: what is no index on the user's own server, indexes there or on one of ours.
    async fn verify(&self, verifier: &Verifier<'_>, session: &Session, ran: &mut Ran) {
        let mut progress = self.progress();
        let dumps = &self.db.verify_on_scratch;
        if dumps.is_empty() {
            return verifier.on_server(session, IndexMeans::Hypothetical, ran, &mut progress).await;
        }
        verifier.on_server(session, IndexMeans::Elsewhere, ran, &mut progress).await;
        #[cfg(unix)]
        if let Err(failure) = verifier.on_scratch(dumps, ran, &mut progress).await {
            ran.failures.push(failure);
        }
    }

    fn statements(&self, texts: &[Text]) -> Vec<Sql> {
        let mut statements = Vec::new();
        for text in texts {
            let (found, rejects) = split(&text.name, &text.text);
            statements.extend(found);
            for reject in rejects.iter().filter(|_| !self.common.quiet) {
                let line = reject.line.map_or(String::new(), |line| format!(":{line}"));
                warn(self.terminal, &format!("{}{line}: {}", reject.source, reject.why));
            }
        }
        statements
    }

    fn progress(&self) -> Progress<'_> {
        Progress::new(self.common, self.terminal)
    }

    fn options(&self) -> Options {
        options(self.db, self.config)
    }
}

/// How the flags want statements to be run.
pub(crate) fn options(db: &Db, config: &Config) -> Options {
    let parameters = db.params.iter().map(|(number, value)| (usize::from(*number), value.clone()));
    Options {
        execute: !db.no_execute,
        allow_writes: db.allow_writes,
        allow_volatile: db.allow_volatile,
        timeout: db.timeout.unwrap_or(config.timeout()),
        runs: db.runs,
        serialize: db.serialize,
        parameters: parameters.collect(),
        ..Options::default()
    }
}

/// What the flags want of a server that is too old for it.
pub(crate) fn check(session: &Session, options: &Options) -> Result<(), Failure> {
    if options.serialize.is_none() || session.server_version_num >= Serialize::SINCE {
        return Ok(());
    }
    let version = &session.server_version;
    let old = anyhow!("--serialize needs PostgreSQL 17 or later, and this server is {version}");
    Err(Failure::usage(old)
        .help("leave it out; what psql's \\timing says beyond Execution Time is the output and its way"))
}

/// Runs them in their order, until one is stopped by the user or the connection is gone.
pub(crate) async fn run_all(
    session: &Session,
    statements: &[Sql],
    options: &Options,
    mut progress: Progress<'_>,
    stop: Stop,
) -> Ran {
    let mut ran = Ran::default();
    for sql in statements {
        progress.begin(&format!("planning {}", sql.name), Some(options.timeout));
        let begun = |run: u32| {
            let of = if options.runs > 1 { format!(", run {run} of {}", options.runs) } else { String::new() };
            progress.begin(&format!("running {}{of}", sql.name), Some(options.timeout));
        };
        match explain(session, sql, options, stop.clone().wait(), begun).await {
            Ok(statement) => ran.captured.push(statement),
            Err(error) => {
                let ends = matches!(error, ExplainError::Cancelled { .. } | ExplainError::Lost { .. });
                ran.failures.push(failure(error, &stop));
                if ends {
                    break;
                }
            }
        }
    }
    ran
}

pub(crate) fn failure(error: ExplainError, stop: &Stop) -> Failure {
    let status = match &error {
        ExplainError::Cancelled { .. } => stop.status().unwrap_or(Status::Interrupted),
        ExplainError::Parameters { .. } => Status::Usage,
        _ => Status::Unmeasured,
    };
    let is_sql = matches!(error, ExplainError::Sql { .. });
    let help = error.help().or_else(|| is_sql.then(|| "mend the statement; nothing was changed".to_owned()));
    let excerpt = error.excerpt();
    Failure::new(status, error).maybe_help(help).excerpt(excerpt)
}
