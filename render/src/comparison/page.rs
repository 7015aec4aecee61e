//! The comparison of a page: what all formats say of it alike. One file a format.

mod json;
mod markdown;
mod text;

pub(super) use json::WirePage;
pub(super) use markdown::render as markdown;
pub(super) use text::draw;

use perf_look_analyzers::compare::PageDifference;
use perf_look_analyzers::compare::pages::{Certainty, Fate, MetricChange, Things};
use perf_look_analyzers::quantity::{Ms, Quantity, grouped};

use crate::words::plural;

/// The numbers and tables that are alike in whether a difference of theirs is a change of the page.
pub(crate) struct Part<'c> {
    pub(crate) title: &'static str,
    /// Numbers that changed.
    pub(crate) metrics: Vec<&'c MetricChange>,
    /// How many numbers did not.
    pub(crate) steady: usize,
    pub(crate) tables: Vec<&'c Things>,
}

/// What is exact first.
pub(crate) fn parts(difference: &PageDifference) -> Vec<Part<'_>> {
    let titles = [
        (true, "the same in each run, so that a difference is a change of the page"),
        (false, "differs from run to run: to look at, not to judge by"),
    ];
    let part = |(is_exact, title): (bool, &'static str)| {
        let metrics: Vec<_> = difference.metrics.iter().filter(|metric| metric.is_exact == is_exact).collect();
        let all = metrics.len();
        let changed: Vec<_> = metrics.into_iter().filter(|metric| metric.fate() != Fate::Same).collect();
        let tables: Vec<_> = difference.tables.iter().filter(|table| table.is_exact() == is_exact).collect();
        Part { title, steady: all - changed.len(), metrics: changed, tables }
    };
    titles
        .into_iter()
        .map(part)
        .filter(|part| !part.metrics.is_empty() || part.steady + part.tables.len() > 0)
        .collect()
}

impl Part<'_> {
    /// What did not change, in a sentence; none where there is no such thing.
    pub(crate) fn unchanged(&self) -> Option<String> {
        let same = self.tables.iter().filter(|table| table.changed().next().is_none());
        let tables: Vec<&str> = same.map(|table| table.kind.title()).collect();
        let numbers = (self.steady > 0).then(|| plural(self.steady, "number"));
        let words: Vec<String> = numbers.into_iter().chain(tables.into_iter().map(str::to_owned)).collect();
        (!words.is_empty()).then(|| format!("unchanged: {}", words.join("; ")))
    }

    /// The tables in which something changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Things> {
        self.tables.iter().copied().filter(|table| table.changed().next().is_some())
    }
}

/// The heading of a table, with why its numbers vary.
pub(crate) fn heading(table: &Things) -> String {
    match &table.certainty {
        Certainty::Exact => table.kind.title().to_owned(),
        Certainty::Varies(why) => format!("{} ({why})", table.kind.title()),
    }
}

/// How much more a number is, in its unit: `+9,990`, `-12.3 ms`.
pub(crate) fn delta(metric: &MetricChange) -> String {
    let delta = metric.after.value() - metric.before.value();
    let sign = if delta > 0.0 { "+" } else { "-" };
    let size = delta.abs();
    let shown = match metric.before {
        Quantity::Time(_) => Ms(size).to_string(),
        Quantity::Bytes(_) => Quantity::Bytes(size).to_string(),
        Quantity::Score(_) => Quantity::Score(size).to_string(),
        _ => grouped(size),
    };
    format!("{sign}{shown}")
}

/// A number that may be missing.
pub(crate) fn shown(number: Option<Quantity>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// What stands below a table that has more rows than are shown, and rows that did not change.
pub(crate) fn rest(table: &Things, rows: usize) -> Vec<String> {
    let hidden: Vec<f64> = table.changed().skip(rows).map(perf_look_analyzers::compare::pages::Row::delta).collect();
    let same = table.rows.len() - table.changed().count();
    let more = (!hidden.is_empty()).then(|| {
        let together = table.kind.signed(hidden.iter().sum());
        format!("and {} that changed less, {together} together", plural(hidden.len(), "other"))
    });
    let same = (same > 0).then(|| format!("{} did not change", plural(same, "other")));
    more.into_iter().chain(same).collect()
}
