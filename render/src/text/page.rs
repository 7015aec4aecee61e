//! A page as text: how it was measured, its numbers, and its selectors by the place that made them.

use std::fmt::Write as _;

use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::safe;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::page::{CssPlace, Outcome, SelectorSite};

use super::{Ink, Pen};
use crate::words::{plural, selectors as selectors_of};

/// More sites than this are counted; JSON has them all.
const SITES: usize = 10;

pub(super) fn draw(pen: &Pen<'_>, text: &mut String, page: &Page) {
    let capture = &page.capture;
    let (width, height) = capture.settings.viewport;
    let mut line = format!("{}, {}, {width}x{height}", capture.name, capture.browser);
    if capture.settings.cpu_throttle > 1.0 {
        let _ = write!(line, ", {} times slower", grouped(capture.settings.cpu_throttle));
    }
    if capture.settings.offline {
        line.push_str(", other hosts blocked");
    }
    pen.hanging(text, "", Ink::Strong, &safe::line(&line));
    if capture.url != capture.name {
        pen.hanging(text, "  at ", Ink::Plain, &safe::line(&capture.url));
    }
    passes(pen, text, page);
    if let Some(why) = &capture.stopped {
        pen.hanging(text, "  the steps stopped at ", Ink::Poor, &safe::line(why));
    }
    for note in &capture.notes {
        pen.hanging(text, "  note: ", Ink::Plain, &safe::line(note));
    }
    metrics(pen, text, page);
    selectors(pen, text, page);
    css_selectors(pen, text, page);
}

fn passes(pen: &Pen<'_>, text: &mut String, page: &Page) {
    let mut measured = Vec::new();
    for (name, outcome) in page.passes() {
        match outcome {
            Outcome::NotRun => {}
            Outcome::Measured(ms, None) => measured.push(format!("{name} {}", Ms(ms))),
            Outcome::Measured(ms, Some(why)) => measured.push(format!("{name} {} (approximate: {why})", Ms(ms))),
            Outcome::Failed(ms, why) => {
                let words = format!("{name}: {why} (after {})", Ms(ms));
                pen.hanging(text, "  could not measure ", Ink::Poor, &safe::line(&words));
            }
        }
    }
    if !measured.is_empty() {
        pen.hanging(text, "  measured in passes: ", Ink::Faint, &safe::line(&measured.join(", ")));
    }
}

/// What is the same in each run first, then what is not.
fn metrics(pen: &Pen<'_>, text: &mut String, page: &Page) {
    let runs = page.capture.timing.rows().map_or(0, |timing| timing.runs.len());
    let varies = match runs {
        0 => "numbers that differ from run to run".to_owned(),
        1 => "numbers that differ from run to run; times are of one run, so no spread is known".to_owned(),
        runs => format!("numbers that differ from run to run; times are the median of {runs} runs"),
    };
    for (is_exact, heading) in [(true, "numbers that are the same in each run"), (false, &*varies)] {
        let here = page.metrics.iter().filter(|(_, metric)| metric.is_exact == is_exact);
        let rows: Vec<(&str, String)> = here.map(|(name, metric)| (*name, metric.value.to_string())).collect();
        let Some(widest) = rows.iter().map(|(name, _)| name.len()).max() else { continue };
        let _ = writeln!(text, "\n  {}", pen.ink(Ink::Strong, heading));
        for (name, value) in rows {
            let _ = writeln!(text, "  {name:widest$}  {value:>12}");
        }
    }
}

fn selectors(pen: &Pen<'_>, text: &mut String, page: &Page) {
    if page.selector_sites.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n  {}",
        pen.ink(
            Ink::Strong,
            "live selectors, by the place of their combiner (the last function given to createSelector)"
        )
    );
    for site in page.selector_sites.iter().take(SITES) {
        pen.hanging(text, &format!("  {:>9}  ", grouped(site.instances as f64)), Ink::Plain, &safe::line(&words(site)));
    }
    if let Some(more) = page.selector_sites.len().checked_sub(SITES).filter(|more| *more > 0) {
        let rest: u64 = page.selector_sites[SITES..].iter().map(|site| site.instances).sum();
        let _ = writeln!(text, "  {:>9}  at {}", grouped(rest as f64), plural(more, "other place"));
    }
}

fn words(site: &SelectorSite) -> String {
    let times = if site.recomputations == 1 { "time" } else { "times" };
    format!("{} ({}, it ran {} {times})", site.site, site.library, grouped(site.recomputations as f64))
}

/// The page's own selectors that the engine tried most often; the browser's own nobody can change.
fn css_selectors(pen: &Pen<'_>, text: &mut String, page: &Page) {
    let places = page.css_places();
    if places.is_empty() {
        return;
    }
    let heading = "selectors of style sheets, by how often an element was held against them";
    let _ = writeln!(text, "\n  {}", pen.ink(Ink::Strong, heading));
    for place in places.iter().take(SITES) {
        let count = format!("  {:>9}  ", grouped(place.match_attempts as f64));
        pen.hanging(text, &count, Ink::Plain, &safe::line(&cost(place)));
    }
    let rest: Vec<u64> = places.iter().skip(SITES).map(|place| place.match_attempts).collect();
    if !rest.is_empty() {
        let (sum, others) = (grouped(rest.iter().sum::<u64>() as f64), plural(rest.len(), "other place"));
        let _ = writeln!(text, "  {sum:>9}  at {others}");
    }
}

fn cost(place: &CssPlace<'_>) -> String {
    let (matched, rejected) = (grouped(place.match_count as f64), grouped(place.fast_rejects as f64));
    let words = format!("{} ({matched} matched, {rejected} ruled out at once)", selectors_of(place));
    match place.site() {
        Some(site) => format!("{words} at {site}"),
        None => words,
    }
}
