//! A page: how it was measured, its numbers, and where in its code they come from.

use perf_look_analyzers::flame::Flame;
use perf_look_analyzers::quantity::{Ms, Quantity, grouped};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::page::{Growth, Outcome, growth as series_growth};
use perf_look_analyzers::web::place::Site;

use super::writer::{Html, put};
use super::{Anchor, flame};
use crate::words;

mod code;
mod counted;
mod memory;

use Column::{Number, Words};

/// A page with its place in the report.
#[derive(Clone, Copy)]
pub(super) struct PagePart<'r> {
    /// Among plans and pages.
    pub(super) place: usize,
    /// Whether it is the only one, and so needs no name in addresses.
    pub(super) alone: bool,
    pub(super) page: &'r Page,
}

impl PagePart<'_> {
    pub(super) fn section(&self, name: &'static str) -> Anchor {
        Anchor { prefix: (!self.alone).then_some(self.place), name, number: None }
    }

    /// What its main thread did; none where nothing was sampled or nothing ran.
    pub(super) fn flame(&self) -> Option<Flame> {
        let flame = Flame::of_profile(self.page.trace()?.profile.as_ref()?);
        Some(flame).filter(|flame| flame.root().total > 0.0)
    }
}

/// A part of what is said of a page.
struct Section {
    /// In addresses.
    name: &'static str,
    /// A word or two, for the way there.
    link: &'static str,
    title: &'static str,
    /// Whether there is anything to say.
    has: fn(&Page) -> bool,
    write: fn(&mut Html, &Page),
}

/// How it was measured, its numbers, then where these come from: scripts, styles, time, network, memory.
const SECTIONS: &[Section] = &[
    Section { name: "passes", link: "Passes", title: "Passes", has: |_| true, write: passes },
    Section { name: "numbers", link: "Numbers", title: "Numbers", has: |_| true, write: metrics },
    code::SELECTORS,
    counted::REACT,
    counted::QUERIES,
    counted::JQUERY,
    code::CSS,
    counted::INVALIDATION,
    code::LONG_TASKS,
    code::FORCED,
    counted::REQUESTS,
    memory::GROWTH,
    memory::RETAINERS,
];

pub(super) fn write(html: &mut Html, part: &PagePart<'_>) {
    let capture = &part.page.capture;
    put!(html, "<section class=\"subject\" aria-labelledby=\"" {part.section("name")} "\"><h2 id=\"" {part.section("name")} "\">");
    put!(html, {part.page.name()} "</h2><p class=\"measured\">" {measured(part.page)} "</p>");
    if capture.url != capture.name {
        put!(html, "<p class=\"note\">at " {&capture.url} "</p>");
    }
    if let Some(why) = &capture.stopped {
        put!(html, "<p class=\"note\"><strong>steps ended early:</strong> " {why} "</p>");
    }
    for note in &capture.notes {
        put!(html, "<p class=\"note\"><strong>note:</strong> " {note} "</p>");
    }
    contents(html, part);
    for section in SECTIONS.iter().filter(|section| (section.has)(part.page)) {
        put!(html, "<h3 id=\"" {part.section(section.name)} "\">" {section.title} "</h3>");
        (section.write)(html, part.page);
    }
    if let Some(flame) = part.flame() {
        flame::write_page(html, part, &flame);
    } else {
        put!(html, "<h3 id=\"" {part.section("flame")} "\">Flame graph</h3><p class=\"note\">Not drawn: nothing was sampled.</p>");
    }
    environment(html, part);
    put!(html, "</section>");
}

/// The way to each part.
fn contents(html: &mut Html, part: &PagePart<'_>) {
    put!(html, "<nav class=\"parts\" aria-label=\"Parts of " {part.page.name()} "\">");
    for section in SECTIONS.iter().filter(|section| (section.has)(part.page)) {
        put!(html, "<a href=\"#" {part.section(section.name)} "\">" {section.link} "</a>");
    }
    put!(html, "<a href=\"#" {part.section("flame")} "\">Flame graph</a><a href=\"#" {part.section("environment")} "\">Environment</a></nav>");
}

/// `HTTP 200, Chrome/156.0.8078.79, 1280x720, 4 times slower`.
fn measured(page: &Page) -> String {
    let capture = &page.capture;
    let (width, height) = capture.settings.viewport;
    let mut parts: Vec<String> = capture.status.map(|status| format!("HTTP {status}")).into_iter().collect();
    parts.extend([capture.browser.clone(), format!("{width}x{height}")]);
    if capture.settings.cpu_throttle > 1.0 {
        parts.push(format!("{} times slower", grouped(capture.settings.cpu_throttle)));
    }
    if capture.settings.offline {
        parts.push("other hosts blocked".to_owned());
    }
    parts.join(", ")
}

