//! Where the event listeners of a page come from: the functions that are called, by the place where they stand.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use perf_look_analyzers::web::place::Site;
use serde_json::{Value, json};

use super::collector::OWN;
use crate::browser::{BrowserError, Context, ContextKind, Page};
use crate::web::sources::{Code, Sources};

/// With fewer in all no place is worth a look, and listing them walks the whole document.
const MANY: u64 = 100;

/// Nobody reads hundreds.
const MOST: usize = 50;

/// A script, line and column, from 0.
type Place = (String, u32, u32);

/// How many there are by place, most first, in the documents of the page's own session; nothing where there are few in
/// all.
pub(super) async fn places(page: &Page, all: u64) -> Result<Vec<(Place, u64)>, BrowserError> {
    let mut found: BTreeMap<Place, u64> = BTreeMap::new();
    if all < MANY {
        return Ok(Vec::new());
    }
    for context in page.contexts().await?.iter().filter(|context| context.session == page.session()) {
        match context.kind {
            ContextKind::Page => {
                // With the frames and shadow trees in it.
                add(&mut found, &of(page, context, "document", json!({ "depth": -1, "pierce": true })).await?);
                add(&mut found, &of(page, context, "window", json!({})).await?);
            }
            // A frame may go at any time.
            _ => add(&mut found, &of(page, context, "globalThis", json!({})).await.unwrap_or_default()),
        }
    }
    let mut places: Vec<_> = found.into_iter().collect();
    places.sort_by_key(|(_, count)| Reverse(*count));
    places.truncate(MOST);
    Ok(places)
}

/// The same with sites that a person can open.
pub(super) async fn sites(places: Vec<(Place, u64)>, page: &Page, sources: &mut Sources<'_>) -> Vec<(Site, u64)> {
    let mut sites: BTreeMap<Site, u64> = BTreeMap::new();
    for ((script, line, column), count) in places {
        let code = Code::Script { session: page.session(), id: &script };
        let site = sources.site_within(code, (line, column)).await;
        // What counts listens too.
        if site.url != OWN {
            *sites.entry(site).or_insert(0) += count;
        }
    }
    let mut sites: Vec<_> = sites.into_iter().collect();
    sites.sort_by_key(|(_, count)| Reverse(*count));
    sites
}

/// The listeners of an object of a context.
async fn of(page: &Page, context: &Context, expression: &str, mut params: Value) -> Result<Value, BrowserError> {
    // Without a group no handle is made of each listener.
    let object = json!({ "expression": expression, "contextId": context.id });
    let object = page.call("Runtime.evaluate", object).await?;
    let object = &object["result"]["objectId"];
    params["objectId"] = object.clone();
    let listeners = page.call("DOMDebugger.getEventListeners", params).await;
    page.call("Runtime.releaseObject", json!({ "objectId": object })).await?;
    listeners
}

fn add(found: &mut BTreeMap<Place, u64>, answer: &Value) {
    for listener in answer["listeners"].as_array().into_iter().flatten() {
        let number = |name: &str| listener[name].as_u64().and_then(|number| u32::try_from(number).ok());
        let script = listener["scriptId"].as_str();
        if let Some(((script, line), column)) = script.zip(number("lineNumber")).zip(number("columnNumber")) {
            *found.entry((script.to_owned(), line, column)).or_insert(0) += 1;
        }
    }
}
