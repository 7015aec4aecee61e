//! A real Chromium that is measured with: as large, slow and cut off as it is told to be, and disturbed by nothing.

use perf_look_capture::browser::{Browser, LaunchOptions, Listening, NATIVES, PageOptions, Reach, Viewport};
use serde_json::json;

use crate::browser::{LONG, data, launch, serve};

const QUIET: PageOptions = PageOptions { listening: Listening::Least, viewport: None, cpu_slowdown: None };

#[tokio::test]
async fn a_page_is_as_large_and_as_slow_as_it_is_told_to_be() {
    let browser = launch().await;
    let viewport = Some(Viewport { width: 700, height: 500, scale: 2.0 });
    let page = browser.open(&PageOptions { viewport, ..QUIET }).await.unwrap();
    page.goto(&data(""), LONG).await.unwrap();
    let size = page.evaluate("[innerWidth, innerHeight, devicePixelRatio]").await.unwrap();
    assert_eq!(size, json!([700, 500, 2]));
    let work = "(() => { let n = 0; const t = performance.now(); for (let i = 0; i < 3e7; i++) n += i % 7; \
                return performance.now() - t; })()";
    page.evaluate(work).await.unwrap();
    let usual = page.evaluate(work).await.unwrap().as_f64().unwrap();
    page.slow_down(8.0).await.unwrap();
    let slow = page.evaluate(work).await.unwrap().as_f64().unwrap();
    assert!(slow > usual * 3.0, "{usual} ms, then {slow} ms");
}

#[tokio::test]
async fn a_page_that_is_listened_to_least_loads_and_hears_nothing() {
    let browser = launch().await;
    let page = browser.open(&QUIET).await.unwrap();
    page.goto(&data("<script>console.log('a'); alert('b'); new Image().src = 'http://127.0.0.1:9/'</script>"), LONG)
        .await
        .unwrap();
    let recording = page.recording();
    assert_eq!((recording.console.len(), recording.requests.len()), (0, 0));
    assert_eq!(recording.dialogs.len(), 1, "a page must not stand still");
}

#[tokio::test]
async fn scripts_can_ask_v8_where_a_function_comes_from() {
    let options = LaunchOptions { flags: vec![NATIVES.to_owned()], ..LaunchOptions::default() };
    let browser = Browser::launch(&options).await.unwrap();
    let page = browser.open(&QUIET).await.unwrap();
    page.goto(&data("<script>const f = () => 1</script>"), LONG).await.unwrap();
    assert_eq!(page.evaluate("%FunctionGetScriptSourcePosition(f)").await.unwrap(), json!(10));
}

#[tokio::test]
async fn offline_a_page_reaches_its_own_host_and_no_other() {
    let port = serve(&[
        ("/", "<script src='/own.js'></script><script src='http://localhost:PORT/other.js'></script>"),
        ("/own.js", "document.title += 'own'"),
        ("/other.js", "document.title += 'other'"),
    ]);
    let url = format!("http://127.0.0.1:{port}/");
    let title = async |reach: Reach| {
        let browser = Browser::launch(&LaunchOptions { reach, ..LaunchOptions::default() }).await.unwrap();
        let page = browser.new_page().await.unwrap();
        page.goto(&url, LONG).await.unwrap();
        let title = page.evaluate("document.title").await.unwrap();
        (title, page.recording())
    };
    assert_eq!(title(Reach::Anywhere).await.0, json!("ownother"));
    let reach = Reach::only_of(&url);
    let (title, recording) = title(reach.clone()).await;
    assert_eq!(title, json!("own"));
    let blocked: Vec<_> = recording.blocked(&reach).map(|request| request.url.clone()).collect();
    assert_eq!(blocked, [format!("http://localhost:{port}/other.js")]);
}