/// What a column holds, for how it is aligned.
pub(super) enum Column<'a> {
    Words(&'a str),
    Number(&'a str),
}

/// A table that scrolls by itself where the screen is narrow.
pub(super) fn open_table(html: &mut Html, name: &str, columns: &[Column<'_>]) {
    // A group and no landmark: a page has a dozen of these, and a report may be about several pages.
    put!(html, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"" {name});
    put!(html, "\"><table class=\"numbers\"><thead><tr>");
    for column in columns {
        match column {
            Column::Words(name) => put!(html, "<th scope=\"col\" class=\"words\">" {name} "</th>"),
            Column::Number(name) => put!(html, "<th scope=\"col\">" {name} "</th>"),
        }
    }
    put!(html, "</tr></thead><tbody>");
}

pub(super) fn close_table(html: &mut Html) {
    put!(html, "</tbody></table></div>");
}

/// What was measured, and what could not be.
fn passes(html: &mut Html, page: &Page) {
    open_table(html, "Passes", &[Words("pass"), Number("took"), Words("outcome")]);
    for (name, outcome) in page.passes() {
        let (took, words) = match outcome {
            Outcome::NotRun => continue,
            Outcome::Failed(ms, why) => (ms, format!("could not measure: {why}")),
            Outcome::Measured(ms, None) => (ms, "measured".to_owned()),
            Outcome::Measured(ms, Some(why)) => (ms, format!("approximate: {why}")),
        };
        put!(html, "<tr><th scope=\"row\">" {name} "</th><td>" {Ms(took)} "</td><td class=\"words");
        html.markup(if matches!(outcome, Outcome::Failed(..)) { " bad" } else { "" });
        put!(html, "\">" {words} "</td></tr>");
    }
    close_table(html);
    let not_run = page.passes().into_iter().filter(|(_, outcome)| *outcome == Outcome::NotRun);
    let not_run: Vec<&str> = not_run.map(|(name, _)| name).collect();
    if !not_run.is_empty() {
        put!(html, "<p class=\"note\">Not run, since nothing asked for it: " {not_run.join(", ")} "</p>");
    }
}

fn metrics(html: &mut Html, page: &Page) {
    if page.metrics.is_empty() {
        return put!(html, "<p class=\"note\">Nothing was measured.</p>");
    }
    open_table(html, "Numbers", &[Words("number"), Number("value"), Words("in each run")]);
    for (name, metric) in &page.metrics {
        let again = if metric.is_exact { "the same" } else { "differs" };
        put!(html, "<tr><th scope=\"row\">" {name} "</th><td>" {metric.value} "</td><td class=\"words\">" {again} "</td></tr>");
    }
    close_table(html);
}

/// `src/Row.jsx:20:14 BadRow`; what the browser loaded where that is another file.
pub(super) fn site(html: &mut Html, site: &Site) {
    put!(html, { site });
    if site.original.is_some() {
        put!(html, " <span class=\"limit\">" {&site.url} ":" {site.at} "</span>");
    }
}

/// By how much a series grows with each repeat of the steps; two repeats are the least that tell.
pub(super) fn growth(series: &[u64], shown: fn(f64) -> Quantity) -> String {
    match series_growth(series) {
        None if series.len() < 3 => "not measured".to_owned(),
        None => "none".to_owned(),
        Some(Growth::Steady(step)) => format!("+{}", shown(step as f64)),
        Some(Growth::Irregular(slope)) => format!("about +{}", shown(slope)),
    }
}

fn environment(html: &mut Html, part: &PagePart<'_>) {
    let settings = &part.page.capture.settings;
    put!(html, "<details class=\"fold-out\" id=\"" {part.section("environment")} "\"><summary><h3>Environment</h3></summary><dl class=\"properties\">");
    put!(html, "<div><dt>Browser</dt><dd>" {&part.page.capture.browser} "</dd></div>");
    put!(html, "<div><dt>Cores</dt><dd>" {settings.cpus} "</dd></div>");
    put!(html, "<div><dt>Times taken</dt><dd>" {words::plural(settings.timing_runs as usize, "run")} "</dd></div>");
    if settings.steps.is_empty() {
        put!(html, "<div><dt>Steps</dt><dd>none: the page was loaded</dd></div>");
    } else {
        put!(html, "<div><dt>Steps repeated</dt><dd>" {words::plural(settings.repeats as usize, "time")} "</dd></div>");
    }
    for (place, step) in settings.steps.iter().enumerate() {
        put!(html, "<div><dt>Step " {place + 1} "</dt><dd>" {step} "</dd></div>");
    }
    put!(html, "</dl></details>");
}
