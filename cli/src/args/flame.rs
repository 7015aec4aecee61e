//! What was typed behind `perf-look flame`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use perf_look_analyzers::flame::{Coloring, Measure, Widths};

use super::GENERAL;

pub(super) const EXAMPLES: &str = "\
Examples:
  perf-look flame plan.json -o plan.svg                        where the time goes, in a browser
  perf-look flame plan.txt --measure buffers -o buffers.svg    where the blocks are read
  perf-look flame after.json --before before.json -o diff.svg  what became slower and faster
  psql -XAtf slow.sql | perf-look flame - --format folded      stacks for other tools
  perf-look flame page.capture -o page.svg                     what a page's main thread did";

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Flame {
    /// A saved plan in any format, or a capture; - is standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: String,
    /// Which plan or page of the input, by its number from 1 [default: the slowest plan, or the first page]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) subject: Option<u32>,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    pub(crate) format: FlameFormat,
    /// What the width of a frame is: wall, work, buffers, read, temp, io, wal, rows, cost [default: wall where all was timed, else cost]
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    pub(crate) measure: Option<Measure>,
    /// Draw the difference to this plan or page: slower in orange, faster in blue
    #[arg(long, value_name = "INPUT")]
    pub(crate) before: Option<String>,
    /// How wide the frames of a difference are: larger (of the two), before, after
    #[arg(long, value_name = "WHICH", default_value = "larger", value_parser = widths, requires = "before")]
    pub(crate) widths: Widths,
    /// What frames are coloured by: class, misestimate, findings
    #[arg(long, value_name = "WHAT", default_value = "class", value_parser = coloring, conflicts_with = "before")]
    pub(crate) color_by: Coloring,
    /// Write to a file; - is standard output
    #[arg(short = 'o', long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

/// What `flame` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FlameFormat {
    /// A picture for a browser
    Svg,
    /// Stacks with counts, for inferno, flamelens, speedscope
    Folded,
    /// JSON for speedscope, all measures
    Speedscope,
    /// JSON for the Firefox Profiler, all measures and processes
    Firefox,
    /// A gzipped protocol buffer for go tool pprof, Pyroscope, Parca, Grafana, all measures
    Pprof,
    /// Samples of a page for the browser's own tools and for editors
    Cpuprofile,
}

fn measure(text: &str) -> Result<Measure, String> {
    let all = Measure::ALL.map(Measure::name).join(", ");
    Measure::named(text).ok_or_else(|| format!("no such measure; there are {all}"))
}

fn widths(text: &str) -> Result<Widths, String> {
    let all = Widths::ALL.map(Widths::name).join(", ");
    Widths::named(text).ok_or_else(|| format!("widths are {all}"))
}

fn coloring(text: &str) -> Result<Coloring, String> {
    let all = Coloring::ALL.map(Coloring::name).join(", ");
    Coloring::named(text).ok_or_else(|| format!("frames are coloured by {all}"))
}
