//! Postgres: plans in, findings out.

mod advice;
pub mod attribution;
mod cache;
pub mod catalogue;
pub mod clauses;
pub mod counters;
mod estimates;
pub mod expression;
mod harm;
mod indexes;
pub mod log;
mod order;
pub mod overview;
pub mod parse;
pub mod plan;
pub mod rules;
pub mod stored;
pub mod top;
mod value;
pub mod verify;

pub use attribution::Attribution;
pub use catalogue::Catalogue;
pub use overview::Overview;
pub use plan::{NodeId, NodeKind, Plan, PlanNode};
