//! Captures in, reports out: the part of perf-look that judges.
//!
//! A capture is what Postgres or a browser said. It is parsed into plans and pages, the
//! [`rule::rules`] look at each, and a [`report::Report`] holds what they found. Everything that a
//! person or a program sees is drawn from that report.
//!
//! Nothing here reads, writes, asks the time or knows a colour; after parsing nothing can fail.
#![warn(missing_docs)]

pub mod capture;
pub mod compare;
pub mod digest;
pub mod finding;
pub mod flame;
pub mod gate;
pub mod input;
pub mod postgres;
pub mod quantity;
pub mod redact;
pub mod report;
pub mod rule;
pub mod safe;
pub mod verification;
pub mod web;
pub mod workload;

pub use capture::Capture;
pub use compare::Comparison;
pub use finding::{Finding, Severity};
pub use input::Input;
pub use report::{Policy, Report, Subject};
pub use workload::Workload;
