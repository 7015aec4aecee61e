//! EXPLAIN's output, whatever its format and wherever it was copied from, into plans.

mod assembly;
mod builder;
mod error;
mod json;
mod text;
mod xml;
mod yaml;

pub use builder::{MAX_DEPTH, MAX_NODES};
pub use error::ParsePlanError;

use super::plan::Plan;
use crate::report::Reject;

/// What was found in a text: the plans, and what could not be read with its reason.
#[derive(Debug, Default)]
pub struct Parsed {
    /// In the order of the text.
    pub plans: Vec<Plan>,
    /// Blocks of the text that begin like a plan and are none.
    pub rejects: Vec<Reject>,
}

/// Finds the plans in a text: JSON, TEXT, YAML or XML, bare or in the frame that psql, a log or Markdown put around it.
pub fn parse(text: &str) -> Result<Parsed, ParsePlanError> {
    let start = text.trim_start();
    let plans = match start.as_bytes().first() {
        Some(b'<') => xml::parse(text)?,
        Some(b'-') if !start.starts_with("->") => yaml::parse(text)?,
        Some(b'-' | b'A'..=b'Z') => vec![text::parse(text, 1)?],
        _ => json::parse(text)?,
    };
    Ok(Parsed { plans, rejects: Vec::new() })
}
