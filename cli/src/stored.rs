//! Statements of `pg_stat_statements` from the screen that lists them: each explained beside it when it is asked for, and
//! the report made anew with its plan.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::capture::Statement;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::Order;
use perf_look_analyzers::postgres::overview::capture::StatementRow;
use perf_look_analyzers::postgres::top::{Chosen, TopCapture};
use perf_look_analyzers::workload::Workload;
use perf_look_analyzers::{Capture, Input, Policy, Report, Subject};
use perf_look_capture::postgres::{ExplainError, Session, connect, overview};
use perf_look_tui::run::{Job, Made};

use crate::again::Again;
use crate::failure::Failure;
use crate::signals::Stop;
use crate::{live, top};

impl Again {
    /// Explains a statement that the server counts, by its place among them.
    pub(crate) fn explain(&self, report: &Report, place: usize) -> Result<Job, String> {
        let row = statements(report).and_then(|rows| rows.get(place)).ok_or("there is no statement to explain")?;
        Ok(self.explaining(report, row, Made::Explained))
    }

    /// The same for a plan of such a statement; none where a subject is something else.
    pub(crate) fn explain_again(&self, report: &Report, subject: usize) -> Option<Job> {
        let name = &report.subjects.get(subject)?.name;
        let row = statements(report)?.iter().find(|row| Chosen::is_plan(&Chosen::new(&row.id).name, name))?;
        Some(self.explaining(report, row, |report, _| Made::Run(report)))
    }

    fn explaining(&self, report: &Report, row: &StatementRow, made: fn(Report, Of) -> Made) -> Job {
        let (again, report, row) = (self.clone(), report.clone(), row.clone());
        let name = Chosen::new(&row.id).name;
        let (cancel, stop) = Stop::by_hand();
        let what = format!("explaining {name}");
        let work = move || match again.plan(&name, &row, &stop) {
            Ok(Ok(fresh)) => {
                let (report, place) = with(report, &name, fresh, &again.policy);
                Ok(made(report, Of::Plan(place)))
            }
            Ok(Err(why)) => Ok(Made::Unexplained { id: row.id, why }),
            Err(failure) => Err(failure.message_with_help()),
        };
        Job { what, work: Box::new(work), cancel: Box::new(cancel) }
    }

    /// The plans of a stored statement, or why it has none. A server that is gone is a failure, and no reason.
    fn plan(&self, name: &str, row: &StatementRow, stop: &Stop) -> Result<Result<Vec<Subject>, String>, Failure> {
        let explained = self.on_server(stop, async |session: &Session| {
            let policy = self.verifies.then_some(&self.policy);
            top::explained(session, (name, row), (&self.options, policy), stop).await
        })?;
        let statement = match explained {
            Ok(statement) => statement,
            Err(error @ (ExplainError::Cancelled { .. } | ExplainError::Lost { .. })) => {
                return Err(live::failure(error, stop));
            }
            Err(error) => return Ok(Err(top::why(name, &error))),
        };
        Ok(subjects(statement))
    }

    /// Asks the server again what it counts; the plans stay.
    pub(crate) fn look(&self, report: &Report) -> Job {
        let (again, report) = (self.clone(), report.clone());
        let (cancel, stop) = Stop::by_hand();
        let work = move || {
            let read = again.on_server(&stop, async |session: &Session| {
                overview(session, again.options.timeout, stop.clone().wait()).await
            });
            let read = read.and_then(|read| read.map_err(|error| crate::overview::failure(error, &stop)));
            let read = read.map_err(|failure| failure.message_with_help())?;
            let looked = Report { overview: Some(Box::new(Overview::of(read))), ..report };
            Ok(Made::Looked(judged(looked, &again.policy)))
        };
        Job { what: "asking the server what it counts".to_owned(), work: Box::new(work), cancel: Box::new(cancel) }
    }

    /// Does something on a connection of its own, unless it is stopped before there is one.
    pub(crate) fn on_server<T>(&self, stop: &Stop, work: impl AsyncFnOnce(&Session) -> T) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.context("could not start the runtime")?.block_on(async {
            let session = tokio::select! {
                connected = connect(&self.target) => connected?,
                () = stop.clone().wait() => return Err(Failure::usage(anyhow!("stopped before it was run"))),
            };
            Ok(work(&session).await)
        })
    }
}

/// What the server said as plans; why, where it is none.
fn subjects(statement: Statement) -> Result<Vec<Subject>, String> {
    let (subjects, rejects) = Capture::new(vec![statement]).subjects();
    if subjects.is_empty() {
        let why = rejects.into_iter().next().map_or_else(|| "it has no plan".to_owned(), |reject| reject.why);
        return Err(format!("what the server said could not be read: {why}"));
    }
    Ok(subjects)
}

/// The statements that the server counts.
fn statements(report: &Report) -> Option<&[StatementRow]> {
    Some(report.overview.as_ref()?.statements()?.worst.as_slice())
}

/// The report with the plans of one statement more, in the place of those that it had; with the place of the first.
fn with(mut report: Report, name: &str, fresh: Vec<Subject>, policy: &Policy) -> (Report, usize) {
    let is_old = |subject: &Subject| Chosen::is_plan(name, &subject.name);
    let place = report.subjects.iter().position(is_old).unwrap_or(report.subjects.len());
    report.subjects.retain(|subject| !is_old(subject));
    report.subjects.splice(place..place, fresh);
    (judged(report, policy), place)
}

/// Judged anew: what was found weighs as much as its statement is of what the server counts.
fn judged(report: Report, policy: &Policy) -> Report {
    let Report { subjects, pages, rejects, overview, .. } = report;
    let workload = overview.as_deref().and_then(|overview| workload(overview, &subjects));
    Input { subjects, pages, rejects, workload, overview }.judged(policy)
}

/// The statements that were explained as a workload, where there are any.
fn workload(overview: &Overview, subjects: &[Subject]) -> Option<Workload> {
    let statements = overview.statements()?.clone();
    let chosen = statements.worst.iter().map(|row| Chosen::new(&row.id));
    let has_plan = |chosen: &Chosen| subjects.iter().any(|subject| Chosen::is_plan(&chosen.name, &subject.name));
    let chosen: Vec<Chosen> = chosen.filter(has_plan).collect();
    let top = TopCapture { order: Order::Total, times_io: overview.times_io(), statements, chosen };
    (!top.chosen.is_empty()).then(|| top.workload(subjects).0)
}
