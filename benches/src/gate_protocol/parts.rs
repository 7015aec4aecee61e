//! The parts of the protocol: which cases are run on which project.

use std::io;
use std::path::Path;

use super::cases::{CONTROLS, Control, FAULTS, Fault};
use super::hygiene::{Mishap, mishaps};
use super::named::{self, NAMED_CONTROLS, NAMED_FAULTS};
use super::pages::{self, PAGE_CONTROLS, PAGE_FAULTS, PAGE_WARNINGS};
use super::{AS_IT_IS, Measured, Noise, Project, beside, power};

/// A script that puts the program into a control group with a limit.
macro_rules! grouped {
    ($controller:literal, $limit:literal, $value:literal) => {
        concat!(
            "group=/sys/fs/cgroup/",
            $controller,
            "/gate-protocol; mkdir -p $group && echo ",
            $value,
            " >$group/",
            $limit,
            " && echo $$ >$group/cgroup.procs; exec \"$0\" \"$@\""
        )
    };
}

/// One thing that is done to a project, and what has to come of it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What is done, and its key in the file of the part.
    pub name: &'static str,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Unchanged(Noise),
    Harmless(&'static Control),
    Fault(&'static Fault),
    Warning(&'static Fault),
    Mishap(Mishap),
    Longer(power::Longer),
    Within(&'static str),
}

/// How the number of runs of a part is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Over all cases.
    InAll,
    /// For each case.
    OfEach,
}

/// What the table of a part shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Runs that are red, and counts that do not repeat.
    Repeated,
    /// Exit codes.
    Exit,
    /// What has to be right where a fault is caught.
    Aspects,
    /// How often a time verdict is given.
    Power,
}

/// Cases with one project, and a file for their runs.
#[derive(Debug, Clone)]
pub struct Part {
    /// As it is called on the command line, and its file.
    pub name: &'static str,
    /// Over its table.
    pub title: &'static str,
    /// What was done, before its table.
    pub about: &'static str,
    /// What its table shows.
    pub columns: Columns,
    /// What a number of runs means.
    pub number: Number,
    /// The project that the gate accepted.
    pub project: fn(&Path) -> io::Result<Project>,
    /// What is done to it.
    pub cases: Vec<Case>,
}

impl Part {
    /// How often each case runs where so many runs are wanted.
    pub fn rounds(&self, runs: usize) -> usize {
        match self.number {
            Number::InAll => runs.div_ceil(self.cases.len()),
            Number::OfEach => runs,
        }
    }
}

/// All parts, in the order in which they are run and shown.
pub fn parts() -> Vec<Part> {
    let harmless = |control: &'static Control| Case { name: control.name, how: How::Harmless(control) };
    let fault = |fault: &'static Fault| Case { name: fault.name, how: How::Fault(fault) };
    let warning = |fault: &'static Fault| Case { name: fault.name, how: How::Warning(fault) };
    let longer = |longer: power::Longer| Case { name: longer.name, how: How::Longer(longer) };
    let mishap = |mishap: Mishap| Case { name: mishap.name, how: How::Mishap(mishap) };
    vec![
        unchanged("unchanged", "Nothing changed: statements", Project::accepted),
        of_each("harmless", ("Harmless changes: statements", HARMLESS), CONTROLS.iter().map(harmless)),
        Part {
            columns: Columns::Aspects,
            ..of_each("faults", ("Faults: statements", FAULTY), FAULTS.iter().map(fault))
        },
        unchanged("pages-unchanged", "Nothing changed: a page", pages::accepted),
        Part {
            project: pages::accepted,
            ..of_each("pages-harmless", ("Harmless changes: a page", HARMLESS), PAGE_CONTROLS.iter().map(harmless))
        },
        Part {
            columns: Columns::Aspects,
            project: pages::accepted,
            ..of_each(
                "pages-faults",
                ("Faults: a page", FAULTY_PAGE),
                PAGE_FAULTS.iter().map(fault).chain(PAGE_WARNINGS.iter().map(warning)),
            )
        },
        Part { columns: Columns::Repeated, ..of_each("places", ("Where there is little", LITTLE), PLACES.into_iter()) },
        Part {
            project: named::accepted,
            ..of_each("named-harmless", ("Harmless: a named server", NAMED), NAMED_CONTROLS.iter().map(harmless))
        },
        Part {
            columns: Columns::Aspects,
            project: named::accepted,
            ..of_each("named-faults", ("Faults: stale statistics", STALE), NAMED_FAULTS.iter().map(fault))
        },
        Part {
            columns: Columns::Power,
            project: power::accepted,
            ..of_each("power", ("Time", TIME), power::LONGER.into_iter().map(longer))
        },
        of_each("mishaps", ("Mishaps", MISHAPS), mishaps().into_iter().map(mishap)),
    ]
}

const HARMLESS: &str =
    "Changes that must not turn the gate red; other settings make two runs not comparable, which is exit 5.";

const FAULTY: &str = "\
Caught: exit 1, and the target is named. Decision, place, cause: the first that is said of it is the right one; – where
there is none to be named: the statement itself was changed, or the count is one of the whole page.";

const FAULTY_PAGE: &str = "\
Caught and the columns as above. The gate takes no times of pages: a task that takes long is caught by how often its
functions and loops ran. A row with \"warned\" is not caught, and is not meant to be: no count of the page grows, and the gate
has to end with 0 and name the finding as new, a warning; it fails where perf-look.toml makes its rule an error. Such rows
are not in the sum.";

const LITTLE: &str = "\
The unchanged statements, where the gate and its server have little. Limits of control groups are version 1's, and need
root; where there are none, these rows are as the others.";

/// What has little, and the script that makes it so.
const PLACES: [Case; 5] = [
    within("one processor", "exec taskset -c 0 \"$0\" \"$@\""),
    within("the lowest priority", "exec nice -n 19 \"$0\" \"$@\""),
    within("half of a processor (a quota)", grouped!("cpu", "cpu.cfs_quota_us", "50000")),
    within("150 MB of memory (a control group)", grouped!("memory", "memory.limit_in_bytes", "150000000")),
    within("2 GB of addresses (ulimit -v)", "ulimit -v 2000000; exec \"$0\" \"$@\""),
];

const fn within(name: &'static str, script: &'static str) -> Case {
    Case { name, how: How::Within(script) }
}

const NAMED: &str = "\
A server that the configuration names, which the gate does not settle. Each run is on a copy of the accepted database.";

const STALE: &str = "\
Rows that were written to a named server after ANALYZE, so that its statistics do not know of them. The target is the
statement that suffers most; others suffer too.";

const TIME: &str = "\
`gate --base` with a function that works longer: the same plan, rows and blocks, so that only the processor's time can tell.
A statement of some 10 ms; T1 is to be given where it is over 10 % slower, and at 0 % never.";

const MISHAPS: &str = "What goes wrong around the gate, and the exit code that says so.";

fn unchanged(name: &'static str, title: &'static str, project: fn(&Path) -> io::Result<Project>) -> Part {
    let noises = [("idle", Noise::Idle), ("two busy loops a core", Noise::Busy)];
    Part {
        name,
        title,
        about: "Complete runs of the gate on a project that is as it was accepted. Idle: without noise of ours.",
        columns: Columns::Repeated,
        number: Number::InAll,
        project,
        cases: noises.map(|(name, noise)| Case { name, how: How::Unchanged(noise) }).to_vec(),
    }
}

fn of_each(
    name: &'static str,
    (title, about): (&'static str, &'static str),
    cases: impl Iterator<Item = Case>,
) -> Part {
    let (columns, number) = (Columns::Exit, Number::OfEach);
    Part { name, title, about, columns, number, project: Project::accepted, cases: cases.collect() }
}

impl Case {
    /// The exit code that is right.
    pub fn code(&self) -> i32 {
        match self.how {
            How::Unchanged(_) | How::Longer(_) | How::Within(_) | How::Warning(_) => 0,
            How::Harmless(control) => control.code,
            How::Fault(_) => 1,
            How::Mishap(mishap) => mishap.code,
        }
    }

    /// The fault that it is, or what has to be warned of.
    pub fn fault(&self) -> Option<&'static Fault> {
        match self.how {
            How::Fault(fault) | How::Warning(fault) => Some(fault),
            _ => None,
        }
    }

    /// Does it to a copy of an accepted project.
    ///
    /// # Errors
    ///
    /// The project cannot be changed, or the program not be started.
    pub fn run(&self, accepted: &Project) -> io::Result<Measured> {
        match self.how {
            How::Unchanged(noise) => as_it_is(accepted, (AS_IT_IS, noise)),
            How::Harmless(control) => Ok(control.run(accepted)?.must_exit_with(self.code())),
            How::Fault(fault) | How::Warning(fault) => fault.inject(accepted, self.code()),
            How::Longer(longer) => longer.run(accepted),
            How::Within(script) => as_it_is(accepted, (script, Noise::Idle)),
            How::Mishap(mishap) => Ok(mishap.happen(accepted)?.must_exit_with(self.code())),
        }
    }
}

/// Each run fills a new server.
fn as_it_is(accepted: &Project, (within, noise): (&'static str, Noise)) -> io::Result<Measured> {
    let mut project = accepted.copy()?;
    project.within = within;
    let said = beside(noise, || project.gate())?;
    Ok(Measured { values: project.counters()?, ..said.must_exit_with(0) })
}
