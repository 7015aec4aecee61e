//! What the width of a frame can be.

use thiserror::Error;

use crate::postgres::Plan;
use crate::postgres::counters::Counter;
use crate::quantity::{Ms, Quantity};

/// What the width of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Wall-clock time, exclusive, in ms: what the report's self times are.
    Wall,
    /// Time of all processes together, exclusive, in ms; more than the wall clock where workers ran.
    Work,
    /// Blocks of 8 KiB that were asked for, exclusive: hits and reads, shared and local.
    Buffers,
    /// Of those, the ones that were not in Postgres' cache.
    Read,
    /// Blocks of temporary files, read and written, exclusive.
    Temp,
    /// Time in I/O, exclusive, in ms.
    Io,
    /// Bytes of WAL, exclusive.
    Wal,
    /// Rows that a node gave or threw away, all loops.
    Rows,
    /// The planner's cost, exclusive.
    Cost,
}

/// Why a plan has no widths of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{} is not in this plan: {why}", measure.name())]
pub struct Unavailable {
    /// What was asked for.
    pub measure: Measure,
    /// What would have to be asked of the server.
    pub why: &'static str,
}

impl Measure {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 9] =
        [Self::Wall, Self::Work, Self::Buffers, Self::Read, Self::Temp, Self::Io, Self::Wal, Self::Rows, Self::Cost];

    /// The word of flags, menus and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Work => "work",
            Self::Buffers => "buffers",
            Self::Read => "read",
            Self::Temp => "temp",
            Self::Io => "io",
            Self::Wal => "wal",
            Self::Rows => "rows",
            Self::Cost => "cost",
        }
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Wall => "wall-clock time",
            Self::Work => "time of all processes",
            Self::Buffers => "buffers touched",
            Self::Read => "buffers read",
            Self::Temp => "temporary blocks",
            Self::Io => "I/O time",
            Self::Wal => "WAL written",
            Self::Rows => "rows handled",
            Self::Cost => "planner's cost",
        }
    }

    /// The measure of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// A width with its unit.
    pub fn quantity(self, width: f64) -> Quantity {
        match self {
            Self::Wall | Self::Work | Self::Io => Quantity::Time(Ms(width)),
            Self::Buffers | Self::Read | Self::Temp => Quantity::Blocks(width),
            Self::Wal => Quantity::Bytes(width),
            Self::Rows => Quantity::Rows(width),
            Self::Cost => Quantity::Cost(width),
        }
    }

    /// The measure to show where none was asked for: time where there is any.
    pub fn of_choice(plan: &Plan) -> Self {
        if plan.is_timed() { Self::Wall } else { Self::Cost }
    }

    /// Whether a plan has it, and else why not.
    pub fn check(self, plan: &Plan) -> Result<(), Unavailable> {
        match self.missing(plan) {
            Some(why) => Err(Unavailable { measure: self, why }),
            None => Ok(()),
        }
    }

    fn missing(self, plan: &Plan) -> Option<&'static str> {
        let known = |counters: &[Counter]| counters.iter().any(|counter| plan.known_counters().has(*counter));
        match self {
            Self::Wall | Self::Work if !plan.is_timed() => {
                Some("it was not timed; EXPLAIN (ANALYZE) times it, --measure cost needs no times")
            }
            Self::Buffers | Self::Read | Self::Temp if !known(&[Counter::SharedHit]) => {
                Some("it has no buffers; EXPLAIN (ANALYZE, BUFFERS) counts them")
            }
            Self::Io if !known(&Counter::TIMES) => Some("I/O was not timed; set track_io_timing = on"),
            Self::Wal if !known(&[Counter::WalBytes]) => Some("it has no WAL; EXPLAIN (ANALYZE, WAL) counts it"),
            Self::Rows if !plan.is_analyzed() => Some("it was not run; EXPLAIN (ANALYZE) runs it"),
            Self::Cost if plan.nodes().iter().all(|node| node.estimate.is_none()) => {
                Some("it was made with COSTS OFF; leave that out")
            }
            _ => None,
        }
    }
}
