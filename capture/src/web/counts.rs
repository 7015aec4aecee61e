//! Exact counts, under a clock that only we advance.

mod collector;

use perf_look_analyzers::web::capture::Counts;

use super::pace::{Time, is_held_up};
use super::sources::Sources;
use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening};
use collector::Collected;

/// Lets scripts ask V8 where a function is, and makes chance the same each time: texts are made of it.
const FLAGS: &str = "--js-flags=--allow-natives-syntax --random-seed=1";

/// Counts by the page's own clock, or in real time where it cannot live by that. Adds what a reader should know to the
/// notes.
pub(super) async fn run(visit: &Visit, notes: &mut Vec<String>) -> Result<Rows<Counts>, BrowserError> {
    match count(visit, Time::Virtual, notes).await {
        Err(error) if is_held_up(&error) => {
            Ok((count(visit, Time::Real, notes).await?, Some(format!("counted in real time, since {error}"))))
        }
        counted => Ok((counted?, None)),
    }
}

async fn count(visit: &Visit, time: Time, notes: &mut Vec<String>) -> Result<Counts, BrowserError> {
    let browser = visit.browser(&[FLAGS]).await?;
    let page = visit.page(&browser, Listening::Everything).await?;
    collector::install(&page).await?;
    time.load(&page, visit).await?;
    let load = collector::take(&page).await?;
    time.act(&page, visit).await?;
    let steps = collector::take(&page).await?;
    let mut sources = Sources::of(&page).await?;
    let counts = Collected { load, steps }.counts(&mut sources).await;
    notes.extend(sources.notes());
    browser.close().await?;
    Ok(counts)
}
