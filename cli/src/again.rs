//! A statement that is run once more, beside the screen that shows what it did before.

use anyhow::Context as _;
use perf_look_analyzers::{Capture, Policy, Report, Subject};
use perf_look_capture::postgres::{Options, Session, Sql, Target, explain};
use perf_look_tui::run::{Job, Made};

use crate::failure::Failure;
use crate::inputs;
use crate::live;
use crate::signals::Stop;

/// With what statements were run.
#[derive(Debug, Clone)]
pub(crate) struct Again {
    pub(crate) target: Target,
    pub(crate) options: Options,
    pub(crate) policy: Policy,
    /// Whether what is advised for a stored statement is tried.
    pub(crate) verifies: bool,
}

impl Again {
    /// Runs a subject's statement so often, as it was run before, and makes the report anew with it.
    pub(crate) fn job(&self, report: &Report, subject: usize, runs: u8) -> Result<Job, String> {
        if let Some(job) = self.explain_again(report, subject) {
            return Ok(job);
        }
        let old = report.subjects.get(subject).ok_or("there is no statement to run")?;
        let Some(query) = old.query.clone() else {
            return Err("the SQL of this plan is not known, so it cannot be run again".to_owned());
        };
        let sql = Sql { name: old.name.clone(), line: 1, text: query };
        let often = if runs > 1 { format!(" {runs} times") } else { String::new() };
        let what = format!("running {} again{often}", sql.name);
        let (cancel, stop) = Stop::by_hand();
        let (mut again, subjects) = (self.clone(), report.subjects.clone());
        again.options.runs = runs.max(1).into();
        let work = move || {
            let fresh = again.run(&sql, &stop).map_err(|failure| failure.message_with_help())?;
            Ok(Made::Run(again.with(subjects, subject, fresh)))
        };
        Ok(Job { what, work: Box::new(work), cancel: Box::new(cancel) })
    }

    fn run(&self, sql: &Sql, stop: &Stop) -> Result<Subject, Failure> {
        let explained = self.on_server(stop, async |session: &Session| {
            explain(session, sql, &self.options, stop.clone().wait(), |_| {}).await
        })?;
        let statement = explained.map_err(|error| live::failure(error, stop))?;
        let (subjects, rejects) = Capture::new(vec![statement]).subjects();
        let why = rejects.into_iter().next().map_or_else(|| "it has no plan".to_owned(), |reject| reject.why);
        Ok(subjects.into_iter().next().with_context(|| format!("could not read what the server said: {why}"))?)
    }

    /// The other statements stay as they were.
    fn with(&self, mut subjects: Vec<Subject>, place: usize, fresh: Subject) -> Report {
        subjects[place] = fresh;
        Report::of(inputs::unique(subjects), &self.policy)
    }
}
