//! What is known of advice from trying it: on the user's server without changing anything, or on a scratch server.

use std::fmt;

use crate::postgres::verify::{Place, Steps};
use crate::quantity::{Ms, Quantity, grouped};

/// How a piece of advice was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Verification {
    /// Nobody asked, or it is nothing that can be tried.
    #[default]
    NotAsked,
    /// It was to be tried, and could not be.
    NotVerified(NotVerified),
    /// The statement was planned with an index that only the planner believes in, and it took that index.
    HypotheticalIndex(IndexPlanned),
    /// The statement was planned with an index that was built in a transaction and went with it.
    BuiltIndex(IndexPlanned),
    /// The index was built on a scratch server, and the statement run there without and with it.
    RealIndex(IndexBuilt),
    /// None of the indexes that could serve makes the statement cheaper.
    NoIndexHelps(NoIndexHelps),
    /// The statement was run with more memory.
    MoreMemory(MoreMemory),
    /// The statement was planned with other statistics, which were rolled back.
    OtherStatistics(OtherStatistics),
}

/// Why advice was not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotVerified {
    /// Lower case, no full stop.
    pub why: String,
    /// What to do to have it tried, where something can be done.
    pub help: Option<String>,
}

/// Something before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change<T> {
    /// As it is.
    pub before: T,
    /// With the advice followed.
    pub after: T,
}

impl Change<f64> {
    /// How many times smaller it became; none where it became nothing.
    pub fn ratio(self) -> Option<f64> {
        (self.after > 0.0).then(|| self.before / self.after)
    }
}

impl Change<Ms> {
    /// How many times shorter it became; none where it became nothing.
    pub fn ratio(self) -> Option<f64> {
        Change { before: self.before.0, after: self.after.0 }.ratio()
    }
}

/// What the planner said of a statement with one more index, which it took.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexPlanned {
    /// `CREATE INDEX ON …`, without the semicolon.
    pub index: String,
    /// The planner's cost of the whole statement.
    pub cost: Change<f64>,
    /// The index's size in bytes: an upper bound where it is predicted, exact where it was built.
    pub bytes: Option<f64>,
    /// How many indexes were tried, this one included.
    pub tried: usize,
}

/// What a statement came to without and with an index that was built.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexBuilt {
    /// `CREATE INDEX ON …`, without the semicolon.
    pub index: String,
    /// Whether the planner takes it.
    pub taken: bool,
    /// The planner's cost of the whole statement.
    pub cost: Change<f64>,
    /// The cost that was expected before it was built; none where nothing expected one.
    pub promised: Option<f64>,
    /// The median time; none where it was only planned.
    pub execution: Option<Change<Ms>>,
    /// Of how many runs that is the median, taken in turns.
    pub pairs: usize,
    /// Blocks that it touched; none where it was only planned.
    pub blocks: Option<Change<f64>>,
    /// The index's size in bytes.
    pub bytes: Option<f64>,
    /// How many indexes were tried, this one included.
    pub tried: usize,
}

/// What the planner said of a statement with each of some indexes that it gains nothing from.
#[derive(Debug, Clone, PartialEq)]
pub struct NoIndexHelps {
    /// How many were tried.
    pub tried: usize,
    /// The planner's cost of the whole statement, and with the best of them.
    pub cost: Change<f64>,
    /// Where they were tried.
    pub place: Place,
}

/// What a statement came to with more memory.
#[derive(Debug, Clone, PartialEq)]
pub struct MoreMemory {
    /// The time, of one run each.
    pub execution: Change<Ms>,
    /// Blocks of temporary files that were read and written.
    pub temp_blocks: Change<f64>,
}

