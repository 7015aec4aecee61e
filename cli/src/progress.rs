//! What somebody who waits sees on standard error: what runs, for how long, and how long it still may.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use perf_look_analyzers::safe;

use crate::args::Common;
use crate::terminal::Terminal;

/// Often enough for seconds to be seen passing.
const TICK: Duration = Duration::from_millis(200);

/// Whom to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Nobody.
    Nobody,
    /// A person at a terminal.
    Person,
    /// A log, which was asked for.
    Log,
}

/// What is said while statements run.
pub(crate) struct Progress<'a> {
    audience: Audience,
    terminal: &'a Terminal,
    bar: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    /// A moving line on a terminal, plain lines where they are asked for, else nothing.
    pub(crate) fn new(common: &Common, terminal: &'a Terminal) -> Self {
        let audience = match (common.quiet, terminal.watched, common.verbose) {
            (true, _, _) | (false, false, false) => Audience::Nobody,
            (false, true, _) => Audience::Person,
            (false, false, true) => Audience::Log,
        };
        Self { audience, terminal, bar: None }
    }

    /// Something begins: `running slow.sql:2, run 1 of 3`.
    pub(crate) fn begin(&mut self, what: &str, timeout: Option<Duration>) {
        self.end();
        let what = safe::line(what);
        match self.audience {
            Audience::Nobody => {}
            Audience::Person => self.bar = Some(bar(what.into_owned(), timeout)),
            // Where stderr is closed there is nobody to tell.
            Audience::Log => drop(writeln!(self.terminal.stderr(), "{what}")),
        }
    }

    /// A file begins to be read: `reading server.log: 1.2 GiB, 480 MiB/s, 3 s left`.
    pub(crate) fn begin_reading(&mut self, what: &str, bytes: Option<u64>) {
        self.end();
        let what = safe::line(what);
        match self.audience {
            Audience::Nobody => {}
            Audience::Person => self.bar = Some(reading(what.into_owned(), bytes)),
            Audience::Log => drop(writeln!(self.terminal.stderr(), "{what}")),
        }
    }

    /// What was found so far in what is read: `1,204 calls`.
    pub(crate) fn found(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("{}, ", safe::line(what)));
        }
    }

    /// It was read up to there.
    pub(crate) fn read(&self, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
        }
    }

    /// It is over; a person's line goes away.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

fn reading(what: String, bytes: Option<u64>) -> ProgressBar {
    let template = match bytes {
        Some(_) => "{spinner} {msg}: {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{spinner} {msg}: {prefix}{bytes}, {bytes_per_sec}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = bytes.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let bar = bar.with_style(style.tick_chars("|/-\\ ")).with_message(what);
    bar.enable_steady_tick(TICK);
    bar
}

fn bar(what: String, timeout: Option<Duration>) -> ProgressBar {
    let left = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        if let Some(timeout) = timeout {
            let left = timeout.saturating_sub(state.elapsed()).as_secs();
            // A line that cannot be drawn is not worth an error.
            let _ = write!(out, ", {left} s left");
        }
    };
    let style = ProgressStyle::with_template("{spinner} {msg}: {elapsed}{left}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("|/-\\ ")
        .with_key("left", left);
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what);
    bar.enable_steady_tick(TICK);
    bar
}
