//! Two captures of a page side by side: what was counted in both, thing by thing, and which findings came and went.
//!
//! What was counted is kept apart from what was timed. A count that is [`Certainty::Exact`] is the same in each run of
//! the same page, so any difference of it is a change of the page. What [`Certainty::Varies`] is shown and says no more
//! than that: times are of one machine, and to judge them takes more runs than a capture has.

mod address;
mod counted;
mod found;
mod kind;
mod pairing;
mod sampled;
mod thing;
mod words;

use std::collections::BTreeSet;

pub(crate) use address::Addresses;
pub use kind::Kind;
pub(crate) use pairing::pairs;

use super::context::Setting;
use crate::finding::Finding;
use crate::quantity::{Quantity, grouped};
use crate::report::Report;
use crate::rule::{Check, rule};
use crate::web::Page;
use crate::web::capture::PageCapture;
use crate::web::page::Metric;
use crate::web::place::Site;
use thing::Thing;

/// What became of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct PageDifference {
    /// The index of the page before.
    pub before: usize,
    /// The index of the page after.
    pub after: usize,
    /// How they were measured, where that is not the same. Then a count can differ though the page is the same.
    pub settings: Vec<Setting>,
    /// What one of them has not measured, so that it is not compared.
    pub missing: Vec<Missing>,
    /// The numbers that both have: exact ones first, of each kind those first that changed by the largest part.
    pub metrics: Vec<MetricChange>,
    /// What was counted by place, a table a kind, in the order of [`Kind::ALL`]; without what neither has.
    pub tables: Vec<Things>,
    /// Findings that are gone: indices into the report before.
    pub fixed: Vec<usize>,
    /// Findings that were not there: indices into the report after.
    pub new: Vec<usize>,
    /// Findings that are in both and say something else: indices into the reports before and after.
    pub changed: Vec<(usize, usize)>,
    /// Findings that are in both and say the same.
    pub unchanged: Vec<(usize, usize)>,
    /// Findings before whose rule could not look after: nobody knows whether they are gone.
    pub only_before: Vec<usize>,
    /// Findings after whose rule could not look before: nobody knows whether they are new.
    pub only_after: Vec<usize>,
}

/// A pass, or a number of a pass that ran, that is in one capture only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `counts`, `census`, `interaction-to-next-paint`.
    pub what: &'static str,
    /// Why it is not in the capture before; none where it is.
    pub before: Option<String>,
    /// See `before`.
    pub after: Option<String>,
}

/// Whether a difference is a change of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certainty {
    /// Each run of the same page gives the same: a difference is a change.
    Exact,
    /// Runs of the same page differ, for this reason: a difference may be none.
    Varies(String),
}

/// A number of the page before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricChange {
    /// As in [`Page::metrics`]: `dom-elements`.
    pub name: &'static str,
    /// As it was.
    pub before: Quantity,
    /// As it is.
    pub after: Quantity,
    /// Whether each run of the same page gives the same; on both sides.
    pub is_exact: bool,
}

/// What was counted of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Things {
    /// What the numbers are.
    pub kind: Kind,
    /// Whether they are the same in each run.
    pub certainty: Certainty,
    /// All of both captures, those first that changed most; what did not change by the larger number.
    pub rows: Vec<Row>,
}

/// A thing before and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is known by, unique in its table. A place is its file without the host, and its function; a selector has
    /// a hash of its combiner's text too. Not the line: code that moved is the same.
    pub identity: String,
    /// What it is, in words: `querySelectorAll`, `.card > b`; empty where the place says it all.
    pub name: String,
    /// Where it was.
    pub site_before: Option<Site>,
    /// Where it is.
    pub site_after: Option<Site>,
    /// How many, how much or how long, in the unit of [`Kind::quantity`]; none where it was not there.
    pub before: Option<f64>,
    /// See `before`; none where it is gone.
    pub after: Option<f64>,
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
    /// More than before.
    More,
    /// Less than before.
    Less,
    /// The same.
    Same,
}

impl Fate {
    /// Of a number that was and is.
    pub fn of(before: Option<f64>, after: Option<f64>) -> Self {
        match (before, after) {
            (None, Some(_)) => Self::New,
            (Some(_), None) => Self::Gone,
            (Some(was), Some(is)) if was < is => Self::More,
            (Some(was), Some(is)) if was > is => Self::Less,
            _ => Self::Same,
        }
    }

    /// One character, so that colour is not the only sign.
    pub fn mark(self) -> char {
        match self {
            Self::New => '+',
            Self::Gone => '-',
            Self::More | Self::Less => '~',
            Self::Same => '=',
        }
    }

