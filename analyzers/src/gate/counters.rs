//! What is counted of a target, by name, and how far a count can be trusted.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::postgres::counters::Counters;
use crate::postgres::plan::{Plan, PlanNode};
use crate::quantity::{Interval, Quantity};
use crate::web::Page;

/// The version of [`work`]. A baseline of another one does not compare it.
pub const WORK_MODEL: u32 = 1;

/// A count of a target, measured twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Counter {
    /// The count; of two that differ the smaller one, so that what is worse was worse both times.
    pub value: f64,
    /// How far the two measurements were apart.
    pub spread: f64,
    /// What it counts, in words: `rows processed`.
    pub what: String,
    /// `rows`, `blocks`, `bytes`; empty for plain numbers.
    pub unit: &'static str,
    /// The node or the code that it belongs to; none for the whole target.
    pub place: Option<String>,
}

/// Counters by name, in one order.
pub type Counted = BTreeMap<String, Counter>;

/// Units of work: a row that was processed is 1, a block that was asked for 4, a block of a temporary file 20.
///
/// Of the candidates that were tried, the one that says best which of two plans of a statement takes more processor time.
pub fn work(rows: f64, blocks: f64, temp_blocks: f64) -> f64 {
    rows + 4.0 * blocks + 20.0 * temp_blocks
}

/// Rows that a node handled: those it gave and those it threw away, all loops together.
pub fn rows_processed(node: &PlanNode) -> f64 {
    let removed = node.properties.iter().filter(|property| property.name.starts_with("Rows Removed by "));
    let removed: f64 = removed.filter_map(|property| node.rows_of(&property.name)).map(Interval::mid).sum();
    node.rows().map_or(0.0, Interval::mid) + removed
}

/// The counts of one run of a statement. Empty where it was only planned, but for its cost.
pub(super) fn of_plan(plan: &Plan) -> Counted {
    let mut counted = Counted::new();
    let mut put = |name: &str, what: &str, unit, value: f64| {
        let found = Counter { value, spread: 0.0, what: what.to_owned(), unit, place: None };
        counted.insert(name.to_owned(), found);
    };
    if let Some(estimate) = plan.root().estimate {
        put("cost", "the planner's cost", "", estimate.total_cost);
    }
    if !plan.is_analyzed() {
        return counted;
    }
    let rows: f64 = plan.nodes().iter().map(rows_processed).sum();
    put("rows_processed", "rows processed", "rows", rows);
    put("heap_fetches", "heap fetches", "", sum(plan, "Heap Fetches"));
    put("batches", "batches of hashes", "", sum(plan, "Hash Batches"));
    if plan.has_counters() {
        let zero = Counters::ZERO;
        let root = plan.root().counters.as_deref().unwrap_or(&zero);
        put("blocks", "blocks asked for", "blocks", root.touched_blocks());
        put("temp_blocks", "blocks of temporary files", "blocks", root.temp_blocks());
        put("work", "units of work", "", work(rows, root.touched_blocks(), root.temp_blocks()));
    }
    if let Some((ratio, node)) = worst_estimate(plan) {
        let label = format!("#{} {}", node.id.number(), node.label());
        let what = "times that the worst estimate is wrong by".to_owned();
        let found = Counter { value: ratio, spread: 0.0, what, unit: "", place: Some(label) };
        counted.insert("q_error".to_owned(), found);
    }
    counted
}

fn sum(plan: &Plan, property: &str) -> f64 {
    plan.nodes().iter().filter_map(|node| node.number(property)).sum()
}

/// Rows that an estimate has to be wrong by to matter.
const ROWS_THAT_MATTER: f64 = 1_000.0;

/// The estimate that is wrong by most, as a ratio of 1 and up (Moerkotte, Neumann and Steidl 2009: the q-error), of those
/// that are wrong by many rows.
fn worst_estimate(plan: &Plan) -> Option<(f64, &PlanNode)> {
    let errors = plan.nodes().iter().filter_map(|node| {
        let (expected, rows) = (node.expected_rows()?, node.rows()?.mid());
        let (more, less) = (expected.max(rows), expected.min(rows).max(1.0));
        (more - less >= ROWS_THAT_MATTER).then_some((more / less, node))
    });
    errors.max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.id.cmp(&left.1.id)))
}

