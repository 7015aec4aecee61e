//! Flame graphs of plans: folded stacks, and a picture of them.

mod folded;
pub(crate) mod palette;
mod svg;

use std::io::{self, Write};

use perf_look_analyzers::Report;
use perf_look_analyzers::flame::{Coloring, Flame};

pub use folded::Unit;

/// Writes folded stacks, a line a frame: what it took itself, in a unit that goes into the file's name.
pub fn folded(flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    folded::write(flame, Unit::of(flame), out)
}

/// Writes a picture: SVG that holds all it needs, to be searched and zoomed in a browser.
pub fn svg(report: &Report, subject: usize, flame: &Flame, coloring: Coloring, out: &mut dyn Write) -> io::Result<()> {
    svg::Picture { report, subject, flame, coloring }.write(out)
}
