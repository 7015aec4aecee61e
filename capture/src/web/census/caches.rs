//! How many results the caches of selectors keep. reselect's `weakMapMemoize` has them in a variable that no script
//! outside of it sees, but that the debugger shows.

use std::time::Duration;

use futures_util::future::join_all;
use perf_look_analyzers::web::capture::Entries;
use serde_json::{Value, json};

use super::realm::{Answer, Counts, Realm, handle};
use crate::browser::BrowserError;

/// Gives the results that it counted, whether these are all, and WeakMaps to go on with.
const COUNT: &str = include_str!("cache.js");

/// Results that are counted in one selector.
const MOST_RESULTS: u64 = 100_000;

/// WeakMaps that are opened in one selector: each is a question to the browser.
const MOST_MAPS: usize = 2_000;

/// What is not known after this is left out.
const PATIENCE: Duration = Duration::from_secs(10);

impl Realm<'_> {
    /// Adds what caches keep to the rows, from an array of memoised functions. What cannot be looked into has no number,
    /// and is no reason to go without a census.
    pub(super) async fn look_into_caches(&self, memoized: &str, counts: &mut Counts) {
        let found = tokio::time::timeout(PATIENCE, self.look_into(memoized)).await.ok().and_then(Result::ok);
        let mut looked = vec![0_u64; counts.rows.len()];
        for (place, entries) in counts.cached.iter().zip(found.into_iter().flatten()) {
            if let (Some(row), Some(_)) = (counts.rows.get_mut(*place), entries) {
                row.cached = Entries::sum(row.cached, entries);
                looked[*place] += 1;
            }
        }
        for (row, looked) in counts.rows.iter_mut().zip(looked) {
            row.cached = row.cached.map(|entries| if looked < row.instances { entries.or_more() } else { entries });
        }
    }

    async fn look_into(&self, memoized: &str) -> Result<Vec<Option<Entries>>, BrowserError> {
        let functions = self.objects(memoized).await?;
        let looks = functions.iter().map(async |function| self.entries(function).await.ok().flatten());
        Ok(join_all(looks).await)
    }

    /// None where the cache is of another kind.
    async fn entries(&self, function: &str) -> Result<Option<Entries>, BrowserError> {
        let Some(scopes) = self.internal(function, "[[Scopes]]").await? else { return Ok(None) };
        let Some(mut found) = self.walk(&scopes, MOST_RESULTS, &[]).await? else { return Ok(None) };
        let mut room = MOST_MAPS;
        loop {
            let maps = found.open(&mut room);
            if maps.is_empty() {
                return Ok(Some(found.entries()));
            }
            let lists = join_all(maps.iter().map(|map| self.internal(map, "[[Entries]]"))).await;
            let lists: Vec<String> = lists.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
            let left = MOST_RESULTS.saturating_sub(found.results);
            found.add(self.walk(&scopes, left, &lists).await?.unwrap_or_default());
        }
    }

    /// From the scopes, or on from the lists; none where nothing in the scopes is a cache.
    async fn walk(&self, scopes: &str, most: u64, lists: &[String]) -> Result<Option<Walk>, BrowserError> {
        let lists = lists.iter().map(|list| json!({ "objectId": list }));
        let arguments = std::iter::once(json!({ "value": most })).chain(lists).collect();
        let found = self.with((scopes, COUNT), Value::Array(arguments), Answer::Handle).await?;
        Ok(Walk::read(&self.items(&handle(&found)?).await?))
    }
}

/// What was found of a cache.
#[derive(Debug, Default)]
struct Walk {
    results: u64,
    /// There may be more.
    is_least: bool,
    /// `WeakMap`s that were not opened.
    maps: Vec<String>,
}

impl Walk {
    fn read(items: &[Value]) -> Option<Self> {
        let [results, is_least, maps @ ..] = items else { return None };
        let maps = maps.iter().filter_map(|map| map["objectId"].as_str()).map(str::to_owned).collect();
        Some(Self { results: results["value"].as_u64()?, is_least: is_least["value"].as_bool()?, maps })
    }

    /// Takes out what is to be opened next.
    fn open(&mut self, room: &mut usize) -> Vec<String> {
        let mut maps = std::mem::take(&mut self.maps);
        self.is_least |= maps.len() > *room;
        maps.truncate(*room);
        *room -= maps.len();
        maps
    }

    fn add(&mut self, other: Self) {
        self.results += other.results;
        self.is_least |= other.is_least;
        self.maps.extend(other.maps);
    }

    fn entries(&self) -> Entries {
        if self.is_least { Entries::AtLeast(self.results) } else { Entries::Exactly(self.results) }
    }
}
