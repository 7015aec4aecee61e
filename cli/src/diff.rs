//! `perf-look diff`: two inputs, statement by statement and step by step, page by page and place by place.

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
    let before = inputs::judged_of_any_kind(&diff.before, config)?;
    let after = inputs::judged_of_any_kind(&diff.after, config)?;
    inputs::of_one_kind((&diff.before, &before), (&diff.after, &after))?;
    let comparison = Comparison::of(before, after);
    outputs.write_comparison(&comparison, terminal)?;
    let rejects = comparison.before.rejects.len() + comparison.after.rejects.len();
    Ok(match comparison.differences.len() + comparison.pages.len() {
        _ if rejects > 0 => Status::Unmeasured,
        0 => Status::Nothing,
        _ => Status::Clean,
    })
}
