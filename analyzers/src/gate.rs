//! The gate: whether a change made a query or a page worse than what was accepted.
//!
//! What is measured twice of a target becomes an [`Observation`]; what was accepted of it is a [`Baseline`], a file of the
//! repository. [`decide()`] compares the two counter by counter and gives an [`Outcome`]: what is worse, by how much,
//! where, and what differs in what it was measured on. Counts decide; times do only where both sides were measured side
//! by side ([`mod@time`]).

pub mod baseline;
pub mod counters;
mod decide;
mod findings;
mod fingerprint;
pub mod inputs;
pub mod limits;
pub mod observation;
pub mod outcome;
mod plan_text;
mod ranking;
pub mod shape;
pub mod spots;
pub mod time;
pub mod timed;
pub mod waivers;
pub mod wording;

pub use baseline::{Baseline, BaselineError};
pub use counters::Counter;
pub use decide::decide;
pub use fingerprint::fingerprint;
pub(crate) use fingerprint::words;
pub use inputs::Inputs;
pub use limits::Limits;
pub use observation::Observation;
pub use outcome::{Decision, Level, Outcome, State, Verdict};
