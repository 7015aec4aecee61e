//! What the change was made on: the same targets in another checkout, counted, and timed side by side with the change.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use perf_look_analyzers::gate::time::{Arm, Next, Sample, TimeRule, TimeRun, TimeVerdict, Wanted};
use perf_look_analyzers::gate::timed::Clock;
use perf_look_analyzers::gate::{Baseline, Outcome};
use perf_look_capture::postgres::explain::{Arm as Side, timed_pairs};
use perf_look_capture::postgres::{Options, Session, Sql, connect};

use super::measure::{Measurements, Measuring};
use super::targets::{self, Target, What};
use crate::args::Common;
use crate::config::Config;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::signals::Stop;

/// The base's configuration: the file of its own folder.
pub(super) fn config(folder: &Path, head: &Config) -> Result<Config, Failure> {
    let name = head.file().and_then(Path::file_name).unwrap_or_default();
    let file = folder.join(name);
    if !file.is_file() {
        let missing = anyhow!("there is no {}", file.display());
        return Err(Failure::usage(missing)
            .help("--base names what the change was made on, with a configuration of the same name"));
    }
    let mut common = Common::default();
    common.config = Some(file);
    Config::load(&common)
}

/// Measures the base's targets that have the name of one of the change's.
pub(super) async fn measure(
    base: &Measuring<'_>,
    names: &[String],
    progress: &mut Progress<'_>,
    stop: &Stop,
) -> Result<Measurements, Failure> {
    let all = targets::all(base.suites, base.root)?;
    let both = all.into_iter().filter(|target| names.contains(&target.name)).collect();
    Box::pin(base.all(both, progress, stop)).await
}

/// What was measured at the base, as if it had been accepted: counters that did not repeat are left out.
pub(super) fn inherited(base: &Measurements) -> BTreeMap<String, Baseline> {
    let known = base.all.iter().filter_map(|(target, observed)| {
        let baseline = Baseline::of(observed.as_ref().ok()?, "measured at the base").ok()?;
        Some((target.name.clone(), baseline))
    });
    known.collect()
}

/// A statement on both sides.
struct Both<'a> {
    name: &'a str,
    base: (&'a Sql, Options),
    head: (&'a Sql, Options),
}

/// Times the statements that both sides have in turns, and adds to the outcomes what that says.
pub(super) async fn time(
    (base, head): (&Measurements, &Measurements),
    (base_measuring, head_measuring): (&Measuring<'_>, &Measuring<'_>),
    outcomes: &mut [Outcome],
    stop: &Stop,
) -> Result<(), Failure> {
    let (Some(base_database), Some(head_database)) = (&base.database, &head.database) else { return Ok(()) };
    let statement = |target: &Target, measuring: &Measuring<'_>| match &target.what {
        What::Statement(sql, values) => Some((sql.clone(), measuring.options(values))),
        What::Plan(_) | What::Page(..) => None,
    };
    let sides: Vec<_> = head
        .all
        .iter()
        .filter(|(_, observed)| observed.is_ok())
        .filter_map(|(target, _)| {
            let (before, _) =
                base.all.iter().find(|(other, observed)| other.name == target.name && observed.is_ok())?;
            Some((target.name.as_str(), statement(before, base_measuring)?, statement(target, head_measuring)?))
        })
        .collect();
    let both: Vec<Both<'_>> = sides
        .iter()
        .map(|(name, base, head)| Both { name, base: (&base.0, base.1.clone()), head: (&head.0, head.1.clone()) })
        .collect();
    if both.is_empty() {
        return Ok(());
    }
    let sessions = Sessions {
        base: connect(&base_database.target).await?,
        control: connect(&base_database.target).await?,
        head: connect(&head_database.target).await?,
    };
    let clock = if sessions.base.cpu_clock().await.is_some() && sessions.head.cpu_clock().await.is_some() {
        Clock::Cpu
    } else {
        Clock::Wall
    };
    for (pair, verdict) in both.iter().zip(run(&sessions, &both, clock, stop).await?) {
        if let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.target == pair.name) {
            outcome.add_time(clock, &verdict);
        }
    }
    Ok(())
}

struct Sessions {
    base: Session,
    /// The base once more: what differs here is the machine.
    control: Session,
    head: Session,
}

async fn run(sessions: &Sessions, both: &[Both<'_>], clock: Clock, stop: &Stop) -> Result<Vec<TimeVerdict>, Failure> {
    let rule = match clock {
        Clock::Cpu => TimeRule::QUERY_CPU,
        Clock::Wall => TimeRule::QUERY_WALL,
    };
    let mut timing = TimeRun::new(&vec![rule; both.len()]);
    loop {
        match timing.next_step() {
            Next::Decided(verdicts) => return Ok(verdicts),
            Next::Measure(wanted) => {
                for Wanted { arm, pairs } in wanted {
                    let samples = pairs_of(sessions, both, (arm, pairs, clock), stop).await?;
                    timing.record(arm, &samples);
                }
            }
        }
    }
}

/// For a clock that stood still: in ms, less than any statement takes.
const SHORTEST: f64 = 0.001;

async fn pairs_of(
    sessions: &Sessions,
    both: &[Both<'_>],
    (arm, pairs, clock): (Arm, usize, Clock),
    stop: &Stop,
) -> Result<Vec<Sample>, Failure> {
    let place = match arm {
        Arm::Control => 0,
        Arm::Target(place) => place,
    };
    let of = &both[place];
    let base = Side { session: &sessions.base, sql: of.base.0, options: &of.base.1 };
    let head = match arm {
        Arm::Control => Side { session: &sessions.control, ..base },
        Arm::Target(_) => Side { session: &sessions.head, sql: of.head.0, options: &of.head.1 },
    };
    let wanted = u32::try_from(pairs).unwrap_or(u32::MAX);
    let timed = timed_pairs(base, head, wanted, stop.clone().wait()).await;
    let timed = timed.map_err(|error| match stop.status() {
        Some(status) => Failure::new(status, anyhow!("stopped; nothing was written")),
        None => Failure::unmeasured(error),
    })?;
    let sample = |pair: &perf_look_capture::postgres::explain::Pair| {
        let of = |timed: &perf_look_capture::postgres::explain::Timed| match clock {
            Clock::Cpu => timed.cpu_ms,
            Clock::Wall => Some(timed.wall_ms),
        };
        let time = |timed| of(timed).map(|ms| ms.max(SHORTEST));
        let missing = || Failure::unmeasured(anyhow!("{}: the processor time of a session is gone", both[place].name));
        Sample::new(time(&pair.base).ok_or_else(missing)?, time(&pair.head).ok_or_else(missing)?)
            .map_err(Failure::unmeasured)
    };
    timed.iter().map(sample).collect()
}
