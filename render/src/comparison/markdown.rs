//! Markdown for a comment on a change: the verdict, the steps that changed, what else differs.

use std::io::{self, Write};

use perf_look_analyzers::Comparison;
use perf_look_analyzers::compare::{Change, Difference, Pair, signed};
use perf_look_analyzers::quantity::{Ms, grouped};

use crate::markdown::escape;

pub(super) fn render(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    for difference in &comparison.differences {
        statement(comparison, difference, out)?;
    }
    for difference in &comparison.pages {
        super::page::markdown(comparison, difference, out)?;
    }
    for line in super::unmatched(comparison) {
        writeln!(out, "- {}", escape(&line))?;
    }
    Ok(())
}

fn statement(comparison: &Comparison, difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### {}\n", escape(&super::names(comparison, difference)))?;
    writeln!(out, "{}\n", escape(&comparison.verdict(difference)))?;
    let most = super::most(comparison, difference).map_or(String::new(), |most| format!("; {most}"));
    writeln!(out, "{}{}\n", difference.changed(), escape(&most))?;
    let changed = |pair: &&Pair| pair.change != Change::Same || !pair.moved.is_empty();
    if difference.pairs.iter().any(|pair| changed(&pair)) {
        writeln!(
            out,
            "| | before | after | what changed | Δ self | rows | buffers |\n|---|---|---|---|---:|---:|---:|"
        )?;
    }
    for pair in difference.pairs.iter().filter(changed) {
        row(comparison, difference, pair, out)?;
    }
    writeln!(out)?;
    for outside in difference.outside.iter().filter(|outside| signed(outside.delta()) != signed(Ms::ZERO)) {
        let name = escape(&super::name_outside(outside));
        let shown = |own: Option<Ms>| own.map_or_else(|| "not there".to_owned(), |ms| ms.to_string());
        let (was, is) = (shown(outside.before), shown(outside.after));
        writeln!(out, "- {name}: {was} before, {is} after, {}", signed(outside.delta()))?;
    }
    for line in comparison.circumstances(difference) {
        writeln!(out, "- {}", escape(&line))?;
    }
    for (what, line) in super::findings(comparison, difference) {
        writeln!(out, "- **{what}** {}", escape(&line))?;
    }
    writeln!(out)
}

fn row(comparison: &Comparison, difference: &Difference, pair: &Pair, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = comparison.labels(difference, pair);
    let label = |label: Option<String>| label.map_or(String::new(), |label| escape(&label));
    let delta = comparison.delta(difference, pair).map_or("not timed".to_owned(), signed);
    let (was, is) = comparison.figures(difference, pair);
    let rows = both((was.rows.map(grouped), is.rows.map(grouped)));
    let buffers = both(super::blocks(&was, &is));
    let why = escape(&comparison.why(pair));
    let (mark, before, after) = (pair.mark(), label(before), label(after));
    writeln!(out, "| {mark} | {before} | {after} | {why} | {delta} | {rows} | {buffers} |")
}

/// One where both are the same.
fn both(shown: (Option<String>, Option<String>)) -> String {
    let there = |shown: Option<String>| shown.unwrap_or_else(|| "-".to_owned());
    match shown {
        (was, is) if was == is => is.unwrap_or_default(),
        (was, is) => format!("{} → {}", there(was), there(is)),
    }
}
