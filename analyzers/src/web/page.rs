//! A page: what follows from its capture.

use std::collections::BTreeMap;

use crate::quantity::Quantity;

use super::capture::{Entries, PageCapture, Pass, SelectorGroup, Timing};
use super::css;
use super::excerpt::Excerpt;
use super::place::Site;
use super::trace::Trace;

mod churn;
mod metrics;
mod sheets;

pub use churn::Churn;
pub use sheets::{Author, CssPlace, CssSelector};

/// A page that was judged: its capture, and what follows from that.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What was recorded.
    pub capture: PageCapture,
    /// Its numbers, by name: `selectors`, `dom-elements`.
    pub metrics: BTreeMap<&'static str, Metric>,
    /// Live selectors by factory site, most first.
    pub selector_sites: Vec<SelectorSite>,
    /// Its style sheets; none where they were not counted.
    pub css: Option<css::Census>,
    /// What matching each selector of a style sheet cost, most attempts first; empty where that was not measured.
    pub css_selectors: Vec<CssSelector>,
}

/// A number of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// The number.
    pub value: Quantity,
    /// Whether another run of the same page gives the same.
    pub is_exact: bool,
}

/// All live selectors of one site, over frames and workers.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectorSite {
    /// Where the combiner stands.
    pub site: Site,
    /// The combiner's text.
    pub combiner: String,
    /// The library that made them.
    pub library: &'static str,
    /// How many live at the end.
    pub instances: u64,
    /// How many lived after loading, and after each repeat.
    pub series: Vec<u64>,
    /// How often their combiners ran.
    pub recomputations: u64,
    /// How often their arguments changed; none where the library does not count it.
    pub dependency_recomputations: Option<u64>,
    /// How often their combiners ran during the steps.
    pub step_recomputations: Option<u64>,
    /// How often their arguments changed during the steps.
    pub step_dependency_recomputations: Option<u64>,
    /// Of the instances those that ran at most once.
    pub single_use: u64,
    /// Results that their caches keep; none where these could not be looked into.
    pub cache_entries: Option<Entries>,
    /// Made and dropped during the steps; none where that was not counted.
    pub churn: Option<u64>,
    /// What keeps one alive.
    pub retainers: Vec<String>,
}

impl Page {
    /// What follows from a capture.
    pub fn of(capture: PageCapture) -> Self {
        let selector_sites = selector_sites(&capture);
        let css = capture.counts.rows().map(sheets::census);
        let css_selectors = capture.selector_stats.rows().map(sheets::selectors).unwrap_or_default();
        let metrics = metrics::of(&capture, &selector_sites, css.as_ref(), &css_selectors);
        let mut page = Self { capture, metrics, selector_sites, css, css_selectors };
        page.fill_churn();
        page
    }

    /// The name of its capture.
    pub fn name(&self) -> &str {
        &self.capture.name
    }

    /// Whether all that was asked for was measured.
    pub fn is_whole(&self) -> bool {
        let failed = |(_, outcome): &(_, Outcome<'_>)| matches!(outcome, Outcome::Failed(..));
        self.capture.stopped.is_none() && !self.passes().iter().any(failed)
    }

    /// The code around a site, and in which of its lines, from 0, the site is; none where it was not kept.
    pub fn excerpt(&self, site: &Site) -> Option<(&Excerpt, usize)> {
        Excerpt::find(&self.capture.sources, site)
    }

    /// The passes in the order of a run: name, how it went.
    pub fn passes(&self) -> Vec<(&'static str, Outcome<'_>)> {
        let capture = &self.capture;
        vec![
            ("timing", outcome(&capture.timing)),
            ("counts", outcome(&capture.counts)),
            ("selector-stats", outcome(&capture.selector_stats)),
            ("invalidation", outcome(&capture.invalidation)),
            ("census", outcome(&capture.census)),
        ]
    }

    /// The trace that stands for the page: that of the run in the middle.
    pub fn trace(&self) -> Option<&Trace> {
        let runs = &self.capture.timing.rows()?.runs;
        runs.get(Timing::middle(runs)?)
    }
}

/// How a pass went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome<'a> {
    /// Nothing asked for it.
    NotRun,
    /// It could not be measured: after how many ms, and why.
    Failed(f64, &'a str),
    /// It took so many ms; its counts may differ from run to run for this reason.
    Measured(f64, Option<&'a str>),
}

fn outcome<T>(pass: &Pass<T>) -> Outcome<'_> {
    match pass {
        Pass::NotRun => Outcome::NotRun,
        Pass::Failed { ms, why } => Outcome::Failed(*ms, why),
        Pass::Measured { ms, doubt, .. } => Outcome::Measured(*ms, doubt.as_deref()),
    }
}

/// Sites in all realms together: a factory in a bundle that two frames load is one factory.
fn selector_sites(capture: &PageCapture) -> Vec<SelectorSite> {
    let groups = capture.census.rows().map_or(&[][..], |census| &census.selectors);
    let mut sites: BTreeMap<&Site, SelectorSite> = BTreeMap::new();
    for group in groups {
        match sites.get_mut(&group.site) {
            Some(site) => site.add(group),
            None => {
                sites.insert(&group.site, SelectorSite::of(group));
            }
        }
    }
    let mut sites: Vec<SelectorSite> = sites.into_values().collect();
    sites.sort_by(|left, right| right.instances.cmp(&left.instances).then_with(|| left.site.cmp(&right.site)));
    sites
}

impl SelectorSite {
    fn of(group: &SelectorGroup) -> Self {
        Self {
            site: group.site.clone(),
            combiner: group.combiner.clone(),
            library: group.library.as_str(),
            instances: group.instances.last().copied().unwrap_or(0),
            series: group.instances.clone(),
            recomputations: group.recomputations,
            dependency_recomputations: group.dependency_recomputations,
            step_recomputations: group.step_recomputations,
            step_dependency_recomputations: group.step_dependency_recomputations,
            single_use: group.single_use,
            cache_entries: group.cache_entries,
            churn: None,
            retainers: group.retainers.clone(),
        }
    }

