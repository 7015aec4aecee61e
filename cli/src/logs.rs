//! `perf-look db --log`: server logs, read as they are stored or as they grow, to a workload.

mod follow;
mod source;

use std::io::Read;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::input::Input;
use perf_look_analyzers::postgres::log::Miner;

use crate::args::{Common, Db};
use crate::failure::{Failure, warn};
use crate::progress::Progress;
use crate::status::Status;
use crate::terminal::Terminal;
use follow::follow;
use source::Source;

/// As many bytes are read at once.
const CHUNK: usize = 1 << 20;

/// How many statements are listed and judged.
const STATEMENTS: usize = 20;

/// What to do so that a log has plans.
const HOW: &str = "log what takes longer than 100 ms with its plan: session_preload_libraries = 'auto_explain', \
                   auto_explain.log_min_duration = '100ms', auto_explain.log_analyze = on";

/// What the logs say, and why some cannot be read.
pub(crate) fn mined(db: &Db, common: &Common, terminal: &Terminal) -> Result<(Input, Vec<Failure>), Failure> {
    let mut reader = Reader {
        miner: Miner::new(db.log_prefix.clone()),
        progress: Progress::new(common, terminal),
        failures: Vec::new(),
    };
    let last = if db.follow { db.logs.last() } else { None };
    for name in db.logs.iter().filter(|name| Some(*name) != last) {
        reader.read(name);
    }
    if let Some(last) = last {
        follow(last, &mut reader)?;
    }
    let Reader { miner, failures, mut progress } = reader;
    progress.end();
    let input = miner.finish(STATEMENTS);
    if !common.quiet {
        say(&input, terminal);
    }
    let failures = if failures.is_empty() { nothing(&input, &db.logs).into_iter().collect() } else { failures };
    Ok((input, failures))
}

/// Reads logs into one workload.
struct Reader<'t> {
    miner: Miner,
    progress: Progress<'t>,
    failures: Vec<Failure>,
}

impl Reader<'_> {
    fn read(&mut self, name: &str) {
        match Source::open(name) {
            Ok(mut source) => {
                self.miner.begin_file(name);
                self.progress.begin_reading(&format!("reading {name}"), source.length());
                match self.rest_of(&mut source) {
                    Ok(()) => self.miner.end_file(),
                    Err(error) => self.fail(name, &error),
                }
                self.progress.end();
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    /// All that there is by now.
    fn rest_of(&mut self, source: &mut Source) -> std::io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            match source.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    self.miner.feed(&chunk[..length]);
                    self.progress.read(source.position());
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What was read up to here stays.
    fn fail(&mut self, name: &str, error: &std::io::Error) {
        self.miner.fail_file(&format!("could not be read to its end: {error}"));
        let failure = Err::<(), _>(std::io::Error::other(error.to_string()))
            .with_context(|| format!("could not read {name} to its end"))
            .map_err(Failure::unmeasured);
        self.failures.extend(failure.err());
    }
}

/// What was not read, where nobody may look at the report for it.
fn say(input: &Input, terminal: &Terminal) {
    let Some(workload) = &input.workload else { return };
    let perf_look_analyzers::workload::Source::Log(log) = &workload.source else { return };
    if log.rejected > 0 {
        let (all, entries) =
            if log.rejected == 1 { ("1".to_owned(), "entry") } else { (grouped(log.rejected), "entries") };
        let first = input.rejects.first().map_or(String::new(), |reject| {
            let line = reject.line.map_or(String::new(), |line| format!(":{line}"));
            format!("; the first: {}{line}: {}", reject.source, reject.why)
        });
        warn(
            terminal,
            &format!("{all} {entries} of {} could not be read{first}", grouped(log.rejected + workload.whole.calls)),
        );
    }
    if log.with_plan == 0 && workload.whole.calls > 0 {
        warn(terminal, &format!("no plan is in the log, only times of statements; {HOW}"));
    }
}

fn grouped(number: u64) -> String {
    perf_look_analyzers::quantity::grouped(number as f64)
}

fn nothing(input: &Input, names: &[String]) -> Option<Failure> {
    let calls = input.workload.as_ref().map_or(0, |workload| workload.whole.calls);
    let is_empty = calls == 0 && input.rejects.is_empty();
    is_empty.then(|| {
        let cause = anyhow!("{}: no statement with its time is in there", names.join(", "));
        Failure::new(Status::Nothing, cause).help(HOW)
    })
}
