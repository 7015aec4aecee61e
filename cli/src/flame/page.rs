//! A page as a picture or as a file for another viewer.

use std::io::{self, Write};

use anyhow::anyhow;
use perf_look_analyzers::flame::{Coloring, Differential, Flame, Measure};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::page::Outcome;
use perf_look_analyzers::web::trace::Trace;
use perf_look_render::{flamegraph, profile};

use super::{nothing, profile_of};
use crate::args::{self, FlameFormat};
use crate::failure::Failure;

/// What is drawn of a page.
pub(super) fn flame(page: &Page, args: &args::Flame) -> Result<Flame, Failure> {
    asked(args)?;
    let profile = page.trace().and_then(|trace| trace.profile.as_ref()).ok_or_else(|| not_sampled(page))?;
    let flame = Flame::of_profile(profile);
    if flame.root().total <= 0.0 {
        return Err(nothing(page.name(), "nothing ran"));
    }
    Ok(flame)
}

/// What is drawn of two pages.
pub(super) fn differential(before: &Page, after: &Page, args: &args::Flame) -> Result<Differential, Failure> {
    asked(args)?;
    let is_sampled = |page: &&Page| page.trace().is_some_and(|trace| trace.profile.is_some());
    if let Some(lacking) = [before, after].into_iter().find(|page| !is_sampled(page)) {
        return Err(not_sampled(lacking));
    }
    let differential = Differential::of_pages(before, after).ok_or_else(|| not_sampled(after))?;
    let (was, is) = differential.totals();
    if was <= 0.0 && is <= 0.0 {
        return Err(nothing(after.name(), "nothing ran in either"));
    }
    Ok(differential)
}

/// What plans have and pages have not.
fn asked(args: &args::Flame) -> Result<(), Failure> {
    let refused = |what: String, help: &str| Err(Failure::usage(anyhow!("{what}")).help(help));
    if let Some(measure) = args.measure.filter(|measure| *measure != Measure::Wall) {
        let what = format!("{} is not in a page: its frames are as wide as they took time", measure.name());
        return refused(what, "leave out --measure, or say wall");
    }
    if args.color_by != Coloring::Class {
        let what = format!("frames of a page are not coloured by {}", args.color_by.name());
        return refused(what, "leave out --color-by, or say class");
    }
    Ok(())
}

fn not_sampled(page: &Page) -> Failure {
    let timing = page.passes().into_iter().find(|(name, _)| *name == "timing");
    let why = match timing {
        Some((_, Outcome::Failed(_, why))) => why,
        Some((_, Outcome::Measured(..))) => "nothing was sampled",
        _ => "times were not taken",
    };
    Failure::unmeasured(anyhow!("{}: {why}", page.name())).help("record it again: perf-look web URL --save FILE")
}

/// Writes it as it was asked for.
pub(super) fn draw(page: &Page, flame: &Flame, format: FlameFormat, out: &mut dyn Write) -> io::Result<()> {
    let nothing = Trace::default();
    let trace = page.trace().unwrap_or(&nothing);
    match (format, profile_of(format)) {
        (_, Some(format)) => profile::export_page(page.name(), trace, format, out),
        (FlameFormat::Cpuprofile, None) => profile::cpuprofile(trace, out),
        (FlameFormat::Folded, None) => flamegraph::folded(flame, out),
        (_, None) => flamegraph::page_svg(page.name(), flame, out),
    }
}
