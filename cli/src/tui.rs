//! The terminal UI as this program runs it: whether there is a terminal for it, and what it needs from outside.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::Report;
use perf_look_tui::action::Message;
use perf_look_tui::run::{self, End, Look, Outcome};
use perf_look_tui::{Action, Model};

use crate::args::TuiWhen;
use crate::failure::Failure;
use crate::status::Status;
use crate::terminal::Terminal;

/// How to draw, where the whole terminal is to be taken.
pub(crate) fn look(when: TuiWhen, terminal: &Terminal) -> Result<Option<Look>, Failure> {
    let take = match when {
        TuiWhen::Never => false,
        TuiWhen::Auto => terminal.is_takeable(),
        TuiWhen::Always if Terminal::exists() => true,
        TuiWhen::Always => {
            return Err(Failure::usage(anyhow!("--tui=always needs a terminal, and there is none"))
                .help("--plain prints the report as text"));
        }
    };
    Ok(take.then(|| terminal.look()))
}

/// Shows a report until the user leaves.
pub(crate) fn show(report: Report, look: Look) -> Result<Status, Failure> {
    let end = run::run(Model::new(report), look, |_, effect| {
        Outcome::Then(Action::Said(Message::Note(format!("not in this version: {effect:?}"))))
    });
    match end.context("could not go on with the terminal")? {
        End::Left => Ok(Status::Clean),
        End::Signal(number) => Ok(Status::of_signal(number)),
    }
}
