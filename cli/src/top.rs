//! `perf-look db --top N`: the worst statements that a server counts, each explained and judged.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::capture::Statement;
use perf_look_analyzers::postgres::overview::capture::{Missing, Part, StatementRow, Statements};
use perf_look_analyzers::postgres::overview::{Order, Step};
use perf_look_analyzers::postgres::stored::Kind;
use perf_look_analyzers::postgres::top::{Chosen, TopCapture};
use perf_look_analyzers::{Capture, Policy};
use perf_look_capture::postgres::{ExplainError, Options, Session, explain_stored, statements};

use crate::args::{Common, Db};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{self, Outputs};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::verify::Verifier;
use crate::{connection, live, overview, tui};

/// Explains that many statements of the server that the flags name.
pub(crate) fn run(
    db: &Db,
    count: u32,
    common: &Common,
    (config, terminal): (&Config, &Terminal),
) -> Result<Status, Failure> {
    let outputs = Outputs::of(&db.report)?;
    let look = tui::look(tui::when(db.tui, &db.report, common), terminal)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime")?;
    let options = live::options(db, config);
    let (capture, failure) = runtime.block_on(async {
        let (_, session) = connection::open(&db.connection, common, terminal).await?;
        let stop = Stop::listen().context("could not listen for signals")?;
        live::check(&session, &options)?;
        let progress = Progress::new(common, terminal);
        let policy = db.verifies().then(|| config.policy());
        let mut asked = Asked { session, options, stop, progress, policy };
        asked.read(db.by.unwrap_or_default(), count as usize).await
    })?;
    if let Some(path) = &db.report.save {
        output::save(path, &capture)?;
    }
    let mut status = Status::Clean;
    if let Some(failure) = failure {
        failure.print(terminal.stderr());
        status = failure.status;
    }
    let report = outputs.redacted(capture.input()).judged(&config.policy());
    status = status.max(Status::of(&report, db.fail_on.unwrap_or(config.fail_on())));
    let look = look.filter(|_| !report.subjects.is_empty());
    if look.is_none() || db.report.is_asked_for() {
        outputs.write(&report, terminal)?;
    }
    Ok(match look {
        Some(look) => status.max(tui::show(report, look, terminal, None)?),
        None => status,
    })
}

struct Asked<'a> {
    session: Session,
    options: Options,
    stop: Stop,
    progress: Progress<'a>,
    /// By what is judged what is to be tried; none where nothing is.
    policy: Option<Policy>,
}

impl Asked<'_> {
    /// The statements and their plans; with why it ended early, where it did.
    async fn read(&mut self, order: Order, count: usize) -> Result<(Capture, Option<Failure>), Failure> {
        self.progress.begin("reading what the server counts", Some(self.options.timeout));
        let counted = statements(&self.session, self.options.timeout, self.stop.clone().wait()).await;
        let (server, counted) = counted.map_err(|error| overview::failure(error, &self.stop))?;
        let mut counted = match counted {
            Part::Read(counted) => counted,
            Part::Missing(why) => return Err(missing(&why)),
        };
        let rows = worst(&counted, order, count);
        if rows.is_empty() {
            return Err(nothing(order, &server.role));
        }
        let (mut chosen, mut captured, mut ended) = (Vec::new(), Vec::new(), None);
        for (place, row) in rows.iter().enumerate() {
            let mut entry = Chosen::new(&row.id);
            self.progress.begin(&format!("explaining {}, {} of {}", entry.name, place + 1, rows.len()), None);
            match self.explained(&entry.name, row).await {
                Ok(statement) => captured.push(statement),
                Err(error @ (ExplainError::Cancelled { .. } | ExplainError::Lost { .. })) => {
                    ended = Some(live::failure(error, &self.stop));
                    break;
                }
                Err(error) => entry.unexplained = Some(why(&entry.name, &error)),
            }
            chosen.push(entry);
        }
        counted.worst = rows.into_iter().take(chosen.len()).collect();
        self.progress.end();
        let top = TopCapture { order, times_io: server.times_io, statements: counted, chosen };
        Ok((Capture::of_top(captured, top), ended))
    }

    async fn explained(&self, name: &str, row: &StatementRow) -> Result<Statement, ExplainError> {
        let (options, stop) = (&self.options, &self.stop);
        explained(&self.session, (name, row), (options, self.policy.as_ref()), stop).await
    }
}

/// Explains a stored statement, and tries what is advised where there is a policy that says what is.
pub(crate) async fn explained(
    session: &Session,
    (name, row): (&str, &StatementRow),
    (options, policy): (&Options, Option<&Policy>),
    stop: &Stop,
) -> Result<Statement, ExplainError> {
    let mut stored = explain_stored(session, (name, row), options, || stop.clone().wait()).await?;
    if let Some(policy) = policy {
        Verifier { options, policy, stop }.stored(session, &mut stored).await?;
    }
    Ok(stored.statement)
}

/// Those that have a plan.
fn worst(counted: &Statements, order: Order, count: usize) -> Vec<StatementRow> {
    let rows = counted.by(order).into_iter().filter(|row| Kind::of(&row.query) != Kind::Utility);
    rows.take(count).cloned().collect()
}

fn missing(why: &Missing) -> Failure {
    let steps = why.steps().iter().map(|step| match step {
        Step::Words(text) | Step::Sql(text) => *text,
    });
    let steps: Vec<&str> = steps.collect();
    let failure = Failure::unmeasured(anyhow!("there are no statements to explain: {why}"));
    failure.maybe_help((!steps.is_empty()).then(|| steps.join("; ")))
}

fn nothing(order: Order, role: &str) -> Failure {
    let what = match order {
        Order::Total | Order::Mean => "statement with a plan",
        Order::Io => "statement that read blocks",
        Order::Temp => "statement that used temporary files",
    };
    let help = format!(
        "let the application run for a while, look at the database that it uses (-d), or GRANT pg_read_all_stats TO {role}"
    );
    Failure::new(Status::Nothing, anyhow!("pg_stat_statements counted no {what} in this database")).help(help)
}

/// The server's words, and what to do where that is not about flags of a single statement.
pub(crate) fn why(name: &str, error: &ExplainError) -> String {
    let words = error.to_string();
    let words = words.strip_prefix(name).unwrap_or(&words).trim_start_matches([':', ' ']);
    match error {
        ExplainError::Sql { code, .. } if code == "42P01" || code == "3F000" => {
            format!("{words}: it ran with another search_path, or its table is gone")
        }
        ExplainError::Sql { .. } => format!("{words}: with parameters in place of constants it is no whole statement"),
        _ => words.to_owned(),
    }
}
