//! The heap census: what lives in the page's memory.

mod caches;
mod closures;
mod groups;
mod memory;
mod realm;
mod retainers;
mod search;
mod survey;

use std::time::Duration;

use perf_look_analyzers::web::capture::Census;

use super::sources::Learnt;
use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening, NATIVES, Page, Settle};
pub(super) use search::Search;
use survey::Survey;

/// How long what a step has set off may take, at least.
const AFTER_STEP: Duration = Duration::from_millis(200);

/// Learns what a reader should know.
pub(super) async fn run(visit: &Visit, search: Search, learnt: &mut Learnt) -> Result<Rows<Census>, BrowserError> {
    let browser = visit.browser(&[NATIVES]).await?;
    // Who listens to the console keeps alive what is written there.
    let page = visit.page(&browser, Listening::Least).await?;
    search.prepare(&page).await?;
    page.load(&visit.url, visit.patience()).await?;
    let mut survey = Survey::of(&page).await?;
    survey.take().await?;
    let doubt = repeat(visit, &page, &mut survey).await.err();
    survey.explain_growth().await;
    let (census, found) = survey.finish().await?;
    learnt.notes.extend(search.note());
    learnt.add(found);
    browser.close().await?;
    Ok((census, doubt.map(|error| format!("the repeats ended early: {error}"))))
}

/// What was counted until something goes wrong is kept.
async fn repeat(visit: &Visit, page: &Page, survey: &mut Survey<'_>) -> Result<(), BrowserError> {
    let repeats = if visit.steps.is_some() { visit.repeats.max(1) } else { 0 };
    for repeat in 0..repeats {
        let repeat = usize::try_from(repeat).unwrap_or(usize::MAX);
        visit.act(page, Settle::RealTime { idle: AFTER_STEP }, repeat).await?;
        survey.take().await?;
    }
    Ok(())
}
