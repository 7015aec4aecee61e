//! What somebody takes on for a while: decisions that waivers cover are kept, marked, and do not fail.

use std::fs;
use std::io;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::outcome::Waived;
use perf_look_analyzers::gate::waivers::{Answer, NoticeKind, Statement, Terms, WaiverError, Waivers};
use perf_look_analyzers::gate::{Decision, Level, State, Verdict};
use time::{Date, OffsetDateTime};

use super::store::Store;
use super::targets::{Target, What};
use crate::failure::Failure;

/// The waivers of the file and of the comments in statements.
pub(super) fn read(store: &Store, targets: &[Target], today: Option<&str>) -> Result<Waivers, Failure> {
    let mut waivers = Waivers::none(Terms::on(day(today)?));
    match fs::read_to_string(&store.waivers) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        text => {
            let name = store.waivers.display().to_string();
            let text = text.with_context(|| format!("could not read {name}"))?;
            waivers.add_file(&name, &text).map_err(|errors| wrong(&errors))?;
        }
    }
    for target in targets {
        let What::Statement(_, _) = target.what else { continue };
        let (first_line, sql) = &target.commented;
        let statement = Statement { target: &target.name, source: &target.source.file, first_line: *first_line, sql };
        waivers.add_statement(statement).map_err(|errors| wrong(&errors))?;
    }
    Ok(waivers)
}

/// The day that was asked for, else that of the clock, in UTC.
fn day(today: Option<&str>) -> Result<Date, Failure> {
    let Some(text) = today else { return Ok(OffsetDateTime::now_utc().date()) };
    let parts: Vec<&str> = text.split('-').collect();
    let date = match parts.as_slice() {
        [year, month, day] => year.parse().ok().zip(month.parse::<u8>().ok()).zip(day.parse().ok()),
        _ => None,
    };
    let date = date.and_then(|((year, month), day)| Date::from_calendar_date(year, month.try_into().ok()?, day).ok());
    date.ok_or_else(|| Failure::usage(anyhow!("--today {text}: there is no such day")).help("write it as 2027-01-31"))
}

fn wrong(errors: &[WaiverError]) -> Failure {
    let first = errors.first().map_or("a waiver is wrong".to_owned(), ToString::to_string);
    let more = if errors.len() > 1 { format!(" (and {} more)", errors.len() - 1) } else { String::new() };
    Failure::usage(anyhow!("{first}{more}"))
}

/// Marks what is covered, and says what there is to say of the waivers themselves.
pub(super) fn apply(waivers: &Waivers, verdict: &mut Verdict) {
    for outcome in &mut verdict.outcomes {
        let target = outcome.target.clone();
        for decision in outcome.decisions.iter_mut().filter(|decision| decision.level >= Level::Warn) {
            decision.waived = waived(waivers, &target, decision, &mut outcome.notes);
        }
        if outcome.state == State::Regressed && !outcome.fails() {
            outcome.state = State::Passed;
        }
    }
    verdict.notes.extend(waivers.notices().iter().map(ToString::to_string));
}

/// By the id of the decision (`D4`), or by the rule or the counter.
fn waived(waivers: &Waivers, target: &str, decision: &Decision, notes: &mut Vec<String>) -> Option<Waived> {
    let value = decision.value.unwrap_or(0.0);
    for name in [decision.id, decision.counter.as_str()] {
        match waivers.answer(target, name, value) {
            Answer::Waived(waiver) => {
                return Some(Waived {
                    id: waiver.id.clone(),
                    reason: waiver.reason.clone(),
                    owner: waiver.owner.clone().unwrap_or_default(),
                    expires: waiver.expires.to_string(),
                });
            }
            Answer::Expired(waiver) => notes.push(format!("{}: the waiver {} has expired", waiver.place(), waiver.id)),
            Answer::AboveCeiling(waiver) => {
                notes.push(format!("{}: the waiver {} is for less than this", waiver.place(), waiver.id));
            }
            Answer::None => {}
        }
    }
    None
}

/// Whether a waiver was needed by nothing.
pub(super) fn has_unused(waivers: &Waivers) -> bool {
    waivers.notices().iter().any(|notice| notice.kind == NoticeKind::Unused)
}
