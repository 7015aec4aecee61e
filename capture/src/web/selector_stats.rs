//! What matching selectors costs: attempts, matches and what a filter answers, selector by selector.
//!
//! The engine counts them at a price: recalculations of style take fifteen to twenty-five times as long. So the pass
//! stands alone, has a limit, and takes no times.

use std::time::Duration;

use perf_look_analyzers::web::capture::{SelectorStats, StyleSheet};
use perf_look_analyzers::web::trace::{Reader, Restyled, Trace};

use super::counts::sheets::{Sheets, Use};
use super::pace::{Time, is_held_up};
use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening, Page};

/// The last tells which process the page was in: windows of the browser itself are pages too, and match selectors.
const CATEGORIES: &[&str] = &["devtools.timeline", "disabled-by-default-blink.debug", "blink.user_timing"];

/// How many times as long as the page otherwise takes to load it may take, which is more than was ever seen.
const TIMES: u32 = 30;

/// What it may take in any case.
const AT_LEAST: Duration = Duration::from_secs(10);

/// By the page's own clock, or in real time where it cannot live by that. `loading` is how long it usually loads.
pub(super) async fn run(visit: &Visit, loading: Duration) -> Result<Rows<SelectorStats>, BrowserError> {
    let limit = (loading * TIMES).max(AT_LEAST);
    match measure(visit, Time::Virtual, limit).await {
        Err(error) if is_held_up(&error) => {
            let (stats, doubt) = measure(visit, Time::Real, limit).await?;
            Ok((stats, doubt.or(Some(format!("counted in real time, since {error}")))))
        }
        measured => measured,
    }
}

/// In real time what was counted until the limit is kept.
async fn measure(visit: &Visit, time: Time, limit: Duration) -> Result<Rows<SelectorStats>, BrowserError> {
    let browser = visit.browser(&[]).await?;
    let page = visit.page(&browser, Listening::Everything).await?;
    let sheets = Sheets::listen(&page, Use::Ignored).await?;
    let trace = browser.trace(CATEGORIES).await?;
    let doubt = match tokio::time::timeout(limit, live(&page, visit, time)).await {
        Ok(lived) => lived.map(|()| None)?,
        Err(_) if time == Time::Real => Some(format!("stopped early, after {} s", limit.as_secs())),
        Err(_) => return Err(BrowserError::Deadline { what: "matching selectors".to_owned(), after: limit }),
    };
    let mut reader = Reader::of_frame(page.frame());
    trace.stop(|piece| reader.feed(piece)).await?;
    let sheets = sheets.take(&page).await?;
    browser.close().await?;
    let trace = reader.finish().map_err(|error| BrowserError::Trace(error.to_string()))?;
    Ok((stats(trace, sheets), doubt))
}

fn stats(Trace { selectors: mut rows, restyled, .. }: Trace, mut sheets: Vec<StyleSheet>) -> SelectorStats {
    let process = sheets.first().and_then(|sheet| sheet.id.rsplit_once('-')).map(|(process, _)| process.to_owned());
    let rename = |id: &mut String| {
        let number = process.as_ref().and_then(|process| id.strip_prefix(&**process));
        if let Some(number) = number {
            *id = format!("style-sheet{number}");
        }
    };
    // Chromium's names have the number of a process in them, which is another each time.
    for id in rows.iter_mut().map(|row| &mut row.style_sheet_id).chain(sheets.iter_mut().map(|sheet| &mut sheet.id)) {
        rename(id);
    }
    let Restyled { recalcs: style_recalcs, elements } = restyled.unwrap_or_default();
    SelectorStats { rows, style_recalcs, elements, sheets }
}

async fn live(page: &Page, visit: &Visit, time: Time) -> Result<(), BrowserError> {
    time.load(page, visit).await?;
    time.act(page, visit).await
}
