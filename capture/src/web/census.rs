//! The heap census: what lives in the page's memory.

mod groups;
mod realm;

use perf_look_analyzers::web::capture::Census;

use super::sources::Sources;
use super::{Rows, Visit};
use crate::browser::{Browser, BrowserError, LaunchOptions, Listening, NATIVES, Page};
use groups::Groups;
use realm::Grouping;

/// A heap of millions of functions takes ten seconds and more on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Adds what a reader should know to the notes.
pub(super) async fn run(visit: &Visit, notes: &mut Vec<String>) -> Result<Rows<Census>, BrowserError> {
    let deadline = visit.deadline.max(PATIENCE);
    let options = LaunchOptions { flags: vec![NATIVES.to_owned()], deadline, ..visit.launch_options() };
    let browser = Browser::launch(&options).await?;
    // Who listens to the console keeps alive what is written there.
    let page = browser.open(&visit.page_options(Listening::Least)).await?;
    page.goto(&visit.url, visit.deadline).await?;
    let census = take(&page, notes).await?;
    browser.close().await?;
    Ok((census, None))
}

async fn take(page: &Page, notes: &mut Vec<String>) -> Result<Census, BrowserError> {
    let grouping = Grouping::of(page).await?;
    notes.extend(grouping.note().map(str::to_owned));
    let mut groups = Groups::default();
    let mut unseen = Vec::new();
    let mut sources = Sources::of(page).await?;
    for context in page.contexts().await? {
        match realm::count(page, &context, grouping).await {
            Ok(count) => groups.add(&mut sources, &context, count).await,
            Err(error) => unseen.push((context.url, error.to_string())),
        }
    }
    notes.extend(sources.notes());
    Ok(Census { selectors: groups.rows(), unseen, ..Census::default() })
}
