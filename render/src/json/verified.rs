//! What is known of advice from trying it, as JSON.

use perf_look_analyzers::postgres::verify::Steps;
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::verification::{Change, IndexBuilt, IndexPlanned, Verification};
use serde::Serialize;

/// `verified` of an advice; the word in `how` says which of the other fields there are.
#[derive(Debug, Serialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub(super) enum WireVerified<'r> {
    NotVerified { why: &'r str, help: Option<&'r str> },
    HypotheticalIndex(WireIndex<'r>),
    BuiltIndex(WireIndex<'r>),
    RealIndex(WireBuilt<'r>),
    NoIndexHelps { tried: usize, cost_before: f64, cost_after: f64 },
    MoreMemory(WireMemory),
    OtherStatistics(WireStatistics),
}

#[derive(Debug, Serialize)]
pub(super) struct WireIndex<'r> {
    index: &'r str,
    taken: bool,
    cost_before: f64,
    cost_after: f64,
    ratio: Option<f64>,
    bytes: Option<f64>,
    tried: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct WireBuilt<'r> {
    #[serde(flatten)]
    index: WireIndex<'r>,
    cost_promised: Option<f64>,
    ms_before: Option<f64>,
    ms_after: Option<f64>,
    ms_ratio: Option<f64>,
    runs: usize,
    blocks_before: Option<f64>,
    blocks_after: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct WireMemory {
    ms_before: f64,
    ms_after: f64,
    temp_blocks_before: f64,
    temp_blocks_after: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct WireStatistics {
    plan_rows_before: Option<f64>,
    plan_rows_after: Option<f64>,
    rows: Option<f64>,
    plan_changed: bool,
    cost_before: Option<f64>,
    cost_after: Option<f64>,
}

impl<'r> WireVerified<'r> {
    pub(super) fn of(verified: &'r Verification) -> Option<Self> {
        Some(match verified {
            Verification::NotAsked => return None,
            Verification::NotVerified(known) => Self::NotVerified { why: &known.why, help: known.help.as_deref() },
            Verification::HypotheticalIndex(planned) => Self::HypotheticalIndex(planned.into()),
            Verification::BuiltIndex(planned) => Self::BuiltIndex(planned.into()),
            Verification::RealIndex(built) => Self::RealIndex(built.into()),
            Verification::NoIndexHelps(none) => {
                Self::NoIndexHelps { tried: none.tried, cost_before: none.cost.before, cost_after: none.cost.after }
            }
            Verification::MoreMemory(memory) => Self::MoreMemory(WireMemory {
                ms_before: memory.execution.before.0,
                ms_after: memory.execution.after.0,
                temp_blocks_before: memory.temp_blocks.before,
                temp_blocks_after: memory.temp_blocks.after,
            }),
            Verification::OtherStatistics(statistics) => Self::OtherStatistics(WireStatistics {
                plan_rows_before: statistics.expected.map(|rows| rows.before),
                plan_rows_after: statistics.expected.map(|rows| rows.after),
                rows: statistics.came,
                plan_changed: statistics.steps == Steps::Others,
                cost_before: statistics.cost.map(|cost| cost.before),
                cost_after: statistics.cost.map(|cost| cost.after),
            }),
        })
    }
}

impl<'r> From<&'r IndexPlanned> for WireIndex<'r> {
    fn from(planned: &'r IndexPlanned) -> Self {
        Self {
            index: &planned.index,
            taken: true,
            cost_before: planned.cost.before,
            cost_after: planned.cost.after,
            ratio: planned.cost.ratio(),
            bytes: planned.bytes,
            tried: planned.tried,
        }
    }
}

impl<'r> From<&'r IndexBuilt> for WireBuilt<'r> {
    fn from(built: &'r IndexBuilt) -> Self {
        let index = WireIndex {
            index: &built.index,
            taken: built.taken,
            cost_before: built.cost.before,
            cost_after: built.cost.after,
            ratio: built.cost.ratio(),
            bytes: built.bytes,
            tried: built.tried,
        };
        Self {
            index,
            cost_promised: built.promised,
            ms_before: built.execution.map(|ms| ms.before.0),
            ms_after: built.execution.map(|ms| ms.after.0),
            ms_ratio: built.execution.and_then(Change::<Ms>::ratio),
            runs: built.pairs,
            blocks_before: built.blocks.map(|blocks| blocks.before),
            blocks_after: built.blocks.map(|blocks| blocks.after),
        }
    }
}
