//! `--verify`: what the rules advise is tried, and what the server says of that goes into the capture.

#[cfg(unix)]
mod bench;

use perf_look_analyzers::capture::Statement;
use perf_look_analyzers::postgres::verify::{IndexTrials, Trials, Untried, Wanted};
use perf_look_analyzers::{Capture, Policy, Subject, report};
use perf_look_capture::postgres::{ExplainError, IndexMeans, Options, Session, Sql, Stored, verify};

use crate::live::{self, Ran};
use crate::progress::Progress;
use crate::signals::Stop;

/// How to try it.
pub(crate) struct Verifier<'a> {
    pub(crate) options: &'a Options,
    pub(crate) policy: &'a Policy,
    pub(crate) stop: &'a Stop,
}

impl Verifier<'_> {
    /// Tries what is advised for each statement, until one is stopped by the user or the connection is gone.
    pub(crate) async fn on_server(
        &self,
        session: &Session,
        means: IndexMeans,
        ran: &mut Ran,
        progress: &mut Progress<'_>,
    ) {
        for statement in &mut ran.captured {
            let wanted = self.wanted(statement);
            progress.begin(&format!("verifying the advice on {}", statement.name), Some(self.options.timeout));
            let stop = self.stop.clone().wait();
            match verify(session, &sql(statement), self.options, (&wanted, means), stop).await {
                Ok(trials) => statement.trials = Some(trials),
                Err(error) => {
                    let ends = matches!(error, ExplainError::Cancelled { .. } | ExplainError::Lost { .. });
                    ran.failures.push(live::failure(error, self.stop));
                    if ends {
                        break;
                    }
                }
            }
        }
        progress.end();
    }

    /// The same for a statement that the server stored. Where nothing could be tried, the advice says why.
    pub(crate) async fn stored(&self, session: &Session, stored: &mut Stored) -> Result<(), ExplainError> {
        let wanted = self.wanted(&stored.statement);
        let stop = self.stop.clone().wait();
        match stored.verify(session, (&wanted, IndexMeans::Hypothetical), stop).await {
            Err(error) if !matches!(error, ExplainError::Cancelled { .. } | ExplainError::Lost { .. }) => {
                let untried = Untried { why: error.to_string(), help: error.help() };
                let indexes = Some(IndexTrials::Untried(untried));
                stored.statement.trials = Some(Trials { indexes, ..Trials::default() });
                Ok(())
            }
            done => done,
        }
    }

    fn wanted(&self, statement: &Statement) -> Wanted {
        let mut wanted = Wanted::default();
        for subject in &subjects(statement) {
            wanted.add(report::to_verify(subject, self.policy));
        }
        wanted
    }
}

/// A statement with rules has several plans, each with advice of its own.
fn subjects(statement: &Statement) -> Vec<Subject> {
    Capture::new(vec![statement.clone()]).subjects().0
}

fn sql(statement: &Statement) -> Sql {
    Sql { name: statement.name.clone(), line: 1, text: statement.query.clone() }
}
