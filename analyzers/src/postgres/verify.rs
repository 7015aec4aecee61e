//! Advice that is tried: what to try, what a server said of that, and what follows.
//!
//! Which indexes are worth trying follows from a plan and the catalogue; a server is asked for a plan with each, and its
//! answers are kept word for word in the capture. What follows is decided each time that a capture is read.

mod candidates;
mod index;
mod trials;
mod tried;
mod verdict;

pub(crate) use candidates::wanted;
pub use index::IndexDefinition;
pub use trials::{Answer, Built, Explained, IndexTrial, IndexTrials, Place, Series, Trial, Trials, Untried};
pub use tried::{By, Replanned, Steps, Tried, TriedBuilt, TriedIndex, TriedIndexes, TriedMemory, TriedStatistics};
pub(crate) use verdict::{best_index, verified};

/// What to try for a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Indexes, each once.
    pub indexes: Vec<IndexDefinition>,
    /// `SET LOCAL work_mem = …;`, to run it with.
    pub memory: Vec<String>,
    /// `ANALYZE …;`, `CREATE STATISTICS …;`, to plan it after.
    pub statistics: Vec<String>,
}

impl Wanted {
    /// What another plan of the same statement wants as well.
    pub fn add(&mut self, other: Self) {
        add(&mut self.indexes, other.indexes);
        add(&mut self.memory, other.memory);
        add(&mut self.statistics, other.statistics);
    }
}

fn add<T: PartialEq>(known: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for new in more {
        if !known.contains(&new) {
            known.push(new);
        }
    }
}
