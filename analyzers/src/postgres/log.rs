//! The server's log: statements and plans of auto_explain out of bytes as they come, counted in groups.
//!
//! The steps, a file each: `lines` cuts bytes, `frame` makes entries of lines, `message` tells entries apart, `block`
//! finds in a plan what can be known without parsing it, `calls` counts, `groups` keeps. A plan is parsed where its
//! shape is new and where its call is slower than all before; all others are counted by a glance.

mod aside;
mod block;
mod calls;
mod frame;
mod groups;
mod lines;
mod message;
mod prefix;
mod quantiles;
mod rejects;
mod sessions;
mod sql;
mod whole;

pub use prefix::{Prefix, PrefixError};

use calls::Calls;
use frame::Frame;
use groups::{Group, PlanGroup, Slowest, date, merge, written};
use lines::Lines;
use whole::parsed;

use crate::input::Input;
use crate::quantity::grouped;
use crate::report::Subject;
use crate::workload::{Bounds, LogSource, Others, PlanShape, Source, Times, Workload, WorkloadStatement};

/// Reads logs, one file after the other.
#[derive(Debug, Default)]
pub struct Miner {
    prefix: Option<Prefix>,
    lines: Lines,
    frame: Frame,
    calls: Calls,
}

impl Miner {
    /// A reader of logs with that `log_line_prefix`; with any where none is named.
    pub fn new(prefix: Option<Prefix>) -> Self {
        Self { prefix, ..Self::default() }
    }

    /// The same, which keeps so much apart.
    #[must_use]
    pub fn bounded(self, bounds: Bounds) -> Self {
        Self { calls: Calls::new(bounds), ..self }
    }

    /// What follows is of this file, up to [`Miner::end_file`].
    pub fn begin_file(&mut self, name: &str) {
        self.calls.source.files.push(name.to_owned());
    }

    /// Takes more bytes of the file, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Self { prefix, lines, frame, calls } = self;
        calls.source.bytes += bytes.len() as u64;
        lines.feed(bytes, |number, line| frame.line(number, &line, prefix.as_ref(), calls));
    }

    /// Nothing more comes of the file: what is not whole by now is cut off.
    pub fn end_file(&mut self) {
        let Self { prefix, lines, frame, calls } = self;
        lines.end(|number, line| frame.line(number, &line, prefix.as_ref(), calls));
        frame.end(prefix.as_ref(), calls);
    }

    /// The rest of the file cannot be read.
    pub fn fail_file(&mut self, why: &str) {
        self.end_file();
        self.calls.reject_rest(why.to_owned());
    }

    /// Calls that were counted and entries that could not be read, so far.
    pub fn progress(&self) -> (u64, u64) {
        (self.calls.whole().calls, self.calls.rejects.count)
    }

    /// The statements that took most, at most so many, with the slowest call of each of their plans; the others
    /// together.
    pub fn finish(self, most: usize) -> Input {
        let (span, whole) = (self.calls.span(), self.calls.whole());
        let Calls { groups, rejects, source, .. } = self.calls;
        let beyond = groups.beyond();
        let mut others = beyond.as_ref().and_then(|beyond| beyond.statements);
        let mut sorted = groups.sorted();
        for group in sorted.split_off(most.min(sorted.len())) {
            merge(&mut others, Others { statements: 1, tally: group.counted.times().tally });
        }
        let mut subjects = Vec::new();
        let listed = sorted.into_iter().enumerate();
        let statements =
            listed.map(|(place, group)| statement(place + 1, group, &source.files, &mut subjects)).collect();
        let (rejected, rejects) = (rejects.count, rejects.named(&source.files));
        let source = Source::Log(LogSource { span, rejected, beyond, ..source });
        let workload = Some(Workload { source, whole, statements, others });
        Input { subjects, rejects, workload, ..Input::default() }
    }
}

fn statement(number: usize, mut group: Group, files: &[String], subjects: &mut Vec<Subject>) -> WorkloadStatement {
    let total = |plan: &PlanGroup| plan.counted.total().0;
    group.plans.sort_by(|left, right| {
        total(right).total_cmp(&total(left)).then_with(|| left.fingerprint.cmp(&right.fingerprint))
    });
    let alone = group.plans.len() == 1;
    let mut plans = Vec::new();
    for (place, plan) in group.plans.iter().enumerate() {
        let name = if alone { format!("statement {number}") } else { format!("statement {number} plan {}", place + 1) };
        // It was parsed when it was kept.
        let Ok(parsed) = parsed(&plan.slowest.text, plan.slowest.time.0) else { continue };
        plans.push(PlanShape {
            fingerprint: plan.fingerprint.to_string(),
            times: Some(plan.counted.times()),
            date: date(plan.slowest.place.time.as_bytes()).map(written),
            subject: subjects.len(),
        });
        let notes = vec![note(plan, files)];
        subjects.push(Subject { notes, ..Subject::new(name, parsed) });
    }
    let (id, times, days) = (group.id(), group.counted.times(), group.days());
    let other_plans = group.aside.sum().tally;
    WorkloadStatement { id, text: group.text, times, days, rows: None, io: None, plans, other_plans }
}

/// `the slowest of 12 calls: postgresql.log:1234, 2026-11-21 05:03:44.381 UTC`.
fn note(plan: &PlanGroup, files: &[String]) -> String {
    let Slowest { place, time, .. } = &plan.slowest;
    let file = files.get(place.file).map_or("", String::as_str);
    let Times { tally, max, .. } = plan.counted.times();
    let which = match tally.calls {
        1 => "its only call".to_owned(),
        calls if *time < max => {
            let calls = grouped(calls as f64);
            format!("the slowest that was kept of {calls} calls, of which one took {max}")
        }
        calls => format!("the slowest of {} calls", grouped(calls as f64)),
    };
    let time = if place.time.is_empty() { String::new() } else { format!(", {}", place.time) };
    format!("{which}: {file}:{}{time}", place.line)
}
