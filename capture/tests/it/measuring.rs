//! A real Chromium that is measured with: as large, slow and cut off as it is told to be, and disturbed by nothing.

use perf_look_capture::browser::{
    Browser, ContextKind, Happened, LaunchOptions, Listening, NATIVES, PER_SITE, PageOptions, Reach, Viewport,
};
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
    page.slow_down(20.0).await.unwrap();
    let slow = page.evaluate(work).await.unwrap().as_f64().unwrap();
    // Other tests have a part in both times.
    assert!(slow > usual * 2.0, "{usual} ms, then {slow} ms");
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

/// A page with a frame of its own site, one within it, one of another site, and two kinds of workers.
const CROWD: &[(&str, &str)] = &[
    (
        "/",
        "<iframe src='/frame'></iframe><iframe src='http://localhost:PORT/other'></iframe><script>
         new Worker('/worker.js'); navigator.serviceWorker.register('/service.js');
         Promise.all([navigator.serviceWorker.ready]).then(() => document.title = 'ready')</script>",
    ),
    ("/frame", "<iframe srcdoc='<script>onload = () => 0</script>'></iframe>"),
    ("/other", "<script>onload = () => 0</script>"),
    ("/worker.js", "self.onmessage = () => 0"),
    ("/service.js", "self.onfetch = () => 0"),
];

async fn crowd(listening: Listening) {
    let url = format!("http://127.0.0.1:{}/", serve(CROWD));
    let options = LaunchOptions { flags: vec![PER_SITE.to_owned()], ..LaunchOptions::default() };
    let browser = Browser::launch(&options).await.unwrap();
    let page = browser.open(&PageOptions { listening, ..QUIET }).await.unwrap();
    page.goto(&url, LONG).await.unwrap();
    page.evaluate("(async () => { while (document.title != 'ready') await new Promise(r => setTimeout(r, 10)) })()")
        .await
        .unwrap();
    let contexts = page.contexts().await.unwrap();
    let mut found: Vec<_> = contexts.iter().map(|it| (it.kind, it.url.replace(&url, "/"))).collect();
    found.sort();
    let other = url.replace("127.0.0.1", "localhost") + "other";
    let expected = [
        (ContextKind::Page, "/"),
        (ContextKind::Frame, "/frame"),
        (ContextKind::Frame, "about:srcdoc"),
        (ContextKind::Frame, &other),
        (ContextKind::Worker, "/worker.js"),
        (ContextKind::ServiceWorker, "/service.js"),
    ];
    assert_eq!(found, expected.map(|(kind, url)| (kind, url.to_owned())));
    assert_eq!(contexts[0].kind, ContextKind::Page);
    for context in contexts {
        let params = json!({ "expression": "Object.getOwnPropertyNames(self).length > 100", "contextId": context.id });
        let answer = page.call_in(&context.session, "Runtime.evaluate", params).await.unwrap();
        assert_eq!(answer["result"]["value"], json!(true), "{context:?}: {answer}");
    }
}

#[tokio::test]
async fn scripts_are_found_in_every_frame_and_worker() {
    crowd(Listening::Everything).await;
}

#[tokio::test]
async fn scripts_are_found_in_a_page_that_was_listened_to_least() {
    crowd(Listening::Least).await;
}

#[tokio::test]
async fn events_are_there_when_the_answer_is_and_in_their_order() {
    let browser = launch().await;
    let page = browser.open(&QUIET).await.unwrap();
    let mut events = page.events(&["Debugger.scriptParsed", "CSS.styleSheetAdded"]).await.unwrap();
    let scripts = "<script>(() => 1)()</script>".repeat(50);
    page.goto(&data(&format!("<style>a {{}}</style>{scripts}")), LONG).await.unwrap();
    assert_eq!(events.ready().unwrap(), []);
    for method in ["Debugger.enable", "DOM.enable", "CSS.enable"] {
        page.call(method, json!({})).await.unwrap();
    }
    let found = events.ready().unwrap();
    let (scripts, sheets): (Vec<_>, Vec<_>) = found.iter().partition(|event| event.method == "Debugger.scriptParsed");
    let columns: Vec<_> = scripts.iter().filter_map(|event| event.params["startColumn"].as_u64()).collect();
    assert_eq!((columns.len(), sheets.len()), (50, 1));
    let other = browser.open(&QUIET).await.unwrap();
    other.call("Debugger.enable", json!({})).await.unwrap();
    other.goto(&data("<script>1</script>"), LONG).await.unwrap();
    assert_eq!(events.ready().unwrap(), [], "another page is not heard");
    page.close().await.unwrap();
    assert_eq!(events.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_heap_snapshot_comes_in_pieces() {
    let browser = launch().await;
    let page = browser.open(&QUIET).await.unwrap();
    page.goto(&data("<script>const kept = Array.from({length: 3e4}, (_, i) => ({ i }))</script>"), LONG).await.unwrap();
    let mut pieces = page.events(&["HeapProfiler.addHeapSnapshotChunk"]).await.unwrap();
    let taking = page.call("HeapProfiler.takeHeapSnapshot", json!({ "reportProgress": false }));
    tokio::pin!(taking);
    let mut snapshot = String::new();
    let mut add = |piece: Happened| snapshot.push_str(piece.params["chunk"].as_str().unwrap());
    loop {
        tokio::select! {
            biased;
            piece = pieces.next() => add(piece.unwrap().unwrap()),
            taken = &mut taking => break drop(taken.unwrap()),
        }
    }
    pieces.ready().unwrap().into_iter().for_each(add);
    let snapshot: serde_json::Value = serde_json::from_str(&snapshot).unwrap();
    assert!(snapshot["snapshot"]["node_count"].as_u64().unwrap() > 30_000);
}

#[tokio::test]
async fn a_trace_holds_what_was_asked_for() {
    let browser = launch().await;
    let page = browser.open(&QUIET).await.unwrap();
    let trace = browser.trace(&["devtools.timeline", "blink.user_timing"]).await.unwrap();
    page.goto(&data("<script>performance.mark('here \u{20ac}')</script>"), LONG).await.unwrap();
    let mut text = Vec::new();
    trace.stop(|piece| text.extend_from_slice(piece)).await.unwrap();
    let trace: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let names = trace["traceEvents"].as_array().unwrap().iter().filter_map(|event| event["name"].as_str());
    let names: Vec<&str> = names.collect();
    assert!(names.contains(&"here \u{20ac}") && names.contains(&"ParseHTML"), "{} events", names.len());
}
