//! Memoised selectors that live, selectors that were made, and who looked for elements.

use perf_look_analyzers::quantity::grouped;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::{Created, QuerySite};
use perf_look_analyzers::web::page::{Growth, SelectorSite};
use perf_look_analyzers::web::place::Site;

use super::{Cell, Column, List, why_not};
use crate::canvas::{piece, plain};
use crate::text::plural;
use crate::theme::Role;
use crate::view::prose::Prose;

pub(super) const LISTS: &[List] = &[
    List {
        name: "live selectors",
        of_one: "Selectors of one place",
        usual: None,
        columns: &[
            Column::number("live", 8, 0, |page, row| Cell::counted(live(page, row).map(|site| site.instances))),
            Column::number("growth", 9, 2, |page, row| live(page, row).map_or_else(nothing, growth)),
            Column::number("runs", 9, 1, |page, row| Cell::counted(live(page, row).map(|site| site.recomputations))),
            Column::number("ran once", 9, 4, |page, row| Cell::counted(live(page, row).map(|site| site.single_use))),
            Column::number("churn", 8, 5, |page, row| Cell::counted(live(page, row).and_then(|site| site.churn))),
            Column::words("library", 13, 3, |page, row| Cell::words(live(page, row).map_or("", |site| site.library))),
            Column::rest("place", |page, row| place(live(page, row).map(|site| &site.site))),
        ],
        len: |page| page.selector_sites.len(),
        site: |page, row| live(page, row).map(|site| site.site.clone()),
        detail: |page, row, prose| {
            if let Some(site) = live(page, row) {
                facts(page, site, prose);
            }
        },
        none: |page| why_not(&page.capture.census, "no memoised selector of a known library lives on this page"),
    },
    List {
        name: "made",
        of_one: "Call of the factory",
        usual: Some(0),
        columns: &[
            Column::number("loading", 9, 0, |page, row| Cell::counted(made(page, row).map(|made| made.count.load))),
            Column::number("steps", 9, 0, |page, row| Cell::counted(made(page, row).map(|made| made.count.steps))),
            Column::rest("call of the factory", |page, row| place(made(page, row).map(|made| &made.site))),
        ],
        len: |page| page.capture.counts.rows().map_or(0, |counts| counts.created.len()),
        site: |page, row| made(page, row).map(|made| made.site.clone()),
        detail: |page, row, prose| {
            if let Some(made) = made(page, row) {
                prose.headline(piece(Role::Strong, made.site.to_string()), plain(""));
                prose.field("made", times(made.count.load, made.count.steps));
                stack(prose, &made.stack);
            }
        },
        none: |page| why_not(&page.capture.counts, "nothing on this page made a memoised selector of a known library"),
    },
    List {
        name: "DOM queries",
        of_one: "Query",
        usual: Some(0),
        columns: &[
            Column::number("calls", 9, 0, |page, row| Cell::counted(query(page, row).map(|query| query.calls.total()))),
            Column::number("repeated", 9, 1, |page, row| Cell::counted(query(page, row).map(|query| query.repeated))),
            Column::number("empty", 9, 2, |page, row| Cell::counted(query(page, row).map(|query| query.empty))),
            Column::words("method", 22, 3, |page, row| Cell::words(query(page, row).map_or("", |query| &query.method))),
            Column::rest("place", |page, row| place(query(page, row).map(|query| &query.site))),
        ],
        len: |page| page.capture.counts.rows().map_or(0, |counts| counts.queries.len()),
        site: |page, row| query(page, row).map(|query| query.site.clone()),
        detail: |page, row, prose| {
            if let Some(query) = query(page, row) {
                asked(query, prose);
            }
        },
        none: |page| why_not(&page.capture.counts, "no script of this page looks for elements"),
    },
];

fn live(page: &Page, row: usize) -> Option<&SelectorSite> {
    page.selector_sites.get(row)
}

fn made(page: &Page, row: usize) -> Option<&Created> {
    page.capture.counts.rows()?.created.get(row)
}

fn query(page: &Page, row: usize) -> Option<&QuerySite> {
    page.capture.counts.rows()?.queries.get(row)
}

fn nothing() -> Cell {
    Cell::counted(None)
}

/// A place in words.
pub(super) fn place(site: Option<&Site>) -> Cell {
    Cell::words(site.map(Site::to_string).unwrap_or_default())
}

/// With each repeat of the steps; nothing where that was not measured.
fn growth(site: &SelectorSite) -> Cell {
    if site.series.len() < 3 {
        return nothing();
    }
    match site.growth() {
        None => Cell::number(0.0, "0"),
        Some(growth) => {
            Cell::number(growth.per_repeat(), format!("+{}", grouped(growth.per_repeat()))).in_role(Role::Warn)
        }
    }
}

