//! What was counted in both captures of a page: selectors, calls, queries, requests.

use std::collections::BTreeMap;

use super::thing::Thing;
use super::{Addresses, Certainty, Kind, Things};
use crate::digest::digest;
use crate::web::Page;
use crate::web::capture::{Counts, Pass, Times, WebRequest};
use crate::web::page::{Author, SelectorSite};
use crate::web::place::Site;

/// What is listed of a page, or none where its pass has not measured it.
type Listed<'a> = &'a dyn Fn(&Page, Addresses<'_>) -> Option<Vec<Thing>>;

pub(super) fn tables(before: &Page, after: &Page) -> Vec<Things> {
    let census = certainty(&before.capture.census, &after.capture.census);
    let counts = certainty(&before.capture.counts, &after.capture.counts);
    let stats = certainty(&before.capture.selector_stats, &after.capture.selector_stats);
    let kinds: [(Kind, &Certainty, Listed<'_>); 16] = [
        (Kind::LiveSelectors, &census, &|page, addresses| selectors(page, addresses, |site| site.instances)),
        (Kind::SelectorRuns, &census, &|page, addresses| selectors(page, addresses, |site| site.recomputations)),
        (Kind::LiveFunctions, &census, &live_functions),
        (Kind::SelectorsMade, &counts, &|page, addresses| Some(made(page.capture.counts.rows()?, addresses))),
        (Kind::DomQueries, &counts, &|page, addresses| Some(queries(page.capture.counts.rows()?, addresses))),
        (Kind::JqueryObjects, &counts, &|page, addresses| {
            let jquery = page.capture.counts.rows()?.jquery.as_ref();
            Some(sites(jquery.map_or(&[], |jquery| &jquery.objects), addresses))
        }),
        (Kind::JqueryFinds, &counts, &|page, addresses| {
            let jquery = page.capture.counts.rows()?.jquery.as_ref();
            Some(sites(jquery.map_or(&[], |jquery| &jquery.finds), addresses))
        }),
        (Kind::Renders, &counts, &|page, addresses| Some(renders(page.capture.counts.rows()?, addresses))),
        (Kind::Calls, &counts, &|page, addresses| {
            let calls = page.capture.counts.rows()?.calls.iter();
            Some(calls.map(|row| Thing::at(&row.site, addresses).counted(row.calls.total())).collect())
        }),
        (Kind::LoopTurns, &counts, &|page, addresses| {
            let loops = page.capture.counts.rows().filter(|counts| counts.work.is_some())?.loops.iter();
            Some(loops.map(|row| Thing::at(&row.site, addresses).counted(row.turns.total())).collect())
        }),
        (Kind::Listeners, &counts, &|page, addresses| {
            let listeners = page.capture.counts.rows()?.listeners.iter();
            Some(listeners.map(|(site, count)| Thing::at(site, addresses).counted(*count)).collect())
        }),
        (Kind::Timers, &counts, &|page, addresses| {
            let timers = page.capture.counts.rows()?.timers.iter();
            Some(timers.map(|row| Thing::at(&row.site, addresses).counted(row.set.total())).collect())
        }),
        (Kind::CssSelectors, &counts, &css_selectors),
        (Kind::Requests, &counts, &|page, addresses| Some(requests(page.capture.counts.rows()?, addresses, |_| 1))),
        (Kind::RequestBytes, &counts, &|page, addresses| {
            Some(requests(page.capture.counts.rows()?, addresses, |request| request.content_bytes))
        }),
        (Kind::MatchAttempts, &stats, &match_attempts),
    ];
    let table = |(kind, certainty, list): (Kind, &Certainty, Listed<'_>)| {
        let (was, is) = (list(before, Addresses::of(before))?, list(after, Addresses::of(after))?);
        Some(Things::of((kind, certainty.clone()), &was, &is))
    };
    kinds.into_iter().filter_map(table).collect()
}

/// Exact where both are.
fn certainty<T>(before: &Pass<T>, after: &Pass<T>) -> Certainty {
    let doubt = [before, after].into_iter().find_map(|pass| match pass {
        Pass::Measured { doubt, .. } => doubt.clone(),
        Pass::NotRun | Pass::Failed { .. } => None,
    });
    doubt.map_or(Certainty::Exact, Certainty::Varies)
}

/// A selector is known by its combiner's text too, since one function can make several. Where that was edited, or a
/// build has shortened its names, its function is enough where it makes only one; and its text is, where it was moved.
fn selectors(page: &Page, addresses: Addresses<'_>, count: fn(&SelectorSite) -> u64) -> Option<Vec<Thing>> {
    page.capture.census.rows()?;
    let thing = |site: &SelectorSite| {
        let text = digest([site.combiner.as_str()]);
        let place = addresses.place(&site.site);
        let known = Thing::at(&site.site, addresses).identified(format!("{place} {text}"));
        known.or_known_as(place).or_known_as(text).counted(count(site))
    };
    Some(page.selector_sites.iter().map(thing).collect())
}

fn live_functions(page: &Page, addresses: Addresses<'_>) -> Option<Vec<Thing>> {
    let closures = page.capture.census.rows()?.closures.iter();
    let last = |series: &[u64]| series.last().copied().unwrap_or(0);
    Some(closures.map(|(site, series)| Thing::at(site, addresses).counted(last(series))).collect())
}

fn made(counts: &Counts, addresses: Addresses<'_>) -> Vec<Thing> {
    counts.created.iter().map(|row| Thing::at(&row.site, addresses).counted(row.count.total())).collect()
}

fn queries(counts: &Counts, addresses: Addresses<'_>) -> Vec<Thing> {
    let thing = |row: &crate::web::capture::QuerySite| Thing::at(&row.site, addresses).called(&row.method);
    counts.queries.iter().map(|row| thing(row).counted(row.calls.total())).collect()
}

fn sites(rows: &[(Site, Times)], addresses: Addresses<'_>) -> Vec<Thing> {
    rows.iter().map(|(site, times)| Thing::at(site, addresses).counted(times.total())).collect()
}

/// Where a component is defined is known of some builds only. A name that a build has made is another one in the next.
fn renders(counts: &Counts, addresses: Addresses<'_>) -> Vec<Thing> {
    let rows = counts.react.iter().flatten();
    let thing = |row: &crate::web::capture::ComponentRenders| match &row.site {
        Some(site) if site.original.is_some() => Thing::at(site, addresses).showing(&row.name),
        Some(site) => Thing::at(site, addresses).called(&row.name),
        None => Thing::named(&row.name),
    };
    rows.map(|row| thing(row).counted(row.renders.total())).collect()
}

/// By sheet and text: that a rule moved in its sheet is no change.
fn css_selectors(page: &Page, addresses: Addresses<'_>) -> Option<Vec<Thing>> {
    page.capture.counts.rows()?;
    let mut counts: BTreeMap<(String, String), (Site, u64)> = BTreeMap::new();
    for (text, site, copies) in page.selectors_of_sheets() {
        let key = (addresses.file(site.file()).into_owned(), text);
        counts.entry(key).or_insert_with(|| (site, 0)).1 += copies;
    }
    let thing = |((file, text), (site, count)): ((String, String), (Site, u64))| {
        let known = Thing::at(&site, addresses).identified(format!("{text} {file}"));
        known.showing(&text).or_known_as(text).counted(count).standing_at(None)
    };
    Some(counts.into_iter().map(thing).collect())
}

fn match_attempts(page: &Page, addresses: Addresses<'_>) -> Option<Vec<Thing>> {
    page.capture.selector_stats.rows()?;
    let own = page.css_selectors.iter().filter(|selector| selector.author == Author::Page);
    let thing = |selector: &crate::web::page::CssSelector| {
        let known = match &selector.site {
            Some(site) => Thing::at(site, addresses)
                .identified(format!("{} {}", selector.selector, addresses.file(site.file())))
                .showing(&selector.selector),
            None => Thing::named(&selector.selector),
        };
        known.or_known_as(selector.selector.clone()).counted(selector.match_attempts)
    };
    Some(own.map(thing).collect())
}

/// By kind and address; several requests of one address are one row.
fn requests(counts: &Counts, addresses: Addresses<'_>, of: fn(&WebRequest) -> u64) -> Vec<Thing> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for request in &counts.requests {
        *sums.entry(format!("{} {}", request.kind, addresses.request(&request.url))).or_default() += of(request);
    }
    sums.into_iter().map(|(name, sum)| Thing::named(&name).counted(sum)).collect()
}
