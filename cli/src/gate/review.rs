//! `perf-look gate review`: what changed, target by target, and what becomes of it.
//!
//! On a screen, where nothing is written before its end; without one as a question a target, below what the report says
//! of it, which works in every terminal and with every reader of screens.

mod questions;
mod screen;
mod write;

use anyhow::anyhow;
use console::Term;
use perf_look_analyzers::gate::waivers::Terms;
use perf_look_analyzers::gate::{Baseline, Outcome, State};
use perf_look_tui::Review;
use perf_look_tui::review::Target;
use time::{Duration, OffsetDateTime};

use super::check::{self, Checked};
use super::store::{Store, is_ci};
use crate::args::{Check, Common, TuiWhen};
use crate::config::Config;
use crate::failure::{Failure, note};
use crate::status::Status;
use crate::terminal::Terminal;
use crate::tui;

/// How long a waiver lasts that is made here, in days, unless another day is typed.
const LASTS: i64 = 90;

/// Measures, shows what changed, and does what is decided on it.
pub(super) fn run(
    (targets, asked): (&[String], Option<TuiWhen>),
    config: &Config,
    (common, terminal): (&Common, &Terminal),
) -> Result<Status, Failure> {
    let look = tui::look(when(asked, common), terminal)?;
    let is_answered = look.is_some() || (Terminal::has_typist() && Term::stderr().is_term());
    if is_ci() || !is_answered {
        let nobody = anyhow!("a review asks questions, and nobody is at a terminal to answer them");
        return Err(Failure::usage(nobody).help("perf-look gate shows the same; perf-look gate accept TARGET accepts"));
    }
    let store = Store::of(config)?;
    let checked = check::checked((targets, &Check::default()), &store, config, (common, terminal))?;
    let review = review(&checked, &store)?;
    if review.targets.is_empty() {
        note(terminal, &format!("{}: there is nothing to decide", review.headline));
        return Ok(Status::Clean);
    }
    match look {
        Some(look) => screen::run(review, look, &store, terminal),
        None => questions::run(&review, (targets, &checked.environment), &store, terminal),
    }
}

/// As with reports: the whole terminal is taken for who looks at it and types.
fn when(asked: Option<TuiWhen>, common: &Common) -> TuiWhen {
    match asked.unwrap_or(TuiWhen::Auto) {
        _ if common.plain => TuiWhen::Never,
        TuiWhen::Auto if !Terminal::has_typist() => TuiWhen::Never,
        when => when,
    }
}

/// What changed, with what was accepted of it and what was measured.
fn review(checked: &Checked, store: &Store) -> Result<Review, Failure> {
    let today = OffsetDateTime::now_utc().date();
    let mut pending = store.pending()?;
    let changed = checked.verdict.ranked().into_iter().filter(|outcome| !outcome.is_quiet());
    let targets = changed.map(|outcome| {
        let is_it = |measured: &Baseline| measured.target == outcome.target && outcome.state != State::Unmeasured;
        let measured = pending.iter().position(is_it).map(|place| pending.swap_remove(place));
        Ok(Target {
            outcome: Outcome::clone(outcome),
            accepted: store.baseline(outcome.kind, &outcome.target)?,
            measured,
        })
    });
    Ok(Review {
        headline: checked.verdict.headline(),
        targets: targets.collect::<Result<_, Failure>>()?,
        terms: Terms::on(today),
        until: (today + Duration::days(LASTS)).to_string(),
    })
}