    /// The word of every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::More => "more",
            Self::Less => "less",
            Self::Same => "same",
        }
    }
}

impl Row {
    /// What became of it.
    pub fn fate(&self) -> Fate {
        Fate::of(self.before, self.after)
    }

    /// How much more it is; what is not there is nothing.
    pub fn delta(&self) -> f64 {
        self.after.unwrap_or(0.0) - self.before.unwrap_or(0.0)
    }

    /// Where it is, or where it was.
    pub fn site(&self) -> Option<&Site> {
        self.site_after.as_ref().or(self.site_before.as_ref())
    }

    /// What it is and where: `querySelectorAll at src/list.js:12:3 draw`.
    pub fn words(&self) -> String {
        match (self.name.as_str(), self.site()) {
            (name, None) => name.to_owned(),
            ("", Some(site)) => place(site),
            (name, Some(site)) => format!("{name} at {}", place(site)),
        }
    }
}

/// Without the host, which says nothing here.
fn place(site: &Site) -> String {
    let words = site.to_string();
    let url = site.file();
    words.strip_prefix(url).map_or_else(|| words.clone(), |rest| format!("{}{rest}", address::without_host(url)))
}

impl Things {
    /// Those that changed, most first.
    pub fn changed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().take_while(|row| row.fate() != Fate::Same)
    }

    /// All of them together, before and after.
    pub fn totals(&self) -> (f64, f64) {
        let sum = |of: fn(&Row) -> Option<f64>| self.rows.iter().filter_map(of).sum();
        (sum(|row| row.before), sum(|row| row.after))
    }

    /// Whether a difference is a change of the page.
    pub fn is_exact(&self) -> bool {
        self.certainty == Certainty::Exact
    }
}

impl MetricChange {
    /// What became of it.
    pub fn fate(&self) -> Fate {
        Fate::of(Some(self.before.value()), Some(self.after.value()))
    }

    /// Its change as a part of the larger number, 0 to 1.
    fn share(&self) -> f64 {
        let (was, is) = (self.before.value(), self.after.value());
        let larger = was.abs().max(is.abs());
        if larger > 0.0 { (is - was).abs() / larger } else { 0.0 }
    }
}

impl PageDifference {
    pub(super) fn of((before, old): (&Report, usize), (after, new): (&Report, usize)) -> Self {
        let (was, is) = (&before.pages[old], &after.pages[new]);
        let found = found::compare((before, old), (after, new));
        let mut tables = counted::tables(was, is);
        tables.extend(sampled::tables(was, is));
        tables.retain(|table| !table.rows.is_empty());
        tables.sort_by_key(|table| table.kind);
        Self {
            before: old,
            after: new,
            settings: settings(&was.capture, &is.capture),
            missing: missing(was, is),
            metrics: metrics(was, is),
            tables,
            fixed: found.gone,
            new: found.come,
            changed: found.changed,
            unchanged: found.unchanged,
            only_before: found.only_before,
            only_after: found.only_after,
        }
    }

    /// The table of a kind; none where neither has any of it, or one has not counted it.
    pub fn table(&self, kind: Kind) -> Option<&Things> {
        self.tables.iter().find(|table| table.kind == kind)
    }

    /// How many exact numbers and places changed.
    pub fn exact_changes(&self) -> usize {
        let metrics = self.metrics.iter().filter(|metric| metric.is_exact && metric.fate() != Fate::Same).count();
        let rows = self.tables.iter().filter(|table| table.is_exact()).map(|table| table.changed().count());
        metrics + rows.sum::<usize>()
    }

    /// What it came to, in words.
    pub fn verdict(&self) -> String {
        if self.metrics.is_empty() && self.tables.is_empty() {
            return "nothing was measured in both".to_owned();
        }
        let counts = match self.exact_changes() {
            0 if !self.has_exact() => "no exact count is in both".to_owned(),
            0 => "no exact count changed".to_owned(),
            1 => "1 exact count changed".to_owned(),
            n => format!("{} exact counts changed", grouped(n as f64)),
        };
        let measured = if self.settings.is_empty() { "" } else { "; they were not measured in the same way" };
        let mut found: Vec<String> = Vec::new();
        for (count, words) in [(self.fixed.len(), "fixed"), (self.new.len(), "new"), (self.changed.len(), "changed")] {
            if count > 0 {
                found.push(format!("{count} {words}"));
            }
        }
        let found = if found.is_empty() { "none changed".to_owned() } else { found.join(", ") };
        format!("{counts}{measured}; findings: {found}")
    }

