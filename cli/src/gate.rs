//! `perf-look gate`: whether a change made a query or a page worse.

mod accept;
mod base;
mod check;
mod checkout;
mod database;
mod measure;
mod review;
mod selftest;
mod serve;
mod settle;
mod store;
mod targets;
mod waive;

use selftest::Trial;

use crate::args::{Common, Gate, GateCommand};
use crate::config::Config;
use crate::failure::Failure;
use crate::status::Status;
use crate::terminal::Terminal;

/// Checks, or does what the subcommand says.
pub(crate) fn run(gate: &Gate, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    match &gate.command {
        None => check::run(gate, common, config, terminal),
        Some(GateCommand::Accept(args)) => accept::accept(args, config, terminal),
        Some(GateCommand::Review { targets, tui, .. }) => review::run((targets, *tui), config, (common, terminal)),
        Some(GateCommand::Prune { dry_run, .. }) => accept::prune(*dry_run, config, terminal),
        Some(GateCommand::Move { old, new, .. }) => accept::rename(old, new, config, terminal),
        Some(GateCommand::Settle(args)) => settle::run(args, common, terminal),
        Some(GateCommand::Selftest { .. }) => Trial { common, config, terminal }.selftest(),
        Some(GateCommand::Calibrate { pairs, .. }) => Trial { common, config, terminal }.calibrate(*pairs),
    }
}