/// What the planner said of a statement with other statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherStatistics {
    /// Rows that it expects of the node, loop by loop; none where the new plan has no such node.
    pub expected: Option<Change<f64>>,
    /// Rows that came, loop by loop; none where it was not run.
    pub came: Option<f64>,
    /// Whether it is planned otherwise.
    pub steps: Steps,
    /// The planner's cost of the whole statement.
    pub cost: Option<Change<f64>>,
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => Ok(()),
            Self::NotVerified(NotVerified { why, help: None }) => write!(f, "not verified: {why}"),
            Self::NotVerified(NotVerified { why, help: Some(help) }) => write!(f, "not verified: {why}; {help}"),
            Self::HypotheticalIndex(planned) => {
                write!(f, "verified with a hypothetical index: {planned}")?;
                planned.bytes.map_or(Ok(()), |bytes| write!(f, "; at most {} large", Quantity::Bytes(bytes)))
            }
            Self::BuiltIndex(planned) => {
                write!(f, "verified with the index built and rolled back: {planned}")?;
                planned.bytes.map_or(Ok(()), |bytes| write!(f, "; {} large", Quantity::Bytes(bytes)))
            }
            Self::RealIndex(built) => built.fmt(f),
            Self::NoIndexHelps(none) => none.fmt(f),
            Self::MoreMemory(memory) => memory.fmt(f),
            Self::OtherStatistics(statistics) => statistics.fmt(f),
        }
    }
}

impl fmt::Display for IndexPlanned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the planner takes it, {}", cost(self.cost))
    }
}

impl fmt::Display for IndexBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken = if self.taken { "takes it" } else { "does not take it" };
        write!(f, "verified with the index built on a scratch server: the planner {taken}, {}", cost(self.cost))?;
        if let Some(promised) = self.promised {
            write!(f, ", {} was promised", grouped(promised))?;
        }
        if let Some(Change { before, after }) = self.execution {
            write!(
                f,
                "; {before} -> {after}{}",
                times(self.execution.and_then(Change::<Ms>::ratio), "faster", "slower")
            )?;
            if self.pairs > 1 {
                write!(f, ", medians of {} runs each", self.pairs)?;
            }
        }
        if let Some(Change { before, after }) = self.blocks {
            write!(f, "; {} -> {}", grouped(before), Quantity::Blocks(after))?;
        }
        self.bytes.map_or(Ok(()), |bytes| write!(f, "; {} large", Quantity::Bytes(bytes)))
    }
}

impl fmt::Display for NoIndexHelps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Server => "",
            Place::Scratch => " on a scratch server",
        };
        let Change { before, after } = self.cost;
        if grouped(before) == grouped(after) {
            return write!(f, "verified{place}: the planner takes none of the {} that were tried", self.tried);
        }
        let (spared, before) = (Quantity::Share(1.0 - after / before), grouped(before));
        write!(f, "verified{place}: the best of {} spares {spared} of the planner's cost of {before}", self.tried)
    }
}

impl fmt::Display for MoreMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verified by a run with it: ")?;
        let Change { before, after } = self.temp_blocks;
        if after > 0.0 {
            write!(f, "it still spills, {} -> {} of temporary files", grouped(before), Quantity::Blocks(after))?;
        } else {
            write!(f, "nothing spills any more, {} of temporary files before", Quantity::Blocks(before))?;
        }
        let Change { before, after } = self.execution;
        write!(f, "; {before} -> {after}{}", times(self.execution.ratio(), "faster", "slower"))
    }
}

impl fmt::Display for OtherStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verified in a transaction that was rolled back: ")?;
        if let Some(Change { before, after }) = self.expected {
            write!(f, "{} -> {} expected", grouped(before), Quantity::Rows(after))?;
            if let Some(came) = self.came {
                write!(f, " ({} came)", grouped(came))?;
            }
            write!(f, ", ")?;
        }
        match (self.steps, self.cost) {
            (Steps::Same, _) => write!(f, "the plan stays the same"),
            (Steps::Others, None) => write!(f, "the plan becomes another one"),
            (Steps::Others, Some(Change { before, after })) => {
                write!(f, "the plan becomes another one, cost {} -> {}", grouped(before), grouped(after))
            }
        }
    }
}

fn cost(cost: Change<f64>) -> String {
    let Change { before, after } = cost;
    format!("cost {} -> {}{}", grouped(before), grouped(after), times(cost.ratio(), "less", "more"))
}

/// ` (90.7 times less)`
fn times(ratio: Option<f64>, less: &str, more: &str) -> String {
    match ratio {
        Some(ratio) if ratio >= 1.0 => format!(" ({} {less})", Quantity::Times(ratio)),
        Some(ratio) if ratio > 0.0 => format!(" ({} {more})", Quantity::Times(1.0 / ratio)),
        _ => String::new(),
    }
}
