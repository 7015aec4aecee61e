//! A page as tables: what could not be measured, its numbers, the places of its selectors.

use std::io::{self, Write};

use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::page::Outcome;

use super::escape;
use crate::words::plural;

/// More places than this are counted; JSON has them all.
const SITES: usize = 10;

pub(super) fn write(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n<details><summary>{}</summary>", escape(page.name()))?;
    let said = said(page);
    if !said.is_empty() {
        writeln!(out)?;
    }
    for line in said {
        writeln!(out, "- {}", escape(&line))?;
    }
    metrics(page, out)?;
    selectors(page, out)?;
    writeln!(out, "\n</details>")
}

/// What a reader should know before the numbers.
fn said(page: &Page) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, outcome) in page.passes() {
        if let Outcome::Failed(ms, why) = outcome {
            lines.push(format!("could not measure {name}: {why} (after {})", Ms(ms)));
        }
    }
    lines.extend(page.capture.stopped.iter().map(|why| format!("the steps ended early: {why}")));
    lines.extend(page.capture.notes.iter().map(|note| format!("note: {note}")));
    lines
}

fn metrics(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    if page.metrics.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| number | value | in each run |\n|---|---:|---|")?;
    for (name, metric) in &page.metrics {
        let again = if metric.is_exact { "the same" } else { "differs" };
        writeln!(out, "| {name} | {} | {again} |", metric.value)?;
    }
    Ok(())
}

fn selectors(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let sites = &page.selector_sites;
    if sites.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| live selectors, by the place of their combiner | instances | combiner ran |\n|---|---:|---:|")?;
    for selectors in sites.iter().take(SITES) {
        let [live, ran] = [selectors.instances, selectors.recomputations].map(|count| grouped(count as f64));
        writeln!(out, "| {} | {live} | {ran} |", escape(&selectors.site.to_string()))?;
    }
    if sites.len() > SITES {
        let rest: u64 = sites[SITES..].iter().map(|selectors| selectors.instances).sum();
        writeln!(out, "| {} | {} | |", plural(sites.len() - SITES, "other place"), grouped(rest as f64))?;
    }
    Ok(())
}