    fn add(&mut self, group: &SelectorGroup) {
        self.instances += group.instances.last().copied().unwrap_or(0);
        for (place, count) in group.instances.iter().enumerate() {
            match self.series.get_mut(place) {
                Some(sum) => *sum += count,
                None => self.series.push(*count),
            }
        }
        self.recomputations += group.recomputations;
        self.dependency_recomputations = sum(self.dependency_recomputations, group.dependency_recomputations);
        self.step_recomputations = sum(self.step_recomputations, group.step_recomputations);
        self.step_dependency_recomputations =
            sum(self.step_dependency_recomputations, group.step_dependency_recomputations);
        self.single_use += group.single_use;
        self.cache_entries = Entries::sum(self.cache_entries, group.cache_entries);
        if self.retainers.is_empty() {
            self.retainers.clone_from(&group.retainers);
        }
    }

    /// By how many they grow with each repeat of the steps: the same number each time, or not steadily.
    pub fn growth(&self) -> Option<Growth> {
        growth(&self.series)
    }
}

fn sum(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    Some(left? + right?)
}

/// How a number grows over repeats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// By the same number with each repeat, from the first or second on.
    Steady(u64),
    /// The median of the slopes between all pairs of repeats (Theil 1950, Sen 1968).
    Irregular(f64),
}

impl Growth {
    /// By how many with each repeat.
    pub fn per_repeat(self) -> f64 {
        match self {
            Self::Steady(step) => step as f64,
            Self::Irregular(slope) => slope,
        }
    }
}

/// How a series grows: its first number is before the first repeat. None where it does not, or with fewer than two
/// repeats, which tell nothing.
pub fn growth(series: &[u64]) -> Option<Growth> {
    let [first, .., last] = series else { return None };
    if series.len() < 3 || last <= first {
        return None;
    }
    // The first repeat warms up: what it makes once is not a leak.
    let steps: Vec<i128> = series[1..].windows(2).map(|pair| i128::from(pair[1]) - i128::from(pair[0])).collect();
    if let Some(step) = steps.first().filter(|step| steps.iter().all(|other| other == *step)) {
        return u64::try_from(*step).ok().filter(|step| *step > 0).map(Growth::Steady);
    }
    let slope = theil_sen(&series[1..]);
    (slope > 0.0).then_some(Growth::Irregular(slope))
}

/// The median slope between all pairs of points, one apart each.
pub fn theil_sen(series: &[u64]) -> f64 {
    let mut slopes = Vec::new();
    for (left, low) in series.iter().enumerate() {
        for (right, high) in series.iter().enumerate().skip(left + 1) {
            slopes.push((*high as f64 - *low as f64) / (right - left) as f64);
        }
    }
    slopes.sort_by(f64::total_cmp);
    match slopes.len() {
        0 => 0.0,
        n if n % 2 == 1 => slopes[n / 2],
        n => f64::midpoint(slopes[n / 2 - 1], slopes[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_grows_by_the_same_number_each_time() {
        assert_eq!(growth(&[10, 15, 20, 25]), Some(Growth::Steady(5)));
        assert_eq!(growth(&[10, 20, 20, 20]), None);
        assert_eq!(growth(&[10, 10, 10]), None);
        assert_eq!(growth(&[10, 11]), None);
        assert_eq!(growth(&[1, 2, 4, 8]), Some(Growth::Irregular(3.0)));
    }
}
