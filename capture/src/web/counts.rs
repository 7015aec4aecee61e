//! Exact counts, under a clock that only we advance.

use perf_look_analyzers::web::capture::Counts;

use super::{Rows, Visit};
use crate::browser::{Browser, BrowserError, Listening};

pub(super) async fn run(visit: &Visit) -> Result<Rows<Counts>, BrowserError> {
    let browser = Browser::launch(&visit.launch_options()).await?;
    let page = browser.open(&visit.page_options(Listening::Everything)).await?;
    page.goto(&visit.url, visit.deadline).await?;
    browser.close().await?;
    Ok((Counts::default(), None))
}
