//! Flame graphs of plans and pages: folded stacks, and a picture of them.

mod differential;
mod folded;
pub(crate) mod palette;
mod svg;

use std::io::{self, Write};

use perf_look_analyzers::Report;
use perf_look_analyzers::flame::{Class, Coloring, Differential, Flame, FrameId, Tint, Widths, describe, numbers};

pub(crate) use folded::DEEPEST;
pub use folded::Unit;

/// Writes folded stacks, a line a frame: what it took itself, in a unit that goes into the file's name.
pub fn folded(flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    folded::write(flame, Unit::of(flame), out)
}

/// Writes a picture: SVG that holds all it needs, to be searched and zoomed in a browser.
pub fn svg(report: &Report, subject: usize, flame: &Flame, coloring: Coloring, out: &mut dyn Write) -> io::Result<()> {
    let name = report.subjects.get(subject).map_or("", |subject| subject.name.as_str());
    let says = |id: FrameId| {
        let tint = Tint::of(report, subject, &flame.frames()[id], coloring);
        (tint, describe(report, subject, flame, id))
    };
    let subtitle = "plan order, not time order";
    svg::Picture { name, flame, legend: coloring.tints(), says: &says, subtitle }.write(out)
}

/// Writes a picture of what a page did, as [`svg()`] does of plans.
pub fn page_svg(name: &str, flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    let says = |id: FrameId| (Tint::Class(flame.frames()[id].class), numbers(flame, id));
    let legend = Class::OF_PAGES.map(Tint::Class).to_vec();
    svg::Picture { name, flame, legend, says: &says, subtitle: "" }.write(out)
}

/// Writes folded stacks with two counts, before and after.
pub fn differential_folded(differential: &Differential, out: &mut dyn Write) -> io::Result<()> {
    differential::folded(differential, out)
}

/// The unit of the counts of [`differential_folded`].
pub fn differential_unit(differential: &Differential) -> Unit {
    differential::unit(differential)
}

/// Writes a picture of two plans in one.
pub fn differential_svg(
    name: &str,
    differential: &Differential,
    widths: Widths,
    out: &mut dyn Write,
) -> io::Result<()> {
    differential::Picture { name, differential, widths }.write(out)
}
