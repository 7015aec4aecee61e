//! Selectors by realm and site, from the rows of each realm.

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::{Library, SelectorGroup};
use perf_look_analyzers::web::place::{Position, Site};

use super::realm::{Count, Location, Row};
use crate::browser::Context;
use crate::web::sources::{Code, Sources};

/// All groups that were found so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<Key, SelectorGroup>,
}

/// Realm, site, library, and the combiner's text, which alone tells apart what has no place.
type Key = (String, Site, Library, String);

impl Groups {
    /// Adds what lives in a realm.
    pub(super) async fn add(&mut self, sources: &mut Sources<'_>, context: &Context, count: Count) {
        for (row, location) in count.rows {
            let site = site(sources, context, location).await;
            self.add_row(&context.url, site, &row);
        }
    }

    fn add_row(&mut self, realm: &str, site: Site, row: &Row) {
        let library = library(&row.library);
        let key = (realm.to_owned(), site.clone(), library, row.text.clone());
        let group = self.groups.entry(key).or_insert_with(|| SelectorGroup {
            realm: realm.to_owned(),
            library,
            site,
            combiner: row.text.clone(),
            instances: vec![0],
            recomputations: 0,
            dependency_recomputations: None,
            single_use: 0,
            step_recomputations: None,
            step_dependency_recomputations: None,
            retainers: Vec::new(),
        });
        if let Some(now) = group.instances.last_mut() {
            *now += row.instances;
        }
        group.recomputations += row.recomputations;
        group.single_use += row.single;
        if row.counted > 0 {
            *group.dependency_recomputations.get_or_insert(0) += row.dependencies;
        }
    }

    /// All groups, in one order.
    pub(super) fn rows(self) -> Vec<SelectorGroup> {
        self.groups.into_values().collect()
    }
}

async fn site(sources: &mut Sources<'_>, context: &Context, location: Option<Location>) -> Site {
    match location {
        Some(Location { script_id, line, column }) => {
            let code = Code::Script { session: &context.session, id: &script_id };
            sources.site_within(code, (line, column)).await
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
