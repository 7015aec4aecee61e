//! What the crate does with a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connection;
mod live;
mod scratch;
