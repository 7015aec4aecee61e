//! Asks Postgres and Chromium and keeps their answers word for word. The only crate that reaches them; it judges
//! nothing.

#[cfg(unix)]
pub mod browser;
#[cfg(unix)]
mod den;
pub mod postgres;
#[cfg(unix)]
pub mod web;
