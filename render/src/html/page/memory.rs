//! What lives in a page's memory: how it grows with each repeat of the steps, and what keeps it alive.

use perf_look_analyzers::quantity::Quantity;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::{Census, MemoryPoint};
use perf_look_analyzers::web::page::{Growth, SelectorSite, growth};
use perf_look_analyzers::web::place::Site;

use super::super::writer::{Html, put};
use super::code::{ROWS, more};
use super::{Column, Section, close_table, open_table, site};

pub(super) const GROWTH: Section = Section {
    name: "growth",
    link: "Growth",
    title: "After loading, and after each repeat of the steps",
    has: |page| repeats(page) > 0,
    write: write_growth,
};

pub(super) const RETAINERS: Section = Section {
    name: "retainers",
    link: "Retainers",
    title: "What keeps a selector alive",
    has: |page| page.selector_sites.iter().any(|site| !site.retainers.is_empty()),
    write: retainers,
};

fn census(page: &Page) -> Option<&Census> {
    page.capture.census.rows()
}

fn repeats(page: &Page) -> usize {
    census(page).map_or(0, |census| census.memory.len().saturating_sub(1))
}

/// A number of the memory, by name; none where it was not measured.
type Read = fn(&MemoryPoint) -> Option<u64>;

const MEMORY: [(&str, Read); 8] = [
    ("heap", |memory| Some(memory.heap_bytes)),
    ("DOM nodes", |memory| Some(memory.nodes)),
    ("detached nodes", |memory| memory.detached),
    ("documents", |memory| Some(memory.documents)),
    ("event listeners", |memory| Some(memory.listeners)),
    ("functions", |memory| memory.functions),
    ("style sheets", |memory| memory.sheets),
    ("CSS rules", |memory| memory.css_rules),
];

fn write_growth(html: &mut Html, page: &Page) {
    let Some(census) = census(page) else { return };
    open_series(html, "Memory", repeats(page));
    for (name, read) in MEMORY {
        let Some(series) = census.memory.iter().map(read).collect::<Option<Vec<u64>>>() else { continue };
        put!(html, "<tr><th scope=\"row\">" {name} "</th>");
        let shown = if name == "heap" { Quantity::Bytes } else { Quantity::Count };
        cells(html, &series, shown);
    }
    close_table(html);
    let selectors = page.selector_sites.iter().map(|site| (&site.site, &*site.series));
    of_sites(html, "Live selectors after each repeat", selectors.collect(), repeats(page));
    let growing = census.closures.iter().map(|(site, series)| (site, &**series));
    let growing = growing.filter(|(_, series)| growth(series).is_some());
    of_sites(html, "Functions that become more", growing.collect(), repeats(page));
}

fn of_sites(html: &mut Html, title: &str, mut sites: Vec<(&Site, &[u64])>, repeats: usize) {
    if sites.is_empty() {
        return;
    }
    let step = |series: &[u64]| growth(series).map_or(0.0, Growth::per_repeat);
    sites.sort_by(|(_, left), (_, right)| step(right).total_cmp(&step(left)));
    put!(html, "<h4>" {title} "</h4>");
    open_series(html, title, repeats);
    for (place, series) in sites.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">");
        site(html, place);
        put!(html, "</th>");
        cells(html, series, Quantity::Count);
    }
    close_table(html);
    more(html, sites.len(), "place");
}

fn open_series(html: &mut Html, name: &str, repeats: usize) {
    let numbers: Vec<String> = (1..=repeats).map(|repeat| format!("repeat {repeat}")).collect();
    let mut columns = vec![Column::Words("what"), Column::Number("loaded")];
    columns.extend(numbers.iter().map(|number| Column::Number(number)));
    columns.push(Column::Number("growth a repeat"));
    open_table(html, name, &columns);
}

fn cells(html: &mut Html, series: &[u64], shown: fn(f64) -> Quantity) {
    for number in series {
        put!(html, "<td>" {shown(*number as f64)} "</td>");
    }
    put!(html, "<td>" {super::growth(series, shown)} "</td></tr>");
}

/// From the root of the page to the selector.
fn retainers(html: &mut Html, page: &Page) {
    let held: Vec<&SelectorSite> = page.selector_sites.iter().filter(|site| !site.retainers.is_empty()).collect();
    put!(html, "<dl class=\"paths\">");
    for selectors in held.iter().take(ROWS) {
        put!(html, "<div><dt>");
        site(html, &selectors.site);
        put!(html, "</dt><dd>" {selectors.retainers.join(" → ")} "</dd></div>");
    }
    put!(html, "</dl>");
    more(html, held.len(), "place");
}
