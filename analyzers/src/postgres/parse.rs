//! EXPLAIN's output, whatever its format and wherever it was copied from, into plans.

mod assembly;
mod builder;
mod error;
mod framing;
mod groups;
mod json;
mod names;
mod text;
mod xml;
mod yaml;

pub use builder::{MAX_DEPTH, MAX_NODES};
pub use error::ParsePlanError;

use framing::{Block, Format, Found};

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

/// Longer inputs are refused: the plan of a scan of 100,000 partitions is a tenth of this.
pub const MAX_BYTES: usize = 1 << 30;

/// Finds the plans in a text: JSON, TEXT, YAML or XML, bare or in the frame that psql, a log or Markdown put around it.
///
/// A text with one plan that cannot be read, or with none, is an error; of several, those that cannot be read are rejects.
pub fn parse(text: &str) -> Result<Parsed, ParsePlanError> {
    parse_at_most(MAX_BYTES, text)
}

fn parse_at_most(bytes: usize, text: &str) -> Result<Parsed, ParsePlanError> {
    if text.len() > bytes {
        let found = format!("{} bytes", text.len());
        return Err(ParsePlanError { line: 1, column: 1, expected: format!("at most {bytes} bytes"), found });
    }
    // A bare plan is what programs hand over, and it may be large: it is not looked at twice.
    let bare = text.trim_start_matches('\u{feff}');
    match bare.trim_start().starts_with(['[', '{']).then(|| json::parse(text)) {
        Some(Ok(plans)) if !plans.is_empty() => Ok(Parsed { plans, rejects: Vec::new() }),
        Some(Err(error)) => framed(text, Some(error)),
        Some(Ok(_)) => framed(text, None),
        None => match text::parse_bare(bare) {
            Some(plan) => Ok(Parsed { plans: vec![plan], rejects: Vec::new() }),
            None => framed(text, None),
        },
    }
}

/// The plan that auto_explain wrote for a call of so many ms, behind `plan:` and without the tabs of a log.
pub(crate) fn logged(text: &str, ms: f64) -> Result<Plan, ParsePlanError> {
    let start = text.trim_start();
    let is_yaml = || start.starts_with("Query Text: \"") && text.contains("\nPlan:");
    let format = match start.chars().next() {
        Some('{') => Format::Json,
        Some('<') => Format::Xml,
        _ if is_yaml() => Format::Yaml,
        _ => Format::Text,
    };
    let plans = read(&Block { format, text: text.into(), lines: Vec::new(), duration_ms: Some(ms) })?;
    plans.into_iter().next().ok_or_else(|| no_plan(text))
}

/// `as_json` is why the text as it stands is not JSON.
fn framed(text: &str, as_json: Option<ParsePlanError>) -> Result<Parsed, ParsePlanError> {
    let mut parsed = Parsed::default();
    let mut first_error = None;
    let found = framing::find(text);
    if let (Some(error), [Found::Block(block)]) = (&as_json, &*found)
        && block.text.trim() == text.trim()
    {
        return Err(error.clone());
    }
    for found in &found {
        let block = match found {
            Found::Block(block) => block,
            Found::NoPlan(line, why) => {
                parsed.reject(*line, (*why).to_owned());
                continue;
            }
        };
        match read(block) {
            Ok(plans) if plans.is_empty() => parsed.reject(block.source_line(1), NOTHING.to_owned()),
            Ok(plans) => parsed.plans.extend(plans),
            Err(error) => {
                let ParsePlanError { line, column, expected, found } = &error;
                parsed.reject(*line, format!("column {column}: expected {expected}, found {found}"));
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) if found.len() == 1 => Err(error),
        None if found.is_empty() => Err(as_json.unwrap_or_else(|| no_plan(text))),
        _ => Ok(parsed),
    }
}

/// EXPLAIN's answer to a statement that a rule makes nothing of.
const NOTHING: &str = "EXPLAIN found nothing to plan: a rule does nothing instead, or it is a utility statement";

impl Parsed {
    fn reject(&mut self, line: usize, why: String) {
        self.rejects.push(Reject { source: String::new(), line: Some(line), why });
    }
}

fn read(block: &Block<'_>) -> Result<Vec<Plan>, ParsePlanError> {
    let read = match block.format {
        Format::Json => json::parse(&block.text),
        Format::Yaml => yaml::parse(&block.text),
        Format::Xml => xml::parse(&block.text),
        Format::Text => text::parse(&block.text, 1).map(|plan| vec![plan]),
    };
    let mut plans = read.map_err(|error| ParsePlanError { line: block.source_line(error.line), ..error })?;
    for plan in &mut plans {
        // auto_explain says the time of the statement in its log line only.
        plan.statement.execution_ms = plan.statement.execution_ms.or(block.duration_ms);
    }
    Ok(plans)
}

/// The plans in EXPLAIN's rows, which a client put into JSON.
fn in_rows(rows: &str) -> Result<Vec<Plan>, ParsePlanError> {
    let mut plans = Vec::new();
    for found in framing::find(rows) {
        if let Found::Block(block) = found {
            plans.extend(read(&block)?);
        }
    }
    Ok(plans)
}

fn no_plan(text: &str) -> ParsePlanError {
    let (place, line) = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty()).unwrap_or((0, ""));
    let expected = if line.trim_start().starts_with(['[', '{']) {
        "\"Plan\", as EXPLAIN (FORMAT JSON) prints it"
    } else {
        "a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML"
    };
    ParsePlanError::at(place + 1, 1, expected, line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_refused_unread() {
        let error = parse_at_most(10, "[{\"Plan\": {}}]").unwrap_err();
        assert_eq!(error.to_string(), "line 1, column 1: expected at most 10 bytes, found 14 bytes");
    }
}
