//! What was counted of a page, by the place in its code: renders, queries, jQuery, changes of style, and its requests.

use std::collections::BTreeMap;

use perf_look_analyzers::quantity::Quantity;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::{ComponentRenders, Counts, QuerySite, Times, WebRequest};
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::web::trace::{Invalidation, Trigger};

use super::super::writer::{Html, put};
use super::Column::{Number, Words};
use super::code::{ROWS, count, cut, more};
use super::{Section, close_table, open_table, site};

pub(super) const REACT: Section = Section {
    name: "react",
    link: "React",
    title: "React components, by how often they were rendered",
    has: |page| !components(page).is_empty(),
    write: react,
};

pub(super) const QUERIES: Section = Section {
    name: "queries",
    link: "DOM queries",
    title: "DOM queries, by the place that asked",
    has: |page| counts(page).is_some_and(|counts| !counts.queries.is_empty()),
    write: queries,
};

pub(super) const JQUERY: Section = Section {
    name: "jquery",
    link: "jQuery",
    title: "jQuery, by the place that called it",
    has: |page| counts(page).is_some_and(|counts| counts.jquery.is_some()),
    write: jquery,
};

pub(super) const INVALIDATION: Section = Section {
    name: "invalidation",
    link: "Invalidation",
    title: "Changes that made styles invalid",
    has: |page| !causes(page).is_empty(),
    write: invalidation,
};

pub(super) const REQUESTS: Section = Section {
    name: "requests",
    link: "Requests",
    title: "Requests, by type",
    has: |page| counts(page).is_some_and(|counts| !counts.requests.is_empty()),
    write: requests,
};

fn counts(page: &Page) -> Option<&Counts> {
    page.capture.counts.rows()
}

fn components(page: &Page) -> &[ComponentRenders] {
    counts(page).and_then(|counts| counts.react.as_deref()).unwrap_or_default()
}

fn react(html: &mut Html, page: &Page) {
    let mut components: Vec<&ComponentRenders> = components(page).iter().collect();
    components.sort_by_key(|component| std::cmp::Reverse(component.renders.total()));
    let columns = [
        Words("component"),
        Number("while loading"),
        Number("during the steps"),
        Number("nothing had changed"),
        Number("only references had"),
        Words("place"),
    ];
    open_table(html, "React components", &columns);
    for component in components.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">" {name(component)} "</th>");
        times(html, component.renders);
        put!(html, "<td>" {count(component.wasted.total())} "</td><td>" {count(component.by_reference.total())} "</td><td class=\"words\">");
        match &component.site {
            Some(place) => site(html, place),
            None => put!(html, "not known"),
        }
        put!(html, "</td></tr>");
    }
    close_table(html);
    more(html, components.len(), "component");
}

/// Minified where the build is; anonymous ones are told apart by their places.
fn name(component: &ComponentRenders) -> String {
    if component.name.is_empty() { "(no name)".to_owned() } else { cut(&component.name) }
}

/// Two cells.
fn times(html: &mut Html, times: Times) {
    put!(html, "<td>" {count(times.load)} "</td><td>" {count(times.steps)} "</td>");
}

fn queries(html: &mut Html, page: &Page) {
    let mut queries: Vec<&QuerySite> = counts(page).into_iter().flat_map(|counts| &counts.queries).collect();
    queries.sort_by_key(|query| std::cmp::Reverse(query.calls.total()));
    let columns = [
        Words("place"),
        Words("asked"),
        Number("while loading"),
        Number("during the steps"),
        Number("asked before"),
        Number("found nothing"),
    ];
    open_table(html, "DOM queries", &columns);
    for query in queries.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">");
        site(html, &query.site);
        put!(html, "</th><td class=\"words\">" {asked(query)} "</td>");
        times(html, query.calls);
        put!(html, "<td>" {count(query.repeated)} "</td><td>" {count(query.empty)} "</td></tr>");
    }
    close_table(html);
    more(html, queries.len(), "place");
}

/// `querySelector(".price")`, and how many other texts the place asked for.
fn asked(query: &QuerySite) -> String {
    let call = format!("{}({})", query.method, cut(&query.example));
    match query.texts {
        0 | 1 => call,
        texts => format!("{call} and {} more", count(texts - 1)),
    }
}

