//! Postgres: plans in, findings out.

pub mod attribution;
pub mod counters;
pub mod expression;
pub mod parse;
pub mod plan;
pub mod rules;

pub use attribution::Attribution;
pub use plan::{NodeId, NodeKind, Plan, PlanNode};
