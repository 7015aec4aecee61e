//! The rows of a comparison of two pages: findings, then what is the same in each run, then what varies.

use perf_look_analyzers::compare::pages::{Certainty, Fate, Row, Things};
use perf_look_analyzers::compare::{Comparison, PageDifference};
use perf_look_analyzers::quantity::{Ms, Quantity, grouped};
use perf_look_analyzers::web::place::Site;

use super::Kept;
use crate::theme::Role;

/// What changed, or did not, in one line. Not yet safe to show.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageRow {
    /// What became of it.
    pub(crate) fate: Fate,
    /// What it is one of: `live-selectors`, `number`, `finding`.
    pub(crate) kind: &'static str,
    /// In words.
    pub(crate) title: &'static str,
    /// Why its numbers vary; none where they are the same in each run.
    pub(crate) doubt: Option<String>,
    /// How much more, as it was, as it is; empty for findings.
    pub(crate) numbers: [String; 3],
    /// What it is and where.
    pub(crate) words: String,
    pub(crate) site_before: Option<Site>,
    pub(crate) site_after: Option<Site>,
    /// How it is drawn.
    pub(crate) role: Role,
}

/// Those that are kept, in the order of reports.
pub(super) fn rows(comparison: &Comparison, difference: &PageDifference, kept: Kept) -> Vec<PageRow> {
    let mut rows = findings(comparison, difference);
    for is_exact in [true, false] {
        let metrics = difference.metrics.iter().filter(|metric| metric.is_exact == is_exact);
        rows.extend(metrics.map(metric));
        for table in difference.tables.iter().filter(|table| table.is_exact() == is_exact) {
            rows.extend(table.rows.iter().map(|row| counted(table, row)));
        }
    }
    rows.retain(|row| match kept {
        Kept::All => true,
        Kept::Changed => row.fate != Fate::Same,
        Kept::Worse => matches!(row.fate, Fate::New | Fate::More),
    });
    rows
}

impl PageRow {
    /// Where it is, or where it was.
    pub(crate) fn site(&self) -> Option<&Site> {
        self.site_after.as_ref().or(self.site_before.as_ref())
    }
}

fn findings(comparison: &Comparison, difference: &PageDifference) -> Vec<PageRow> {
    let site = |report: &perf_look_analyzers::Report, place: usize| {
        report.findings.get(place).and_then(|finding| finding.location.site()).cloned()
    };
    let (before, after) = (&comparison.before, &comparison.after);
    // In the order of the sentences.
    let new = difference.new.iter().map(|place| (Fate::New, None, site(after, *place)));
    let fixed = difference.fixed.iter().map(|place| (Fate::Gone, site(before, *place), None));
    let changed = difference.changed.iter().map(|(old, new)| (Fate::More, site(before, *old), site(after, *new)));
    let only_before = difference.only_before.iter().map(|place| (Fate::Same, site(before, *place), None));
    let only_after = difference.only_after.iter().map(|place| (Fate::Same, None, site(after, *place)));
    let sites = new.chain(fixed).chain(changed).chain(only_before).chain(only_after);
    let sentences = comparison.findings_of_page(difference).into_iter();
    let row = |((what, words), (fate, site_before, site_after)): ((&str, String), _)| PageRow {
        fate,
        kind: "finding",
        title: "a finding",
        doubt: None,
        numbers: [what.to_owned(), String::new(), String::new()],
        words,
        site_before,
        site_after,
        role: match fate {
            Fate::New => Role::Error,
            Fate::Gone => Role::Good,
            Fate::More | Fate::Less | Fate::Same => Role::Text,
        },
    };
    sentences.zip(sites).map(row).collect()
}

fn metric(metric: &perf_look_analyzers::compare::pages::MetricChange) -> PageRow {
    let varies = "it differs from run to run".to_owned();
    let numbers = [delta(metric.before, metric.after), metric.before.to_string(), metric.after.to_string()];
    PageRow {
        fate: metric.fate(),
        kind: "number",
        title: "a number of the page",
        doubt: (!metric.is_exact).then_some(varies),
        numbers,
        words: metric.name.to_owned(),
        site_before: None,
        site_after: None,
        role: role(metric.is_exact, metric.fate()),
    }
}

fn delta(before: Quantity, after: Quantity) -> String {
    let delta = after.value() - before.value();
    let size = delta.abs();
    let shown = match before {
        Quantity::Time(_) => Ms(size).to_string(),
        Quantity::Bytes(_) => Quantity::Bytes(size).to_string(),
        Quantity::Score(_) => Quantity::Score(size).to_string(),
        _ => grouped(size),
    };
    match delta {
        delta if delta > 0.0 => format!("+{shown}"),
        delta if delta < 0.0 => format!("-{shown}"),
        _ => "0".to_owned(),
    }
}

fn counted(table: &Things, row: &Row) -> PageRow {
    let shown = |number: Option<f64>| number.map_or("-".to_owned(), |number| table.kind.quantity(number).to_string());
    PageRow {
        fate: row.fate(),
        kind: table.kind.name(),
        title: table.kind.title(),
        doubt: match &table.certainty {
            Certainty::Exact => None,
            Certainty::Varies(why) => Some(why.clone()),
        },
        numbers: [table.kind.signed(row.delta()), shown(row.before), shown(row.after)],
        words: row.words(),
        site_before: row.site_before.clone(),
        site_after: row.site_after.clone(),
        role: role(table.is_exact(), row.fate()),
    }
}

/// What varies stands back.
fn role(is_exact: bool, fate: Fate) -> Role {
    match fate {
        Fate::New | Fate::More if is_exact => Role::Warn,
        _ if is_exact && fate != Fate::Same => Role::Text,
        _ => Role::Faint,
    }
}
