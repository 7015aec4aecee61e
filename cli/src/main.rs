//! The program `perf-look`: an exit code and, where something went wrong, one clear message.

mod again;
mod args;
mod columns;
mod config;
mod connection;
mod crash;
mod db;
mod demo;
mod diff;
mod doctor;
mod duration;
mod editor;
mod export;
mod failure;
mod files;
mod flame;
#[cfg(unix)]
mod gate;
mod init;
mod inputs;
mod live;
mod logs;
mod open;
mod output;
mod overview;
mod pages;
mod progress;
mod run;
mod signals;
mod status;
mod stored;
mod terminal;
mod top;
mod tui;
mod verify;
#[cfg(unix)]
mod web;

use std::panic;
use std::process::ExitCode;

use status::Status;

fn main() -> ExitCode {
    crash::install();
    // What a panic has to say is said by then.
    let Ok((terminal, outcome)) = panic::catch_unwind(|| run::run(std::env::args_os())) else {
        return ExitCode::from(Status::Usage);
    };
    let status = outcome.unwrap_or_else(|failure| {
        failure.print(terminal.stderr());
        failure.status
    });
    ExitCode::from(status)
}
