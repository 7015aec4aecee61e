//! The exit codes, and which of two wins.

use std::process::ExitCode;

use perf_look_analyzers::Finding;
use perf_look_analyzers::report::Report;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::workload::{Source, Workload};

use crate::args::FailOn;

/// How it ended. Of several the greatest is the program's: that is what the order of the variants says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Nothing was found.
    Clean,
    /// A finding at the level that fails.
    Found,
    /// There was nothing to check.
    Nothing,
    /// What it is compared with was measured on another thing.
    NotComparable,
    /// It could not be measured or read.
    Unmeasured,
    /// It was asked for the wrong way, or perf-look itself is wrong.
    Usage,
    /// The terminal is gone.
    HungUp,
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-\.
    Quit,
    /// SIGTERM.
    Terminated,
}

impl Status {
    /// What a report amounts to.
    pub(crate) fn of(report: &Report, fail_on: FailOn) -> Self {
        if is_unread(report) || !report.pages.iter().all(Page::is_whole) {
            Self::Unmeasured
        } else if report.is_empty() {
            Self::Nothing
        } else if failing(report, fail_on) > 0 {
            Self::Found
        } else {
            Self::Clean
        }
    }
}

/// How many findings fail.
pub(crate) fn failing(report: &Report, fail_on: FailOn) -> usize {
    let fails = |finding: &&Finding| fail_on.severity().is_some_and(|at| finding.severity >= at);
    report.findings.iter().filter(fails).count()
}

/// Whether something could not be read. Of the statements that a server counts some can never be planned again, since
/// their constants are gone: that is said, and fails only where none could.
fn is_unread(report: &Report) -> bool {
    let is_counted = |workload: &Workload| matches!(workload.source, Source::PgStatStatements { .. });
    let is_of_server = report.workload.as_ref().is_some_and(is_counted) && !report.subjects.is_empty();
    !report.rejects.is_empty() && !is_of_server
}

impl Status {
    /// How a program ends that a signal ended.
    pub(crate) fn of_signal(number: u8) -> Self {
        match number {
            1 => Self::HungUp,
            2 => Self::Interrupted,
            3 => Self::Quit,
            _ => Self::Terminated,
        }
    }

    /// The number that scripts see.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Unmeasured => 3,
            Self::Nothing => 4,
            Self::NotComparable => 5,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Quit => 131,
            Self::Terminated => 143,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_codes_2_wins_then_3_then_5_then_4_then_1() {
        let mut all =
            [Status::Clean, Status::Nothing, Status::Usage, Status::NotComparable, Status::Found, Status::Unmeasured];
        all.sort();
        assert_eq!(all.map(Status::code), [0, 1, 4, 5, 3, 2]);
    }
}