/// The counts of one visit of a page: those that another visit repeats, of the whole page and of each site.
pub(super) fn of_page(page: &Page) -> Counted {
    let mut counted = Counted::new();
    for (name, metric) in page.metrics.iter().filter(|(name, metric)| metric.is_exact || is_near(name)) {
        let unit = match metric.value {
            Quantity::Bytes(_) => "bytes",
            _ => "",
        };
        let found = Counter { value: metric.value.value(), spread: 0.0, what: words(name), unit, place: None };
        counted.insert((*name).to_owned(), found);
    }
    for site in &page.selector_sites {
        let name = format!("selectors at {}", site_name(&site.site));
        add(&mut counted, name, site.instances, "live selectors of one factory", &site.site);
    }
    for created in page.capture.counts.rows().map_or(&[][..], |counts| &counts.created) {
        let name = format!("selectors-created at {}", site_name(&created.site));
        add(&mut counted, name, created.count.total(), "selectors made at one place", &created.site);
    }
    for site in page.capture.counts.rows().map_or(&[][..], |counts| &counts.queries) {
        let name = format!("dom-queries at {}", site_name(&site.site));
        add(&mut counted, name, site.calls.total(), "queries of the document from one place", &site.site);
    }
    counted
}

/// How often an element was held against a selector of the page.
pub const MATCH_ATTEMPTS: &str = "match-attempts";
/// Calls of functions.
pub const SCRIPT_CALLS: &str = "js-calls";
/// Bodies of functions and of loops that were entered.
pub const SCRIPT_BLOCKS: &str = "js-blocks";

/// A count of the whole page, as sentences call it.
fn words(name: &str) -> String {
    match name {
        MATCH_ATTEMPTS => "attempts to match selectors".to_owned(),
        SCRIPT_CALLS => "calls of functions".to_owned(),
        SCRIPT_BLOCKS => "runs of functions and of loops".to_owned(),
        _ => name.replace('-', " "),
    }
}

/// Counts of what is done with the things that a page has: they grow with these, and each new line of code adds a few.
pub(super) fn is_work(name: &str) -> bool {
    matches!(name, MATCH_ATTEMPTS | SCRIPT_CALLS | SCRIPT_BLOCKS)
}

/// Counts that vary by one, which the limit on them allows for.
pub(super) fn is_near(name: &str) -> bool {
    matches!(name, "layouts" | "style-recalcs" | "forced-layouts")
}

fn add(counted: &mut Counted, name: String, value: u64, what: &str, site: &crate::web::place::Site) {
    let fresh = || Counter { value: 0.0, spread: 0.0, what: what.to_owned(), unit: "", place: Some(site.to_string()) };
    counted.entry(name).or_insert_with(fresh).value += value as f64;
}

/// A site by what a build does not change: the file without host and the digest in its name, and the function.
pub(super) fn site_name(site: &crate::web::place::Site) -> String {
    let file = path_of(site.file());
    match site.function() {
        Some(function) => format!("{file} {function}"),
        None => file.to_owned(),
    }
}

/// An address without scheme, host and query.
pub(super) fn path_of(address: &str) -> &str {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    path.split(['?', '#']).next().unwrap_or(path)
}

/// Two measurements as one: what only one of them has is zero in the other.
pub(super) fn together(first: Counted, second: &Counted) -> Counted {
    let mut both = first;
    for (name, counter) in second {
        both.entry(name.clone()).or_insert_with(|| Counter { value: 0.0, ..counter.clone() });
    }
    for (name, counter) in &mut both {
        let other = second.get(name).map_or(0.0, |other| other.value);
        counter.spread = (counter.value - other).abs();
        counter.value = counter.value.min(other);
    }
    both
}

/// Whether a finding rests on counts alone, which another run repeats.
pub(super) fn is_counted(finding: &Finding) -> bool {
    crate::rule::rule(finding.rule.0).is_some_and(|rule| match rule.check {
        crate::rule::Check::Plan(..) => true,
        crate::rule::Check::Page(needs, _) => !needs.contains(&crate::web::Need::Timing),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_measurements_that_differ_the_smaller_counts() {
        let one = |value| {
            let counter = Counter { value, spread: 0.0, what: String::new(), unit: "", place: None };
            Counted::from([("a".to_owned(), counter)])
        };
        let both = together(one(5.0), &one(7.0));
        assert_eq!((both["a"].value, both["a"].spread), (5.0, 2.0));
        let gone = together(one(5.0), &Counted::new());
        assert_eq!((gone["a"].value, gone["a"].spread), (0.0, 5.0));
    }

    #[test]
    fn an_address_is_known_by_its_path() {
        assert_eq!(path_of("http://127.0.0.1:4173/assets/app.js?v=1"), "assets/app.js");
        assert_eq!(path_of("src/app/bad.jsx"), "src/app/bad.jsx");
    }
}
