//! The comparison of a page in `perf-look.comparison/1`.

use perf_look_analyzers::compare::PageDifference;
use perf_look_analyzers::compare::pages::{Certainty, MetricChange, Missing, Row, Things, is_exact};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::{Comparison, Finding};
use serde::Serialize;

use crate::json::{Number, thousandth};

#[derive(Serialize)]
pub(in crate::comparison) struct WirePage<'c> {
    before: Side<'c>,
    after: Side<'c>,
    verdict: String,
    exact_changes: usize,
    settings: Vec<WireSetting<'c>>,
    missing: Vec<WireMissing<'c>>,
    metrics: Vec<WireMetric>,
    counts: Vec<WireTable<'c>>,
    fixed: Vec<WireFinding<'c>>,
    new: Vec<WireFinding<'c>>,
    changed: Vec<Both<'c>>,
    unchanged: Vec<Both<'c>>,
    findings_only_before: Vec<WireFinding<'c>>,
    findings_only_after: Vec<WireFinding<'c>>,
}

#[derive(Serialize)]
struct Side<'c> {
    name: &'c str,
    url: &'c str,
    browser: &'c str,
}

#[derive(Serialize)]
struct WireSetting<'c> {
    name: &'c str,
    before: Option<&'c str>,
    after: Option<&'c str>,
}

#[derive(Serialize)]
struct WireMissing<'c> {
    what: &'static str,
    before: Option<&'c str>,
    after: Option<&'c str>,
}

#[derive(Serialize)]
struct WireMetric {
    name: &'static str,
    unit: &'static str,
    exact: bool,
    change: &'static str,
    before: Number,
    after: Number,
}

#[derive(Serialize)]
struct WireTable<'c> {
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    exact: bool,
    why_not_exact: Option<&'c str>,
    before: Number,
    after: Number,
    changed: Vec<WireRow<'c>>,
    unchanged: usize,
}

#[derive(Serialize)]
struct WireRow<'c> {
    identity: &'c str,
    name: &'c str,
    change: &'static str,
    before: Option<Number>,
    after: Option<Number>,
    location_before: Option<WirePlace<'c>>,
    location_after: Option<WirePlace<'c>>,
}

#[derive(Serialize)]
struct WirePlace<'c> {
    file: &'c str,
    line: u32,
    column: u32,
    function: Option<&'c str>,
}

#[derive(Serialize)]
struct WireFinding<'c> {
    rule: &'static str,
    severity: &'static str,
    headline: &'c str,
    exact: bool,
    location: Option<WirePlace<'c>>,
    fingerprint: &'c str,
}

#[derive(Serialize)]
struct Both<'c> {
    before: WireFinding<'c>,
    after: WireFinding<'c>,
}

impl<'c> WirePage<'c> {
    pub(in crate::comparison) fn of(comparison: &'c Comparison, difference: &'c PageDifference) -> Self {
        let (before, after) = comparison.both_pages(difference);
        let (was, is) = (&comparison.before.findings, &comparison.after.findings);
        let both = |pairs: &[(usize, usize)]| -> Vec<Both<'c>> {
            let both = |(old, new): &(usize, usize)| Both {
                before: WireFinding::of(&was[*old]),
                after: WireFinding::of(&is[*new]),
            };
            pairs.iter().map(both).collect()
        };
        Self {
            before: Side::of(before),
            after: Side::of(after),
            verdict: difference.verdict(),
            exact_changes: difference.exact_changes(),
            settings: difference.settings.iter().map(WireSetting::of).collect(),
            missing: difference.missing.iter().map(WireMissing::of).collect(),
            metrics: difference.metrics.iter().map(WireMetric::of).collect(),
            counts: difference.tables.iter().map(WireTable::of).collect(),
            fixed: difference.fixed.iter().map(|place| WireFinding::of(&was[*place])).collect(),
            new: difference.new.iter().map(|place| WireFinding::of(&is[*place])).collect(),
            changed: both(&difference.changed),
            unchanged: both(&difference.unchanged),
            findings_only_before: difference.only_before.iter().map(|place| WireFinding::of(&was[*place])).collect(),
            findings_only_after: difference.only_after.iter().map(|place| WireFinding::of(&is[*place])).collect(),
        }
    }
}

impl<'c> Side<'c> {
    fn of(page: &'c Page) -> Self {
        Self { name: page.name(), url: &page.capture.url, browser: &page.capture.browser }
    }
}

impl<'c> WireSetting<'c> {
    fn of(setting: &'c perf_look_analyzers::compare::Setting) -> Self {
        Self { name: &setting.name, before: setting.before.as_deref(), after: setting.after.as_deref() }
    }
}

impl<'c> WireMissing<'c> {
    fn of(missing: &'c Missing) -> Self {
        Self { what: missing.what, before: missing.before.as_deref(), after: missing.after.as_deref() }
    }
}

impl WireMetric {
    fn of(metric: &MetricChange) -> Self {
        Self {
            name: metric.name,
            unit: metric.after.unit(),
            exact: metric.is_exact,
            change: metric.fate().as_str(),
            before: thousandth(metric.before.value()),
            after: thousandth(metric.after.value()),
        }
    }
}

impl<'c> WireTable<'c> {
    fn of(table: &'c Things) -> Self {
        let (before, after) = table.totals();
        let changed: Vec<WireRow<'c>> = table.changed().map(WireRow::of).collect();
        Self {
            name: table.kind.name(),
            title: table.kind.title(),
            unit: table.kind.quantity(0.0).unit(),
            exact: table.is_exact(),
            why_not_exact: match &table.certainty {
                Certainty::Exact => None,
                Certainty::Varies(why) => Some(why),
            },
            before: thousandth(before),
            after: thousandth(after),
            unchanged: table.rows.len() - changed.len(),
            changed,
        }
    }
}

impl<'c> WireRow<'c> {
    fn of(row: &'c Row) -> Self {
        Self {
            identity: &row.identity,
            name: &row.name,
            change: row.fate().as_str(),
            before: row.before.map(thousandth),
            after: row.after.map(thousandth),
            location_before: row.site_before.as_ref().map(WirePlace::of),
            location_after: row.site_after.as_ref().map(WirePlace::of),
        }
    }
}

impl<'c> WirePlace<'c> {
    fn of(site: &'c Site) -> Self {
        let at = site.position();
        Self { file: site.file(), line: at.line, column: at.column, function: site.function() }
    }
}

impl<'c> WireFinding<'c> {
    fn of(finding: &'c Finding) -> Self {
        Self {
            rule: finding.rule.0,
            severity: finding.severity.as_str(),
            headline: &finding.headline,
            exact: is_exact(finding),
            location: finding.location.site().map(WirePlace::of),
            fingerprint: &finding.fingerprint,
        }
    }
}
