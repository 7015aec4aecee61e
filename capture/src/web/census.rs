//! The heap census: what lives in the page's memory.

mod groups;
mod realm;

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::Census;

use super::sources::Sources;
use super::{Rows, Visit};
use crate::browser::{BrowserError, Listening, NATIVES, Page};
use groups::Groups;
use realm::Grouping;

/// What keeps the inner selectors of re-reselect, which are counted among the others.
const CACHED: &str = "re-reselect cached selector";

/// Adds what a reader should know to the notes.
pub(super) async fn run(visit: &Visit, notes: &mut Vec<String>) -> Result<Rows<Census>, BrowserError> {
    let browser = visit.browser(&[NATIVES]).await?;
    // Who listens to the console keeps alive what is written there.
    let page = visit.page(&browser, Listening::Least).await?;
    page.load(&visit.url, visit.patience()).await?;
    let census = take(&page, notes).await?;
    browser.close().await?;
    Ok((census, None))
}

async fn take(page: &Page, notes: &mut Vec<String>) -> Result<Census, BrowserError> {
    let grouping = Grouping::of(page).await?;
    notes.extend(grouping.note().map(str::to_owned));
    let mut groups = Groups::default();
    let mut others = BTreeMap::new();
    let mut unseen = Vec::new();
    let mut sources = Sources::of(page).await?;
    for context in page.contexts().await? {
        match realm::count(page, &context, grouping).await {
            Ok(count) => {
                for (kind, number) in [("ngrx selector", count.counts.ngrx), (CACHED, count.counts.caches)] {
                    *others.entry(kind.to_owned()).or_insert(0) += number;
                }
                groups.add(&mut sources, &context, count).await;
            }
            Err(error) => unseen.push((context.url, error.to_string())),
        }
    }
    notes.extend(sources.notes());
    let others = others.into_iter().filter(|(_, number)| *number > 0).collect();
    Ok(Census { selectors: groups.rows(), others, unseen, ..Census::default() })
}
