//! A comparison as people and programs read it: one file a format.

mod json;
mod markdown;
pub(crate) mod page;
mod text;

use std::io::{self, Write};

use perf_look_analyzers::compare::{Difference, Figures, Outside, signed};
use perf_look_analyzers::{Comparison, Finding};

use crate::layout::blocks_as_bytes;
use crate::{Format, Style};

/// A format of comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonFormat {
    /// For a terminal.
    Text,
    /// `perf-look.comparison/1`, one document.
    Json,
    /// For a comment on a change.
    Markdown,
    /// A page in one file, for a browser.
    Html,
}

impl ComparisonFormat {
    /// The format of that name for reports, where comparisons have it.
    pub fn of(format: Format) -> Option<Self> {
        match format {
            Format::Text | Format::Plain => Some(Self::Text),
            Format::Json => Some(Self::Json),
            Format::Markdown => Some(Self::Markdown),
            Format::Html => Some(Self::Html),
            Format::Jsonl | Format::Github | Format::Gitlab | Format::Sarif | Format::Junit => None,
        }
    }
}

/// Writes a comparison.
pub fn render_comparison(
    comparison: &Comparison,
    format: ComparisonFormat,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ComparisonFormat::Text => text::render(comparison, style, out),
        ComparisonFormat::Json => json::render(comparison, out),
        ComparisonFormat::Markdown => markdown::render(comparison, out),
        ComparisonFormat::Html => crate::html::comparison::render(comparison, out),
    }
}

/// The JSON Schema of [`ComparisonFormat::Json`].
pub fn comparison_schema() -> &'static str {
    include_str!("comparison/comparison.schema.json")
}

/// `before.json → after.json`, or one name where both have the same.
pub(crate) fn names(comparison: &Comparison, difference: &Difference) -> String {
    let (before, after) = comparison.subjects(difference);
    if before.name == after.name { after.name.clone() } else { format!("{} → {}", before.name, after.name) }
}

/// What changed most by its own time, a step or a frame beside them: what it is, what changed, by how much.
pub(crate) fn most(comparison: &Comparison, difference: &Difference) -> Option<String> {
    let pair = comparison.largest(difference);
    let delta = pair.as_ref().and_then(|pair| comparison.delta(difference, pair)).unwrap_or_default();
    if let Some(outside) = difference.largest_outside().filter(|outside| outside.delta().0.abs() > delta.0.abs()) {
        return Some(format!("most of it: {}, {}", outside.name, signed(outside.delta())));
    }
    let pair = pair?;
    let why = comparison.why(&pair);
    let why = if why.is_empty() { String::new() } else { format!(", {why}") };
    let step = comparison.step(difference, &pair);
    Some(format!("most of it: {step}{why}, {}", signed(delta)))
}

/// The blocks of a step as bytes; none where neither side asked for any.
pub(crate) fn blocks(was: &Figures, is: &Figures) -> (Option<String>, Option<String>) {
    if was.blocks.unwrap_or(0.0) + is.blocks.unwrap_or(0.0) <= 0.0 {
        return (None, None);
    }
    (was.blocks.map(blocks_as_bytes), is.blocks.map(blocks_as_bytes))
}

/// The sign of a frame beside the nodes.
pub(crate) fn mark_outside(outside: &Outside) -> char {
    match (outside.before, outside.after) {
        (None, _) => '+',
        (_, None) => '-',
        _ => '=',
    }
}

/// `Planning, before execution`; the other frames are part of it.
pub(crate) fn name_outside(outside: &Outside) -> String {
    if outside.is_executed() { outside.name.clone() } else { format!("{}, before execution", outside.name) }
}

/// What became of the findings, a line each: `fixed`, `new` or `in both` before what it says.
pub(crate) fn findings(comparison: &Comparison, difference: &Difference) -> Vec<(&'static str, String)> {
    let (before, after) = (&comparison.before.findings, &comparison.after.findings);
    let line = |finding: &Finding| format!("{}: {}", finding.rule, finding.headline);
    let fixed = difference.fixed.iter().map(|place| ("fixed", line(&before[*place])));
    let new = difference.new.iter().map(|place| ("new", line(&after[*place])));
    let stake = |finding: &Finding| finding.impact.map_or_else(|| "could not tell".to_owned(), |ms| ms.to_string());
    let remaining = difference.remaining.iter().map(|(old, new)| {
        let (was, is) = (stake(&before[*old]), stake(&after[*new]));
        ("in both", format!("{}, at stake {was} before, {is} after", line(&after[*new])))
    });
    fixed.chain(new).chain(remaining).collect()
}

/// The statements and pages that only one side has, a sentence each.
pub(crate) fn unmatched(comparison: &Comparison) -> Vec<String> {
    let before =
        comparison.only_before.iter().map(|place| format!("only before: {}", comparison.before.subjects[*place].name));
    let after =
        comparison.only_after.iter().map(|place| format!("only after: {}", comparison.after.subjects[*place].name));
    let page = |pages: &[perf_look_analyzers::web::Page], places: &[usize], side: &str| -> Vec<String> {
        places.iter().map(|place| format!("only {side}: {}", pages[*place].name())).collect()
    };
    let pages_before = page(&comparison.before.pages, &comparison.pages_only_before, "before");
    let pages_after = page(&comparison.after.pages, &comparison.pages_only_after, "after");
    let unread = |side: &str, reject: &perf_look_analyzers::report::Reject| {
        format!("could not read ({side}): {}: {}", reject.source, reject.why)
    };
    let rejects = comparison.before.rejects.iter().map(|reject| unread("before", reject));
    let rejects = rejects.chain(comparison.after.rejects.iter().map(|reject| unread("after", reject)));
    before.chain(after).chain(pages_before).chain(pages_after).chain(rejects).collect()
}
