//! The heap census: what lives in the page's memory.

use perf_look_analyzers::web::capture::Census;

use super::{Rows, Visit};
use crate::browser::{Browser, BrowserError, LaunchOptions, Listening, NATIVES};

pub(super) async fn run(visit: &Visit) -> Result<Rows<Census>, BrowserError> {
    let options = LaunchOptions { flags: vec![NATIVES.to_owned()], ..visit.launch_options() };
    let browser = Browser::launch(&options).await?;
    let page = browser.open(&visit.page_options(Listening::Everything)).await?;
    page.goto(&visit.url, visit.deadline).await?;
    browser.close().await?;
    Ok((Census::default(), None))
}
