//! Exact counts, under a clock that only we advance.

mod collector;
mod coverage;
mod engine;
mod listeners;
mod loops;
mod requests;
pub(super) mod sheets;
mod unseen;
mod warnings;

use perf_look_analyzers::web::capture::{Counts, Document};

use super::pace::{Time, is_held_up};
use super::sources::{Learnt, Sources};
use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening, Page};
use collector::{Collected, Collector};
use requests::Requests;
use sheets::{Sheets, Use};
use warnings::Warnings;

/// Lets scripts ask V8 where a function is, and makes chance the same each time: texts are made of it.
const FLAGS: &str = "--js-flags=--allow-natives-syntax --random-seed=1";

/// Counts by the page's own clock, or in real time where it cannot live by that. Learns what a reader should
/// know.
pub(super) async fn run(visit: &Visit, learnt: &mut Learnt) -> Result<Rows<Counts>, BrowserError> {
    match count(visit, Time::Virtual, learnt).await {
        Err(error) if is_held_up(&error) => {
            Ok((count(visit, Time::Real, learnt).await?, Some(format!("counted in real time, since {error}"))))
        }
        counted => Ok((counted?, None)),
    }
}

async fn count(visit: &Visit, time: Time, learnt: &mut Learnt) -> Result<Counts, BrowserError> {
    let browser = visit.browser(&[FLAGS]).await?;
    let page = visit.page(&browser, Listening::Everything).await?;
    let requests = Requests::listen(&page).await?;
    let sheets = Sheets::listen(&page, Use::Noted).await?;
    engine::start(&page).await?;
    coverage::start(&page).await?;
    let mut collector = Collector::install(&page).await?;
    let mut warnings = Warnings::listen(&page).await?;
    warnings.during(time.load(&page, visit)).await?;
    let load = Phase::take(&page, &mut collector).await?;
    warnings.during(time.act(&page, visit)).await?;
    let steps = Phase::take(&page, &mut collector).await?;
    let listeners = engine::listeners(&page, steps.collected.listening()).await?;
    learnt.notes.extend(unseen::note(&page).await?);
    let sheets = sheets::merge(sheets.take(&page).await?);
    let requests = requests.take()?;
    let places = listeners::places(&page, listeners).await?;
    let mut sources = Sources::of(&page).await?;
    let counts = counts(&mut sources, (load, steps, warnings), learnt).await;
    let by_place = listeners::sites(places, &page, &mut sources).await;
    learnt.add(sources.learnt());
    browser.close().await?;
    let document = Document { listeners, ..counts.document };
    Ok(Counts { document, sheets, requests, listeners: by_place, ..counts })
}

/// What was counted until now.
struct Phase {
    collected: collector::Taken,
    covered: coverage::Taken,
    work: engine::Work,
}

impl Phase {
    /// First what our own questions would add to.
    async fn take(page: &Page, collector: &mut Collector) -> Result<Self, BrowserError> {
        let work = engine::take(page).await?;
        let covered = coverage::take(page).await?;
        Ok(Self { work, covered, collected: collector.take(page).await? })
    }
}

/// What has places in scripts, and the engine's work.
async fn counts(
    sources: &mut Sources<'_>,
    (load, steps, warnings): (Phase, Phase, Warnings),
    learnt: &mut Learnt,
) -> Counts {
    sources.know_functions(&load.covered.answer);
    let calls = coverage::calls(&load.covered, &steps.covered, sources).await;
    let work = Some(coverage::work(&load.covered, &steps.covered));
    let loops = loops::turns(&load.covered, &steps.covered, sources).await;
    let scripts = coverage::scripts(&load.covered, &steps.covered, sources).await;
    let collected = Collected { load: load.collected, steps: steps.collected };
    learnt.notes.extend(collected.note());
    let counts = collected.counts(sources).await;
    let warnings = warnings.rows(sources).await;
    let (layouts, style_recalcs) = engine::times(load.work, steps.work);
    let document = Document { layouts, style_recalcs, ..counts.document };
    Counts { calls, work, loops, scripts, document, warnings, ..counts }
}