    fn has_exact(&self) -> bool {
        self.metrics.iter().any(|metric| metric.is_exact) || self.tables.iter().any(Things::is_exact)
    }
}

/// Whether a finding follows from what is the same in each run of the same page.
pub fn is_exact(finding: &Finding) -> bool {
    let Some(Check::Page(needs, _)) = rule(finding.rule.0).map(|rule| rule.check) else { return false };
    needs.iter().all(|need| need.is_exact())
}

/// Which pages are one: one and one always are, else the same name, else the same address without its host.
pub(super) fn counterparts(before: &[Page], after: &[Page]) -> Vec<(usize, usize)> {
    let things = |pages: &[Page]| -> Vec<Thing> {
        let thing =
            |page: &Page| Thing::named(page.name()).or_known_as(address::without_host(&page.capture.url).to_owned());
        pages.iter().map(thing).collect()
    };
    if let ([_], [_]) = (before, after) {
        return vec![(0, 0)];
    }
    let pairs = pairs(&things(before), &things(after)).into_iter();
    let mut found: Vec<(usize, usize)> = pairs.filter_map(|(old, new)| old.zip(new)).collect();
    found.sort_by_key(|(_, new)| *new);
    found
}

fn metrics(before: &Page, after: &Page) -> Vec<MetricChange> {
    let of = |(name, was): (&&'static str, &Metric)| {
        let is = after.metrics.get(name)?;
        let is_exact = was.is_exact && is.is_exact;
        Some(MetricChange { name, before: was.value, after: is.value, is_exact })
    };
    let mut metrics: Vec<MetricChange> = before.metrics.iter().filter_map(of).collect();
    metrics.sort_by(|left, right| {
        let exact_first = right.is_exact.cmp(&left.is_exact);
        exact_first.then(right.share().total_cmp(&left.share())).then(left.name.cmp(right.name))
    });
    metrics
}

/// What both have measured is not listed, nor what neither was asked for.
fn missing(before: &Page, after: &Page) -> Vec<Missing> {
    let both = passes(&before.capture).into_iter().zip(passes(&after.capture));
    let passes = both.map(|((what, before), (_, after))| Missing { what, before, after });
    let mut missing: Vec<Missing> =
        passes.filter(|missing| missing.before.is_some() != missing.after.is_some()).collect();
    let is_whole = missing.is_empty();
    missing.extend(numbers_of_one(before, after).into_iter().filter(|_| is_whole));
    missing
}

fn passes(capture: &PageCapture) -> [(&'static str, Option<String>); 5] {
    [
        ("timing", capture.timing.why_not()),
        ("counts", capture.counts.why_not()),
        ("selector-stats", capture.selector_stats.why_not()),
        ("invalidation", capture.invalidation.why_not()),
        ("census", capture.census.why_not()),
    ]
}

/// A number can be missing though its pass ran: nothing was painted, nobody clicked.
fn numbers_of_one(before: &Page, after: &Page) -> Vec<Missing> {
    let why = |page: &Page, what| (!page.metrics.contains_key(what)).then(|| "there is no such number".to_owned());
    let names: BTreeSet<&'static str> = before.metrics.keys().chain(after.metrics.keys()).copied().collect();
    let each = names.into_iter().map(|what| Missing { what, before: why(before, what), after: why(after, what) });
    each.filter(|missing| missing.before.is_some() || missing.after.is_some()).collect()
}

fn settings(before: &PageCapture, after: &PageCapture) -> Vec<Setting> {
    let both = said(before).into_iter().zip(said(after));
    let settings =
        both.map(|((name, was), (_, is))| Setting { name: name.to_owned(), before: Some(was), after: Some(is) });
    settings.filter(|setting| setting.before != setting.after).collect()
}

fn said(capture: &PageCapture) -> [(&'static str, String); 8] {
    let settings = &capture.settings;
    let (width, height) = settings.viewport;
    [
        ("browser", capture.browser.clone()),
        ("viewport", format!("{width}x{height}")),
        ("cpu-throttle", grouped(settings.cpu_throttle)),
        ("cpus", settings.cpus.to_string()),
        ("offline", if settings.offline { "yes" } else { "no" }.to_owned()),
        ("timing-runs", settings.timing_runs.to_string()),
        ("repeats", settings.repeats.to_string()),
        ("steps", if settings.steps.is_empty() { "none".to_owned() } else { settings.steps.join("; ") }),
    ]
}
