//! The numbers to the right of a node: which there is room for, and how they are written.

use perf_look_analyzers::Subject;
use perf_look_analyzers::flame::Measure;

use super::Room;
use crate::text::{millis, short};

/// A column of numbers to the right of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Loops,
    Own,
    Bar,
    Share,
    Total,
    /// Against the run before.
    Change,
    Rows,
    EstimateAndRows,
    Off,
    Blocks,
}

impl Column {
    /// Its columns on the screen, without the space before it.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Loops => 7,
            Self::Own | Self::Total => 8,
            Self::Change => 10,
            Self::Bar | Self::Share | Self::Off | Self::Rows => 6,
            Self::EstimateAndRows => 13,
            Self::Blocks => 11,
        }
    }
}

/// Whether there is a run from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    Nothing,
    ARun,
}

/// Which columns there is room for: they leave whole, the least telling first.
pub(super) fn columns(subject: &Subject, against: Against, width: usize, room: Room) -> Vec<Column> {
    let (is_run, is_timed) = (subject.plan.is_analyzed(), subject.attribution.execution.is_some());
    // In the order in which they leave.
    let leave = [
        Column::Total,
        Column::Blocks,
        Column::Loops,
        Column::Bar,
        Column::EstimateAndRows,
        Column::Off,
        Column::Rows,
        Column::Change,
        Column::Share,
    ];
    let mut columns = vec![
        Column::Loops,
        Column::Total,
        Column::Own,
        Column::Bar,
        Column::Share,
        Column::Change,
        if room == Room::Wide && is_run { Column::EstimateAndRows } else { Column::Rows },
        Column::Off,
        Column::Blocks,
    ];
    columns.retain(|column| match column {
        Column::Loops | Column::Off => is_run,
        Column::Total => is_timed,
        Column::Change => against == Against::ARun && is_timed,
        Column::Blocks => subject.plan.has_counters(),
        _ => true,
    });
    let least = if room <= Room::Small { 18 } else { (width * 9 / 20).clamp(24, 52) };
    for column in leave {
        let taken: usize = columns.iter().map(|column| column.width() + 1).sum();
        if taken + least <= width {
            break;
        }
        columns.retain(|kept| *kept != column);
    }
    columns
}

/// The word above a node's own part.
pub(super) fn own_head(measure: Measure) -> &'static str {
    match measure {
        Measure::Wall => "self ms",
        Measure::Work => "work ms",
        Measure::Buffers => "buffers",
        Measure::Read => "read",
        Measure::Temp => "temp",
        Measure::Io => "I/O ms",
        Measure::Wal => "WAL B",
        Measure::Rows => "rows",
        Measure::Cost => "own cost",
    }
}

/// A node's own part in at most eight columns, without its unit.
pub(super) fn amount(measure: Measure, own: f64) -> String {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => millis(own),
        _ => short(own),
    }
}
