//! Why a heap snapshot cannot be read, and where in it.

use thiserror::Error;

/// What a caller can do about each: take the snapshot again, or read it with a newer perf-look.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeapError {
    /// It ends too early, as where the browser or the disk gave out.
    #[error("the heap snapshot is cut short: it ends at byte {bytes}, {place}; take it again")]
    CutShort {
        /// How many bytes there are.
        bytes: u64,
        /// In which part.
        place: &'static str,
    },
    /// It is not JSON, or not of the shape that V8 writes.
    #[error("not a heap snapshot: at byte {at}, {place}, {expected} is expected; take it again")]
    Shape {
        /// Counted from 0.
        at: u64,
        /// In which part.
        place: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
    /// `snapshot.meta` does not name what we need.
    #[error("the heap snapshot's meta is not understood: {0}; take it with a Chromium from 69 on")]
    Meta(String),
    /// Its parts contradict each other.
    #[error("the heap snapshot contradicts itself: {0}; take it again")]
    Inconsistent(String),
    /// The second reading met other contents than the first.
    #[error("this is not the heap snapshot that was read before: {0}; read both times the same one")]
    Other(String),
}
