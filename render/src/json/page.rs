//! A page on the wire.

use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::Entries;
use perf_look_analyzers::web::page::{CssSelector, Metric, Outcome, SelectorSite};
use perf_look_analyzers::web::place::Site;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{List, share, thousandth};

pub(super) struct WirePage<'r>(pub(super) &'r Page);

impl Serialize for WirePage<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let page = self.0;
        let capture = &page.capture;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("id", &capture.name)?;
        map.serialize_entry("name", &capture.name)?;
        map.serialize_entry("kind", "page")?;
        map.serialize_entry("url", &capture.url)?;
        map.serialize_entry("browser", &capture.browser)?;
        map.serialize_entry("settings", &capture.settings)?;
        map.serialize_entry("notes", &capture.notes)?;
        map.serialize_entry("passes", &List(page.passes().into_iter().map(WirePass)))?;
        map.serialize_entry("metrics", &Metrics(page))?;
        map.serialize_entry("selector_sites", &List(page.selector_sites.iter().map(WireSelectors)))?;
        map.serialize_entry("css_selectors", &List(page.css_selectors.iter().map(WireCssSelector)))?;
        map.end()
    }
}

#[derive(Clone, Copy)]
struct WirePass<'r>((&'static str, Outcome<'r>));

impl Serialize for WirePass<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let (name, outcome) = self.0;
        let (status, ms, why) = match outcome {
            Outcome::NotRun => ("not-run", None, None),
            Outcome::Failed(ms, why) => ("could-not-measure", Some(ms), Some(why)),
            Outcome::Measured(ms, None) => ("measured", Some(ms), None),
            Outcome::Measured(ms, Some(why)) => ("approximate", Some(ms), Some(why)),
        };
        let mut map = json.serialize_map(Some(4))?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("status", status)?;
        map.serialize_entry("ms", &ms.map(thousandth))?;
        map.serialize_entry("why", &why)?;
        map.end()
    }
}

struct Metrics<'r>(&'r Page);

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_map(self.0.metrics.iter().map(|(name, metric)| (name, WireMetric(metric))))
    }
}

struct WireMetric<'r>(&'r Metric);

impl Serialize for WireMetric<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(Some(3))?;
        map.serialize_entry("value", &share(self.0.value.value()))?;
        map.serialize_entry("unit", self.0.value.unit())?;
        map.serialize_entry("exact", &self.0.is_exact)?;
        map.end()
    }
}

struct WireSelectors<'r>(&'r SelectorSite);

impl Serialize for WireSelectors<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let site = self.0;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("location", &WireSite(&site.site))?;
        map.serialize_entry("library", site.library)?;
        map.serialize_entry("combiner", &site.combiner)?;
        map.serialize_entry("instances", &site.instances)?;
        map.serialize_entry("recomputations", &site.recomputations)?;
        map.serialize_entry("dependency_recomputations", &site.dependency_recomputations)?;
        map.serialize_entry("step_recomputations", &site.step_recomputations)?;
        map.serialize_entry("step_dependency_recomputations", &site.step_dependency_recomputations)?;
        map.serialize_entry("single_use", &site.single_use)?;
        map.serialize_entry("cache_entries", &site.cache_entries.map(Entries::count))?;
        map.serialize_entry("cache_entries_are_all", &site.cache_entries.map(Entries::are_all))?;
        map.serialize_entry("churn", &site.churn)?;
        map.serialize_entry("growth_per_repeat", &site.growth().map(|growth| share(growth.per_repeat())))?;
        map.serialize_entry("series", &site.series)?;
        map.serialize_entry("retainers", &site.retainers)?;
        map.end()
    }
}

struct WireCssSelector<'r>(&'r CssSelector);

impl Serialize for WireCssSelector<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let found = self.0;
        let mut map = json.serialize_map(Some(7))?;
        map.serialize_entry("selector", &found.selector)?;
        map.serialize_entry("author", found.author.as_str())?;
        map.serialize_entry("location", &found.site.as_ref().map(WireSite))?;
        map.serialize_entry("match_attempts", &found.match_attempts)?;
        map.serialize_entry("match_count", &found.match_count)?;
        map.serialize_entry("fast_rejects", &found.fast_rejects)?;
        map.serialize_entry("elapsed_us", &found.elapsed_us)?;
        map.end()
    }
}

/// A place in words, and its parts.
struct WireSite<'r>(&'r Site);

impl Serialize for WireSite<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let site = self.0;
        let mut map = json.serialize_map(Some(6))?;
        map.serialize_entry("file", site.file())?;
        map.serialize_entry("line", &site.position().line)?;
        map.serialize_entry("column", &site.position().column)?;
        map.serialize_entry("function", &site.function())?;
        map.serialize_entry("url", &site.url)?;
        map.serialize_entry("generated", &[site.at.line, site.at.column])?;
        map.end()
    }
}
