//! What the crate does with a real server and a real browser.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod browser_owner;
mod catalogue;
mod census;
mod connection;
mod counts;
mod dumps;
mod gate;
mod hostile;
mod identity;
mod live;
mod measuring;
mod pinned;
mod scratch;
mod steps;
mod timing;
mod verifying;