fn times(load: u64, steps: u64) -> String {
    format!("{} while loading, {} during the steps", grouped(load as f64), grouped(steps as f64))
}

fn facts(page: &Page, site: &SelectorSite, prose: &mut Prose) {
    prose.headline(piece(Role::Strong, site.site.to_string()), plain(""));
    prose.field("loaded as", loaded_as(&site.site));
    prose.field("library", site.library);
    let (live, alone) = (grouped(site.instances as f64), grouped(site.single_use as f64));
    prose.field("live", format!("{live}; {alone} of them ran at most once"));
    let runs = grouped(site.recomputations as f64);
    prose.field(
        "combiner",
        match site.step_recomputations {
            Some(steps) => format!("ran {runs} times in all, {} during the steps", grouped(steps as f64)),
            None => format!("ran {runs} times"),
        },
    );
    if let Some(changed) = site.dependency_recomputations {
        prose.field("arguments", format!("changed {} times", grouped(changed as f64)));
    }
    if let Some(entries) = site.cache_entries {
        prose.field("cache", format!("keeps {entries} results"));
    }
    prose.field(
        "churn",
        site.churn.map_or("not measured".to_owned(), |churn| {
            format!("{} made and dropped during the steps", grouped(churn as f64))
        }),
    );
    series(page, site, prose);
    if !site.combiner.is_empty() {
        prose.heading("The combiner");
        for line in site.combiner.lines() {
            prose.labelled(piece(Role::Text, "  "), vec![piece(Role::Code, line)]);
        }
    }
    retainers(site, prose);
}

/// The place in what the browser loaded, where a source map led away from it.
fn loaded_as(site: &Site) -> String {
    let url = if site.url.is_empty() { "(no address)" } else { &site.url };
    let function =
        site.function.as_deref().filter(|name| !name.is_empty()).map_or(String::new(), |name| format!(" {name}"));
    format!("{url}:{}{function}", site.at)
}

/// How many lived after loading and after each repeat.
fn series(page: &Page, site: &SelectorSite, prose: &mut Prose) {
    let numbers: Vec<String> = site.series.iter().map(|count| grouped(*count as f64)).collect();
    let Some((first, after)) = numbers.split_first() else { return };
    if after.is_empty() {
        prose.field("growth", "not measured: the steps were not repeated (--steps FILE --repeat 7)");
        return;
    }
    let how = match site.growth() {
        Some(Growth::Steady(step)) => format!("   +{} with each repeat", grouped(step as f64)),
        Some(Growth::Irregular(slope)) => format!("   about +{} with each repeat", grouped(slope)),
        None if site.series.len() < 3 => "   one repeat tells nothing".to_owned(),
        None => "   does not grow".to_owned(),
    };
    let repeats = plural(page.capture.settings.repeats as usize, "repeat");
    prose.field("series", format!("{first} after loading, then after each of {repeats}: {}{how}", after.join(", ")));
}

fn retainers(site: &SelectorSite, prose: &mut Prose) {
    if site.retainers.is_empty() {
        return;
    }
    prose.heading("What keeps one alive, from the root");
    for (depth, link) in site.retainers.iter().enumerate() {
        /// Deeper ones stand below each other.
        const DEEPEST: usize = 12;
        prose.labelled(piece(Role::Faint, format!("  {}", "  ".repeat(depth.min(DEEPEST)))), plain(link.clone()));
    }
}

/// Callers, nearest first.
pub(super) fn stack(prose: &mut Prose, stack: &[Site]) {
    if stack.is_empty() {
        return;
    }
    prose.heading("Called by, nearest first");
    for site in stack {
        prose.labelled(piece(Role::Text, "  "), plain(site.to_string()));
    }
}

fn asked(query: &QuerySite, prose: &mut Prose) {
    prose.headline(piece(Role::Strong, format!("{} at {}", query.method, query.site)), plain(""));
    prose.field("calls", times(query.calls.load, query.calls.steps));
    prose.field("repeated", format!("{} with the method, text and root of one before", grouped(query.repeated as f64)));
    prose.field("empty", format!("{} found nothing", grouped(query.empty as f64)));
    let texts = plural(usize::try_from(query.texts).unwrap_or(usize::MAX), "text");
    prose.labelled(
        crate::view::prose::field_label("asked for"),
        vec![piece(Role::Code, query.example.clone()), piece(Role::Text, format!("   one of {texts}"))],
    );
}
