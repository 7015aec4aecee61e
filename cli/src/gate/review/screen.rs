//! The review on the whole terminal: what was decided is written at its end, and what cannot be stays there.

use std::collections::BTreeSet;

use anyhow::Context as _;
use perf_look_tui::action::Message;
use perf_look_tui::review::Choice;
use perf_look_tui::run::{self, End, Look, Outcome};
use perf_look_tui::{Action, Effect, Model, Review};

use super::write;
use crate::failure::{Failure, note};
use crate::gate::store::Store;
use crate::status::Status;
use crate::terminal::Terminal;

/// Shows the review until the user leaves, and says then what was written.
pub(super) fn run(review: Review, look: Look, store: &Store, terminal: &Terminal) -> Result<Status, Failure> {
    let all = review.targets.len();
    let mut written = BTreeSet::new();
    let end = run::run(Model::of_review(review), look, |model, effect| match effect {
        Effect::Settle(choices) => Outcome::Then(settle((model, store), &choices, &mut written)),
        // The loop has done the others.
        _ => Outcome::Then(Action::Said(Message::Note(String::new()))),
    });
    let end = end.context("could not go on with the terminal")?;
    match written.len() {
        0 => note(terminal, "nothing was written"),
        some => note(terminal, &format!("{some} of {all} targets were decided; commit what changed")),
    }
    match end {
        End::Left => Ok(Status::Clean),
        End::Signal(number) => Ok(Status::of_signal(number)),
    }
}

/// Writes what is not written yet. What fails is said in its place, and can be tried again.
fn settle((model, store): (&Model, &Store), choices: &[(String, Choice)], written: &mut BTreeSet<String>) -> Action {
    for (name, choice) in choices {
        let target = model.review().and_then(|review| review.targets.iter().find(|one| one.outcome.target == *name));
        let Some(target) = target.filter(|_| !written.contains(name)) else { continue };
        if let Err(failure) = write::carry_out(store, target, choice) {
            return Action::Said(Message::Failure(format!("{name}: {}", failure.message_with_help())));
        }
        written.insert(name.clone());
    }
    Action::Settled
}
