//! What was typed behind `perf-look gate`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use perf_look_render::GateFormat;

use super::{Connection, GENERAL, REPORT, TuiWhen};
use crate::output::Wanted;

pub(super) const EXAMPLES: &str = "\
Examples:
  perf-look gate                        check every target of perf-look.toml
  perf-look gate 'shop/*'               only some of them
  perf-look gate --base origin/main     count and time what the change was made on
  perf-look gate --report text --report junit=gate.xml
  perf-look gate review                 what changed, on the whole terminal; decide on each
  perf-look gate accept shop/orders.sql#lookup --reason 'the list is longer now'
  perf-look gate accept --all --reason 'the first baseline'

Counts decide: rows, blocks, calls, objects, which another run repeats. What
does not repeat is said and not judged. Where CI is set nothing is written.

Exit codes:
  0  nothing is worse    1  worse                 2  wrong usage or configuration
  3  could not measure   4  nothing to check, or a target without a baseline
  5  not comparable: settings, versions or the browser are others";

/// `perf-look gate`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Gate {
    /// Targets, or patterns of them: shop/orders.sql#lookup, 'shop/*' [default: all]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    #[command(subcommand)]
    pub(crate) command: Option<GateCommand>,
    #[command(flatten)]
    pub(crate) check: Check,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

/// How it is checked and what is written of it.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags that somebody types or does not")]
pub(crate) struct Check {
    /// Only plan statements, do not run them: costs alone decide
    #[arg(long)]
    pub(crate) no_execute: bool,
    /// What the change was made on, a branch or a folder: what is not worse there counts, and times are taken side by side
    #[arg(long, value_name = "REVISION|FOLDER")]
    pub(crate) base: Option<String>,
    /// A target without a baseline is no failure
    #[arg(long)]
    pub(crate) allow_new: bool,
    /// Compare although settings, versions or the browser are others
    #[arg(long)]
    pub(crate) rebase_inputs: bool,
    /// Fail on waivers that nothing uses, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Report only: the exit code is 0 whatever was found
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// What counts as today for waivers [default: the clock's]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) today: Option<String>,
    /// What to print or write: text, json, junit, sarif, github, gitlab, markdown, html; repeatable; =PATH writes to a file
    #[arg(long = "report", value_name = "FORMAT[=PATH]", help_heading = REPORT)]
    pub(crate) reports: Vec<Wanted<GateFormat>>,
    /// Write the report to a file instead of standard output
    #[arg(short = 'o', long, value_name = "PATH", help_heading = REPORT)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Go through what changed and decide on each: accept, waive, reject
    Review {
        /// Targets, or patterns of them [default: all]
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        /// When to take the whole terminal; without it there is a question a target [default: auto]
        #[arg(long, value_name = "WHEN")]
        tui: Option<TuiWhen>,
        #[command(flatten)]
        help: super::Help,
    },
    /// Take what the last run measured as what is right from now on
    Accept(Accept),
    /// Remove baselines whose target there is not any more
    Prune {
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        help: super::Help,
    },
    /// Give a baseline the new name of its target
    Move {
        /// The name as it was
        #[arg(value_name = "OLD")]
        old: String,
        /// The name as it is
        #[arg(value_name = "NEW")]
        new: String,
        #[command(flatten)]
        help: super::Help,
    },
    /// Break an index on a throw-away copy and see that the gate notices, and that it is silent without
    Selftest {
        #[command(flatten)]
        help: super::Help,
    },
    /// Measure how large a change of time this machine can tell
    Calibrate {
        /// How many pairs of each statement
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(6..=200))]
        pairs: u32,
        #[command(flatten)]
        help: super::Help,
    },
    /// Bring a server into a state in which counts repeat: VACUUM, ANALYZE with a full sample
    Settle(Settle),
}

/// `perf-look gate accept`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Accept {
    /// Targets, or patterns of them
    #[arg(value_name = "TARGET", required_unless_present_any = ["all", "improved"])]
    pub(crate) targets: Vec<String>,
    /// Every target that was measured
    #[arg(long)]
    pub(crate) all: bool,
    /// Only lower what is accepted, where less was measured
    #[arg(long)]
    pub(crate) improved: bool,
    /// Why; it is kept in the baseline
    #[arg(long, value_name = "TEXT", required_unless_present = "improved")]
    pub(crate) reason: Option<String>,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

/// `perf-look gate settle`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Settle {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Print help
    #[arg(long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}
