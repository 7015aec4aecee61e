//! What takes long, on a thread of its own, so that keys are answered meanwhile. One at a time.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use perf_look_analyzers::Report;
use perf_look_analyzers::finding::Of;

use super::wait::Bell;

/// What a job ends with.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// The next run of the same statements: it is compared with the one before.
    Run(Report),
    /// The report with one plan more, of a statement of the server.
    Explained(Report, Of),
    /// Why that statement has no plan.
    Unexplained {
        /// Its number.
        id: String,
        /// In the words of whoever refused.
        why: String,
    },
    /// The same plans, and what the server counts now.
    Looked(Report),
}

/// Something that takes long and ends with another report.
pub struct Job {
    /// What it does, in words: `running slow.sql again`.
    pub what: String,
    /// Does it; if it cannot, says why.
    pub work: Box<dyn FnOnce() -> Result<Made, String> + Send>,
    /// Asks it to stop, which it then says.
    pub cancel: Box<dyn Fn()>,
}

/// The end of what is said while a job runs.
pub(super) const STOPS: &str = ", Ctrl-c stops it";

/// A job that was begun.
pub(super) struct Running {
    what: String,
    since: Instant,
    cancel: Box<dyn Fn()>,
    done: Receiver<Result<Made, String>>,
}

impl Running {
    /// Begins a job; the bell is rung when it is done.
    pub(super) fn begin(job: Job, bell: Bell) -> io::Result<Self> {
        let (tell, done) = mpsc::channel();
        let work = job.work;
        thread::Builder::new().name("job".to_owned()).spawn(move || {
            let made = panic::catch_unwind(AssertUnwindSafe(work));
            // Where nobody waits for it any more it was left.
            let _ = tell.send(made.unwrap_or_else(|payload| Err(failed(&*payload))));
            bell.ring();
        })?;
        Ok(Self { what: job.what, since: Instant::now(), cancel: job.cancel, done })
    }

    /// What became of it, when it is done.
    pub(super) fn outcome(&self) -> Option<Result<Made, String>> {
        self.done.try_recv().ok()
    }

    /// What somebody who waits sees: seconds, so that it is drawn once in a while only.
    pub(super) fn words(&self) -> String {
        format!("{}: {} s{STOPS}", self.what, self.since.elapsed().as_secs())
    }

    /// How long the words stay true.
    pub(super) fn until_next_words(&self) -> Duration {
        const SECOND: Duration = Duration::from_secs(1);
        SECOND.saturating_sub(Duration::from_nanos(self.since.elapsed().subsec_nanos().into()))
    }

    pub(super) fn cancel(&self) {
        (self.cancel)();
    }

    /// Stops it before the end, so that nothing runs on in a server that nobody waits for.
    pub(super) fn abandon(&self) {
        /// A server that is gone does not answer.
        const PATIENCE: Duration = Duration::from_secs(2);
        self.cancel();
        // Either it has stopped by then, or it cannot be.
        let _ = self.done.recv_timeout(PATIENCE);
    }
}

fn failed(payload: &(dyn Any + Send)) -> String {
    let words =
        payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    format!("perf-look itself failed: {}", words.unwrap_or("no words"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::wait::tests::bell;

    fn job(work: impl FnOnce() -> Result<Made, String> + Send + 'static) -> Job {
        Job { what: "working".to_owned(), work: Box::new(work), cancel: Box::new(|| ()) }
    }

    #[test]
    fn a_job_that_panics_is_a_message_and_not_the_end() {
        let running = Running::begin(job(|| panic!("no way")), bell()).unwrap();
        let outcome = running.done.recv().unwrap();
        assert_eq!(outcome, Err("perf-look itself failed: no way".to_owned()));
    }

    #[test]
    fn a_job_says_for_how_long_it_runs_and_hands_in_its_report_once() {
        let (go, wait) = mpsc::channel::<()>();
        let running = Running::begin(
            job(move || wait.recv().map(|()| Made::Run(Report::default())).map_err(|_| String::new())),
            bell(),
        );
        let running = running.unwrap();
        assert_eq!(running.words(), "working: 0 s, Ctrl-c stops it");
        assert!(running.outcome().is_none() && running.until_next_words() <= Duration::from_secs(1));
        go.send(()).unwrap();
        assert_eq!(running.done.recv().unwrap(), Ok(Made::Run(Report::default())));
        assert!(running.outcome().is_none());
    }
}
