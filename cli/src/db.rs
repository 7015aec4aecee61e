//! `perf-look db`: inputs to subjects, subjects to a report, the report to its outputs.

use std::path::Path;

use anyhow::anyhow;
use perf_look_analyzers::input::{self, Input};
use perf_look_analyzers::postgres::verify::{Tried, Untried};
use perf_look_analyzers::{Capture, Report};

use crate::args::{Common, Db};
use crate::config::Config;
use crate::failure::{Failure, note, warn};
use crate::inputs::{self, Text, Work};
use crate::live::{Ran, Runner};
use crate::logs;
use crate::output::{self, Outputs};
use crate::status::{Status, failing};
use crate::terminal::Terminal;
use crate::{overview, top, tui};

/// Judges what the arguments name.
pub(crate) fn run(db: &Db, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of(&db.report)?;
    if let Some(count) = db.top {
        return top::run(db, count, common, (config, terminal));
    }
    let (work, failures) = inputs::read(db);
    if work.is_empty() && failures.is_empty() && db.logs.is_empty() {
        return overview::run(db, common, config, terminal);
    }
    check_usage(db, &work, &failures)?;
    let look = tui::look(tui::when(db.tui, &db.report, common), terminal)?;
    let mut found = Found { input: Input::default(), failures };
    let mut statements = Vec::new();
    for work in work {
        match work {
            Work::Plan(text) => found.read(&text),
            Work::Sql(text) => statements.push(text),
        }
    }
    if db.verifies() {
        found.say_untried();
    }
    let mut again = None;
    if !db.logs.is_empty() {
        let (input, failures) = logs::mined(db, common, terminal)?;
        found.input.add(input);
        found.failures.extend(failures);
    }
    if !statements.is_empty() {
        if db.allow_writes && !common.quiet {
            warn(terminal, WRITES);
        }
        let mut ran = Runner { db, common, config, terminal }.run(&statements);
        // A statement without its literals is another one.
        again = ran.again.take().filter(|_| db.report.redact.is_none());
        found.take(ran, db.report.save.as_deref())?;
    }
    let mut status = found.say_failures(terminal);
    let Some(report) = found.judged(config, &outputs) else { return Ok(status) };
    let fail_on = db.fail_on.unwrap_or(config.fail_on());
    status = status.max(Status::of(&report, fail_on));
    if !common.quiet {
        say_hidden(status, failing(&report, fail_on), terminal);
    }
    let look = look.filter(|_| !report.subjects.is_empty());
    if look.is_none() || db.report.is_asked_for() {
        outputs.write(&report, terminal)?;
    }
    Ok(match look {
        Some(look) => status.max(tui::show(report, look, terminal, again)?),
        None => status,
    })
}

/// What ROLLBACK leaves behind.
const WRITES: &str = "what the statements write is rolled back, but sequences advance, dead rows and locks are made, and \
                      triggers may do what no ROLLBACK takes back";

/// The exit code says the worst: that something was found as well is not seen from it.
fn say_hidden(status: Status, failing: usize, terminal: &Terminal) {
    if failing > 0 && status > Status::Found {
        let findings = if failing == 1 { "1 finding".to_owned() } else { format!("{failing} findings") };
        let code = status.code();
        note(terminal, &format!("{findings} at the fail level, beside what the exit code {code} stands for"));
    }
}

fn check_usage(db: &Db, work: &[Work], failures: &[Failure]) -> Result<(), Failure> {
    let runs = work.iter().any(|work| matches!(work, Work::Sql(_)));
    if db.report.save.is_some() && !runs && failures.is_empty() {
        return Err(Failure::usage(anyhow!("--save keeps what a server says, and nothing here is run"))
            .help("a saved plan is judged again from its own file"));
    }
    if db.verifies() && !db.logs.is_empty() {
        return Err(Failure::usage(anyhow!("--verify tries what is advised on a server, and a log has none"))
            .help("run the statement that matters on its server: perf-look db -d mydb -c 'SELECT …' --verify"));
    }
    Ok(())
}

/// What could be read and what could not.
#[derive(Debug)]
struct Found {
    input: Input,
    failures: Vec<Failure>,
}

impl Found {
    fn read(&mut self, text: &Text) {
        match input::read(&text.name, &text.text) {
            Ok(input) => self.input.add(input),
            Err(error) => self.failures.push(
                Failure::unmeasured(error)
                    .help("save what EXPLAIN (ANALYZE, BUFFERS) prints, in any of its formats; -f is for SQL"),
            ),
        }
    }

    /// Of plans that were read here nothing can be tried.
    fn say_untried(&mut self) {
        let why = Untried::new("a saved plan has no server to try it on", "give the statement with -c or -f");
        for subject in self.input.subjects.iter_mut().filter(|subject| subject.tried.is_none()) {
            subject.tried = Some(Tried::nothing(why.clone()));
        }
    }

    /// Keeps what the server said, where that is wanted, and reads it.
    fn take(&mut self, ran: Ran, save: Option<&Path>) -> Result<(), Failure> {
        let capture = Capture::new(ran.captured);
        if let Some(path) = save.filter(|_| !capture.statements.is_empty()) {
            output::save(path, &capture)?;
        }
        self.input.add(capture.input());
        self.failures.extend(ran.failures);
        Ok(())
    }

    /// Says what could not be read or run, and what that means for how it ends.
    fn say_failures(&self, terminal: &Terminal) -> Status {
        for failure in &self.failures {
            failure.print(terminal.stderr());
        }
        self.failures.iter().map(|failure| failure.status).max().unwrap_or(Status::Clean)
    }

    /// The report on what could be read; none where that is nothing, which was said already.
    fn judged(self, config: &Config, outputs: &Outputs) -> Option<Report> {
        let Self { input, failures } = self;
        let is_empty = input.workload.as_ref().is_none_or(|workload| workload.whole.calls == 0);
        if !failures.is_empty() && input.subjects.is_empty() && input.rejects.is_empty() && is_empty {
            return None;
        }
        let mut input = outputs.redacted(input);
        input.subjects = inputs::unique(input.subjects);
        Some(input.judged(&config.policy()))
    }
}
