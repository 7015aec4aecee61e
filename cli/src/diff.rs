//! `perf-look diff`: two inputs, statement by statement and step by step.

use perf_look_analyzers::Comparison;

use crate::args::Diff;
use crate::config::Config;
use crate::failure::Failure;
use crate::inputs;
use crate::output::Outputs;
use crate::status::Status;
use crate::terminal::Terminal;

/// Shows what changed. That something did is no failure: whether it may is the gate's to say.
pub(crate) fn run(diff: &Diff, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of_comparison(&diff.reports, diff.output.as_deref())?;
    if diff.before == "-" && diff.after == "-" {
        return Err(inputs::twice_from_stdin());
    }
    let comparison = Comparison::of(inputs::judged(&diff.before, config)?, inputs::judged(&diff.after, config)?);
    outputs.write_comparison(&comparison, terminal)?;
    let rejects = comparison.before.rejects.len() + comparison.after.rejects.len();
    Ok(match comparison.differences.len() {
        _ if rejects > 0 => Status::Unmeasured,
        0 => Status::Nothing,
        _ => Status::Clean,
    })
}
