//! The terminal UI: findings first, the plan beside them, every number one key away.
//!
//! Not in this version. The crate stands here so that its place is settled: it will read a
//! [`Report`](perf_look_analyzers::Report), change nothing, and depend on nothing else of ours.