fn jquery(html: &mut Html, page: &Page) {
    let Some(jquery) = counts(page).and_then(|counts| counts.jquery.as_ref()) else { return };
    put!(html, "<p class=\"note\">jQuery " {&jquery.version} "</p>");
    let mut sites: BTreeMap<&Site, [u64; 3]> = BTreeMap::new();
    for (column, rows) in [&jquery.objects, &jquery.finds].into_iter().enumerate() {
        for (place, times) in rows {
            sites.entry(place).or_default()[column] += times.total();
        }
    }
    for (place, switches) in &jquery.switches {
        sites.entry(place).or_default()[2] += switches;
    }
    let mut sites: Vec<(&Site, [u64; 3])> = sites.into_iter().collect();
    sites.sort_by_key(|(_, numbers)| std::cmp::Reverse(*numbers));
    let columns = [
        Words("place"),
        Number("objects made"),
        Number("searches by selector"),
        Number("changes from writing to reading"),
    ];
    open_table(html, "jQuery", &columns);
    for (place, numbers) in sites.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">");
        site(html, place);
        put!(html, "</th>");
        for number in numbers {
            put!(html, "<td>" {count(*number)} "</td>");
        }
        put!(html, "</tr>");
    }
    close_table(html);
    more(html, sites.len(), "place");
}

fn causes(page: &Page) -> &[Invalidation] {
    page.capture.invalidation.rows().map_or(&[], |rows| &rows.causes)
}

fn invalidation(html: &mut Html, page: &Page) {
    let causes = causes(page);
    let columns = [
        Words("what changed"),
        Number("times"),
        Number("elements"),
        Number("most after one change"),
        Words("selectors that made them so"),
        Words("changed by"),
    ];
    open_table(html, "Changes that made styles invalid", &columns);
    for cause in causes.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">" {changed(&cause.trigger)} " <span class=\"limit\">on " {cut(&cause.node)} "</span></th><td>" {count(cause.changes)});
        put!(html, "</td><td>" {count(cause.nodes)} "</td><td>" {count(cause.most_nodes)} "</td><td class=\"words\">");
        put!(html, {selectors(cause)} "</td><td class=\"words\">");
        match &cause.site {
            Some(place) => site(html, place),
            None => put!(html, "the browser"),
        }
        put!(html, "</td></tr>");
    }
    close_table(html);
    more(html, causes.len(), "change");
}

fn changed(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Class(name) => format!("class {}", cut(name)),
        Trigger::Id(name) => format!("id {}", cut(name)),
        Trigger::Attribute(name) => format!("attribute {}", cut(name)),
        Trigger::Pseudo(name) => format!("state :{}", cut(name)),
        Trigger::Other(what) => cut(what),
    }
}

/// The first few.
fn selectors(cause: &Invalidation) -> String {
    const FEW: usize = 3;
    let mut words: Vec<String> = cause.selectors.iter().take(FEW).map(|found| cut(&found.selector)).collect();
    match cause.selectors.len().saturating_sub(FEW) {
        0 if words.is_empty() => return "none: only the element itself".to_owned(),
        0 => {}
        more => words.push(format!("and {} more", count(more as u64))),
    }
    words.join(", ")
}

fn requests(html: &mut Html, page: &Page) {
    let mut kinds: BTreeMap<&str, Vec<&WebRequest>> = BTreeMap::new();
    for request in counts(page).into_iter().flat_map(|counts| &counts.requests) {
        kinds.entry(&request.kind).or_default().push(request);
    }
    let mut kinds: Vec<(&str, Vec<&WebRequest>)> = kinds.into_iter().collect();
    let bytes = |requests: &[&WebRequest]| requests.iter().map(|request| request.content_bytes).sum::<u64>();
    kinds.sort_by_key(|(_, requests)| std::cmp::Reverse(bytes(requests)));
    let columns = [
        Words("type"),
        Number("requests"),
        Number("over the network"),
        Number("unpacked"),
        Number("block rendering"),
        Words("the heaviest"),
    ];
    open_table(html, "Requests", &columns);
    for (kind, requests) in kinds {
        let blocking = requests.iter().filter(|request| request.blocks_rendering).count();
        put!(html, "<tr><th scope=\"row\">" {kind} "</th><td>" {count(requests.len() as u64)} "</td><td>");
        put!(html, {transferred(&requests)} "</td><td>" {Quantity::Bytes(bytes(&requests) as f64)} "</td><td>");
        put!(html, {count(blocking as u64)} "</td><td class=\"words\">");
        if let Some(heaviest) = requests.iter().max_by_key(|request| request.content_bytes) {
            put!(html, { cut(&heaviest.url) });
        }
        put!(html, "</td></tr>");
    }
    close_table(html);
}

/// Bytes over the network, where the browser said them of each.
fn transferred(requests: &[&WebRequest]) -> String {
    let sum = requests.iter().map(|request| request.transfer_bytes).sum::<Option<u64>>();
    sum.map_or("not measured".to_owned(), |bytes| Quantity::Bytes(bytes as f64).to_string())
}
