//! Where in the code of a page its numbers come from: sites of selectors, rules of sheets, tasks, forced layouts.

use perf_look_analyzers::quantity::{Ms, Quantity, grouped};
use perf_look_analyzers::web::page::{Author, SelectorSite};
use perf_look_analyzers::web::trace::{ForcedSite, FunctionCost, LongTask};

use perf_look_analyzers::web::Page;

use super::super::writer::{Html, put};
use super::Column::{Number, Words};
use super::{Section, close_table, growth, open_table, site};
use crate::words;

/// So many rows of each table are drawn, the first of them; JSON has them all.
pub(super) const ROWS: usize = 50;

pub(super) const SELECTORS: Section = Section {
    name: "selectors",
    link: "Selectors",
    title: "Live selectors, by the place of their combiner",
    has: |page| !page.selector_sites.is_empty(),
    write: selectors,
};

pub(super) const CSS: Section = Section {
    name: "css",
    link: "CSS",
    title: "Selectors of style sheets, by how often they were tried",
    has: |page| page.css_selectors.iter().any(|selector| selector.author == Author::Page),
    write: css,
};

pub(super) const LONG_TASKS: Section = Section {
    name: "tasks",
    link: "Long tasks",
    title: "Tasks of more than 50 ms",
    has: |page| !tasks_of(page).is_empty(),
    write: long_tasks,
};

pub(super) const FORCED: Section = Section {
    name: "forced",
    link: "Forced layout",
    title: "Style and layout that scripts forced",
    has: |page| !forced_in(page).is_empty(),
    write: forced,
};

/// Says how many rows are left out.
pub(super) fn more(html: &mut Html, all: usize, what: &str) {
    if all > ROWS {
        put!(html, "<p class=\"note\">And " {words::plural(all - ROWS, what)} " with less.</p>");
    }
}

pub(super) fn count(number: u64) -> String {
    grouped(number as f64)
}

fn milliseconds(us: u64) -> Ms {
    Ms(us as f64 / 1e3)
}

fn selectors(html: &mut Html, page: &Page) {
    let sites = &page.selector_sites;
    let columns = [
        Words("place"),
        Number("instances"),
        Number("combiner ran"),
        Number("ran at most once"),
        Number("growth a repeat"),
        Words("library"),
    ];
    open_table(html, "Live selectors", &columns);
    for selectors in sites.iter().take(ROWS) {
        row_of_selectors(html, selectors);
    }
    close_table(html);
    more(html, sites.len(), "place");
}

fn row_of_selectors(html: &mut Html, selectors: &SelectorSite) {
    put!(html, "<tr><th scope=\"row\">");
    site(html, &selectors.site);
    put!(html, "</th><td>" {count(selectors.instances)} "</td><td>" {count(selectors.recomputations)} "</td><td>");
    put!(html, {count(selectors.single_use)} "</td><td>" {growth(&selectors.series, Quantity::Count)} "</td><td class=\"words\">" {selectors.library} "</td></tr>");
}

fn css(html: &mut Html, page: &Page) {
    let places = page.css_places();
    open_table(
        html,
        "Selectors of style sheets",
        &[Words("selector"), Number("tried"), Number("matched"), Number("ruled out at once"), Words("place")],
    );
    for place in places.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">" {cut(&words::selectors(place))} "</th><td>" {count(place.match_attempts)} "</td><td>");
        put!(html, {count(place.match_count)} "</td><td>" {count(place.fast_rejects)} "</td><td class=\"words\">");
        match place.site() {
            Some(at) => site(html, at),
            None => put!(html, "not in a sheet of the page"),
        }
        put!(html, "</td></tr>");
    }
    close_table(html);
    more(html, places.len(), "place");
}

/// Longer text is of no use in a cell.
pub(super) fn cut(text: &str) -> String {
    crate::layout::cut(text, 200, true)
}

fn tasks_of(page: &Page) -> &[LongTask] {
    page.trace().map_or(&[], |trace| &trace.long_tasks)
}

fn long_tasks(html: &mut Html, page: &Page) {
    let tasks = tasks_of(page);
    open_table(html, "Long tasks", &[Words("began after"), Number("took"), Words("what ran in it, by itself")]);
    let mut longest: Vec<&LongTask> = tasks.iter().collect();
    longest.sort_by_key(|task| std::cmp::Reverse(task.duration_us));
    for task in longest.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">" {milliseconds(task.start_us)} "</th><td>" {milliseconds(task.duration_us)} "</td><td class=\"words\">");
        put!(html, {functions(&task.functions)} "</td></tr>");
    }
    close_table(html);
    more(html, tasks.len(), "task");
}

/// The heaviest few.
fn functions(costs: &[FunctionCost]) -> String {
    const FEW: usize = 4;
    if costs.is_empty() {
        return "not sampled".to_owned();
    }
    let words = costs.iter().take(FEW).map(|cost| format!("{} {}", cost.function.label(), milliseconds(cost.self_us)));
    words.collect::<Vec<_>>().join(", ")
}

fn forced_in(page: &Page) -> &[ForcedSite] {
    page.trace().map_or(&[], |trace| &trace.layouts.forced)
}

fn forced(html: &mut Html, page: &Page) {
    let forced = forced_in(page);
    let columns = [Words("place"), Number("waited"), Number("times"), Number("most in a task"), Words("called by")];
    open_table(html, "Forced style and layout", &columns);
    for forced in forced.iter().take(ROWS) {
        put!(html, "<tr><th scope=\"row\">");
        site(html, &forced.site);
        put!(html, "</th><td>" {milliseconds(forced.us)} "</td><td>" {count(forced.count)} "</td><td>" {count(forced.most_in_a_task)});
        let callers: Vec<String> = forced.stack.iter().skip(1).take(3).map(ToString::to_string).collect();
        put!(html, "</td><td class=\"words\">" {callers.join(", ")} "</td></tr>");
    }
    close_table(html);
    more(html, forced.len(), "place");
}
