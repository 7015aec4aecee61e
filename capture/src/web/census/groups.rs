//! Selectors by realm and site, from the rows of each realm.

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::{Entries, Library, SelectorGroup};
use perf_look_analyzers::web::page::growth;
use perf_look_analyzers::web::place::{Position, Site};

use super::realm::{Location, Row};
use crate::browser::Context;
use crate::web::sources::{Code, Sources};

/// All groups that were found so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    found: BTreeMap<Key, SelectorGroup>,
    /// Session and place of the combiner, of each group that has one.
    places: BTreeMap<Key, (String, Location)>,
    /// How many counts there were before this one.
    before: usize,
}

/// What a realm has, with the place of each combiner.
type Rows = Vec<(Row, Option<Location>)>;

/// Realm, site, library, and the combiner's text, which alone tells apart what has no place.
type Key = (String, Site, Library, String);

impl Groups {
    /// Begins a further count.
    pub(super) fn go_on(&mut self) {
        self.before += 1;
        for group in self.found.values_mut() {
            group.instances.push(0);
            (group.recomputations, group.single_use) = (0, 0);
            group.cache_entries = None;
            group.dependency_recomputations = group.dependency_recomputations.map(|_| 0);
        }
    }

    /// Adds what lives in a realm.
    pub(super) async fn add(&mut self, sources: &mut Sources<'_>, context: &Context, rows: Rows) {
        for (row, location) in rows {
            let site = site(sources, context, location.as_ref()).await;
            let key = self.add_row(&context.url, site, &row);
            if let Some(location) = location {
                self.places.insert(key, (context.session.clone(), location));
            }
        }
    }

    /// Those of a session that live longer than the steps, with the place of their combiner.
    pub(super) fn growing(&mut self, session: &str) -> Vec<(Location, &mut SelectorGroup)> {
        let places = &self.places;
        let growing = self.found.iter_mut().filter(|(_, group)| growth(&group.instances).is_some());
        let of_session = growing.filter_map(|(key, group)| {
            let (_, location) = places.get(key).filter(|(of, _)| of == session)?;
            Some((location.clone(), group))
        });
        of_session.collect()
    }

    fn add_row(&mut self, realm: &str, site: Site, row: &Row) -> Key {
        let library = library(&row.library);
        let before = self.before;
        let key = (realm.to_owned(), site.clone(), library, row.text.clone());
        let group = self.found.entry(key.clone()).or_insert_with(|| SelectorGroup {
            realm: realm.to_owned(),
            library,
            site,
            combiner: row.text.clone(),
            instances: vec![0; before + 1],
            recomputations: 0,
            dependency_recomputations: None,
            single_use: 0,
            step_recomputations: None,
            step_dependency_recomputations: None,
            cache_entries: None,
            retainers: Vec::new(),
        });
        if let Some(now) = group.instances.last_mut() {
            *now += row.instances;
        }
        group.recomputations += row.recomputations;
        group.single_use += row.single;
        group.cache_entries = Entries::sum(group.cache_entries, row.cached);
        if row.counted > 0 {
            *group.dependency_recomputations.get_or_insert(0) += row.dependencies;
        }
        // The first count is before all steps.
        if before > 0 {
            *group.step_recomputations.get_or_insert(0) += row.ran;
            if row.counted > 0 {
                *group.step_dependency_recomputations.get_or_insert(0) += row.changed;
            }
        }
        key
    }

    /// All groups, in one order.
    pub(super) fn rows(mut self) -> Vec<SelectorGroup> {
        // Those that were gone before the first repeat ended did nothing in the steps that could be seen.
        for group in self.found.values_mut().filter(|_| self.before > 0) {
            group.step_recomputations.get_or_insert(0);
        }
        self.found.into_values().collect()
    }
}

async fn site(sources: &mut Sources<'_>, context: &Context, location: Option<&Location>) -> Site {
    match location {
        Some(Location { script_id, line, column }) => {
            let code = Code::Script { session: &context.session, id: script_id };
            sources.site_within(code, (*line, *column)).await
        }
        // A function of the browser itself, or a bound one.
        None => Site { url: String::new(), at: Position::from_zero(0, 0), function: None, original: None },
    }
}

fn library(name: &str) -> Library {
    match name {
        "reselect5" => Library::Reselect5,
        "re-reselect" => Library::ReReselect,
        _ => Library::Reselect,
    }
}
