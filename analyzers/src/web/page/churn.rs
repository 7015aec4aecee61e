//! Selectors that are made and dropped during the steps.

use std::collections::BTreeMap;

use crate::web::place::{Position, Site};

use super::{Page, SelectorSite};

/// Selectors that one place made during the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Churn {
    /// Where their combiner stands, or the call that made them where that is not known.
    pub site: Site,
    /// How many were made while the steps ran once.
    pub made: u64,
    /// By how many those that live grew.
    pub grown: u64,
}

impl Churn {
    /// How many of them were dropped.
    pub fn dropped(&self) -> u64 {
        self.made.saturating_sub(self.grown)
    }
}

type Place<'a> = (&'a str, Position);

fn place(site: &Site) -> Place<'_> {
    (&site.url, site.at)
}

impl Page {
    /// By place, those that dropped most first; empty where selectors were not counted before and after the steps.
    pub fn selector_churn(&self) -> Vec<Churn> {
        let created = self.capture.counts.rows().map_or(&[][..], |counts| &counts.created);
        if self.capture.settings.steps.is_empty() || self.capture.census.rows().is_none() {
            return Vec::new();
        }
        let live: BTreeMap<Place<'_>, &SelectorSite> =
            self.selector_sites.iter().map(|site| (place(&site.site), site)).collect();
        let mut made: BTreeMap<Place<'_>, Churn> = BTreeMap::new();
        for row in created {
            let site = row.combiner.as_ref().unwrap_or(&row.site);
            // Of a site without a number after the steps nothing can be said.
            let Some(grown) = live.get(&place(site)).map_or(Some(0), |site| grown(&site.series)) else { continue };
            let fresh = || Churn { site: site.clone(), made: 0, grown };
            made.entry(place(site)).or_insert_with(fresh).made += row.count.steps;
        }
        let mut made: Vec<Churn> = made.into_values().collect();
        made.sort_by(|left, right| right.dropped().cmp(&left.dropped()).then_with(|| left.site.cmp(&right.site)));
        made
    }

    pub(super) fn fill_churn(&mut self) {
        for churn in self.selector_churn() {
            let same = |site: &&mut SelectorSite| place(&site.site) == place(&churn.site);
            if let Some(site) = self.selector_sites.iter_mut().find(same) {
                site.churn = Some(churn.dropped());
            }
        }
    }
}

/// By how many the first round of the steps made them more.
fn grown(series: &[u64]) -> Option<u64> {
    let [before, after, ..] = series else { return None };
    Some(after.saturating_sub(*before))
}
