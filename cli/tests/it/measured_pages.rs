//! The pages that the web half is measured with, each once in a real browser: a page with an error of its own proves
//! nothing.

use std::path::Path;
use std::time::Duration;

use perf_look_capture::browser::{Browser, LaunchOptions, file_url};
use perf_look_fixtures::pages;
use serde_json::Value;

/// A slow machine that does other things as well.
const PATIENCE: Duration = Duration::from_mins(1);

const UNTIL_READY: &str = "new Promise((done) => {
    const look = () => (document.body?.dataset.ready ? done(document.title) : setTimeout(look, 10));
    look();
})";

/// One page of each entry: those of other libraries are built from the same source.
fn addresses(server: &pages::Server) -> Vec<String> {
    let expected: Vec<Value> = serde_json::from_str(&perf_look_fixtures::named("pages/expected.json")).unwrap();
    let page = |entry: &Value| server.url(entry["pages"][0].as_str().unwrap());
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/page/index.html");
    expected.iter().map(page).chain([file_url(&demo).unwrap()]).collect()
}

#[tokio::test]
async fn every_page_that_something_is_expected_of_comes_to_rest_without_an_error() {
    let server = pages::serve();
    let browser = Browser::launch(&LaunchOptions::default()).await.unwrap();
    for address in addresses(&server) {
        let page = browser.new_page().await.unwrap();
        page.goto(&address, PATIENCE).await.unwrap();
        let ready = tokio::time::timeout(PATIENCE, page.evaluate(UNTIL_READY)).await;
        ready.unwrap_or_else(|_| panic!("{address} never came to rest")).unwrap();
        let errors: Vec<_> = page.recording().errors().cloned().collect();
        assert!(errors.is_empty(), "{address}: {errors:?}");
        page.close().await.unwrap();
    }
    browser.close().await.unwrap();
}
