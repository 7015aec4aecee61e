//! The places that a person will ask for the code of, those that matter most first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::web::capture::{Census, Counts, PageCapture, Timing};
use crate::web::place::{Position, Site};
use crate::web::trace::Trace;

/// How many functions of a page, and callers of a place, are of interest.
const FUNCTIONS: usize = 40;
const CALLERS: usize = 3;

/// All sites that the rows of a capture name, each once: first those of the census, then of the counts, then of times.
pub(super) fn sites(capture: &PageCapture) -> Vec<Site> {
    let mut sites = Vec::new();
    if let Some(census) = capture.census.rows() {
        of_census(census, &mut sites);
    }
    if let Some(trace) = capture.timing.rows().and_then(middle) {
        of_layouts(trace, &mut sites);
    }
    if let Some(counts) = capture.counts.rows() {
        of_counts(counts, &mut sites);
    }
    if let Some(trace) = capture.timing.rows().and_then(middle) {
        of_functions(trace, &mut sites);
    }
    let causes = capture.invalidation.rows().map_or(&[][..], |invalidations| &invalidations.causes);
    sites.extend(causes.iter().filter_map(|cause| cause.site.clone()));
    let mut seen: BTreeSet<(String, Position)> = BTreeSet::new();
    sites.retain(|site| seen.insert((site.file().to_owned(), site.position())));
    sites
}

fn middle(timing: &Timing) -> Option<&Trace> {
    timing.runs.get(Timing::middle(&timing.runs)?)
}

fn of_census(census: &Census, sites: &mut Vec<Site>) {
    let selectors = census.selectors.iter().map(|group| (&group.site, group.instances.last().copied().unwrap_or(0)));
    sites.extend(most(selectors));
    sites.extend(most(census.closures.iter().map(|(site, series)| (site, series.last().copied().unwrap_or(0)))));
}

fn of_counts(counts: &Counts, sites: &mut Vec<Site>) {
    sites.extend(most(counts.created.iter().map(|created| (&created.site, created.count.total()))));
    sites.extend(most(counts.queries.iter().map(|query| (&query.site, query.calls.total()))));
    sites.extend(counts.warnings.iter().filter_map(|warning| warning.site.clone()));
    if let Some(jquery) = &counts.jquery {
        sites.extend(most(jquery.switches.iter().map(|(site, count)| (site, *count))));
        sites.extend(most(jquery.objects.iter().chain(&jquery.finds).map(|(site, times)| (site, times.total()))));
    }
    sites.extend(most(counts.listeners.iter().map(|(site, count)| (site, *count))));
    sites.extend(most(counts.timers.iter().map(|timer| (&timer.site, timer.set.total()))));
    let components = counts.react.iter().flatten();
    sites.extend(most(components.filter_map(|it| Some((it.site.as_ref()?, it.renders.total())))));
    sites.extend(most(counts.calls.iter().map(|it| (&it.site, it.calls.total()))).take(FUNCTIONS));
    sites.extend(most(counts.loops.iter().map(|it| (&it.site, it.turns.total()))).take(FUNCTIONS));
    let callers = counts.created.iter().flat_map(|created| created.stack.iter().take(CALLERS));
    sites.extend(callers.cloned());
}

fn of_layouts(trace: &Trace, sites: &mut Vec<Site>) {
    let forced = &trace.layouts.forced;
    sites.extend(most(forced.iter().map(|forced| (&forced.site, forced.us))));
    sites.extend(trace.layouts.large_recalcs.iter().filter_map(|recalc| recalc.forced_by.clone()));
    sites.extend(forced.iter().flat_map(|forced| forced.stack.iter().take(CALLERS)).cloned());
}

fn of_functions(trace: &Trace, sites: &mut Vec<Site>) {
    let of_tasks = trace.long_tasks.iter().flat_map(|task| &task.functions);
    sites.extend(of_tasks.filter_map(|cost| cost.function.site()).take(FUNCTIONS));
    if let Some(profile) = &trace.profile {
        let functions = profile.heaviest(profile.start_us, profile.end_us).into_iter();
        sites.extend(functions.filter_map(|cost| cost.function.site()).take(FUNCTIONS));
        let queries = profile.queries().into_iter();
        sites.extend(queries.filter_map(|cost| cost.caller.site()).take(FUNCTIONS));
    }
    sites.extend(trace.timers.iter().filter_map(|timer| timer.site.clone()));
}

/// Those with the highest number first; of the same number in their own order, so that it is always the same.
fn most<'s>(sites: impl Iterator<Item = (&'s Site, u64)>) -> impl Iterator<Item = Site> {
    let mut sites: Vec<(&Site, u64)> = sites.collect();
    sites.sort_by_key(|(site, number)| (Reverse(*number), *site));
    sites.into_iter().map(|(site, _)| site.clone())
}
