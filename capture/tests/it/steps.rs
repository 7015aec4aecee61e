//! What a page's user does, in a real page, by its own clock and by ours.

use std::time::Duration;

use perf_look_capture::browser::{
    Browser, BrowserError, Extent, Holdup, Listening, Pace, Page, PageOptions, Patience, Settle, StepError,
    StepFailure, Steps,
};
use serde_json::json;

use crate::browser::{data, launch, serve};

const QUIET: PageOptions = PageOptions { listening: Listening::Least, viewport: None, cpu_slowdown: None };

const SOON: Duration = Duration::from_millis(400);

fn real() -> Pace {
    Pace { patience: SOON, ..Pace::of(Settle::RealTime { idle: Duration::from_millis(20) }) }
}

fn by_clock() -> Pace {
    Pace { patience: SOON, ..Pace::of(Settle::VirtualTime { budget: Duration::from_millis(100) }) }
}

async fn open(browser: &Browser, url: &str) -> Page {
    let page = browser.open(&QUIET).await.unwrap();
    page.load(url, Patience::default()).await.unwrap();
    page
}

async fn act(page: &Page, steps: &str, how: Pace) -> Result<(), StepError> {
    page.act(&Steps::read("steps", steps).unwrap(), how, 0).await
}

/// A page that says what happens in it.
const FORM: &str = "<body style='margin:0;height:5000px'><button id=b style='margin-top:2000px'>b</button>
<input name=q><select id=s><option value=1>one<option value=2>two</select><div id=host></div>
<iframe srcdoc='<button onclick=\"parent.say(&#96;inner&#96;)\">i</button>' style='margin:20px'></iframe>
<script>const said = []; var say = what => said.push(what);
b.onclick = event => { say(`click ${event.isTrusted}`); setTimeout(() => { const late = document.createElement('p');
  late.id = 'late'; late.textContent = 'late'; b.after(late) }, 100) };
b.onmouseenter = () => say('enter'); s.onchange = () => say(s.value);
document.querySelector('input').onkeydown = event => say(event.key);
host.attachShadow({ mode: 'open' }).innerHTML = '<button>shadow</button>';
host.shadowRoot.querySelector('button').onclick = () => say('shadow');</script>";

const FORM_STEPS: &str = "hover #b\nclick #b\nwait #late\ntype [name=q] \"aé+\"\nselect #s \"two\"\n\
                          click #host >>> button\nclick iframe >>> button\nevaluate say('ran')\nscroll top\n\
                          evaluate say(String(scrollY))\nscroll 100px";

async fn fill_the_form(page: &Page, how: Pace) {
    act(page, FORM_STEPS, how).await.unwrap();
    let said = page.evaluate("said.join(' ')").await.unwrap();
    assert_eq!(said, json!("enter click true a + 2 shadow inner ran 0"));
    assert!(page.evaluate("scrollY").await.unwrap().as_f64().unwrap() > 0.0);
    assert_eq!(page.evaluate("document.querySelector('input').value").await.unwrap(), json!("aé+"));
}

#[tokio::test]
async fn a_form_is_filled_as_a_user_would() {
    let browser = launch().await;
    let page = open(&browser, &data(FORM)).await;
    fill_the_form(&page, real()).await;
}

#[tokio::test]
async fn a_form_is_filled_by_the_clock_of_the_page() {
    let browser = launch().await;
    let page = browser.open(&QUIET).await.unwrap();
    let loaded = page.load_by_clock(&data(FORM), Duration::from_secs(2), Patience::default()).await.unwrap();
    assert_eq!(loaded.extent, Extent::Whole);
    fill_the_form(&page, by_clock()).await;
}

#[tokio::test]
async fn a_wait_of_an_hour_by_the_clock_of_the_page_takes_no_time() {
    let browser = launch().await;
    let page = browser.open(&QUIET).await.unwrap();
    let html = "<script>let n = 0; setInterval(() => n++, 1000)</script>";
    page.load_by_clock(&data(html), Duration::from_millis(500), Patience::default()).await.unwrap();
    act(&page, "wait 3600s\nwait idle", by_clock()).await.unwrap();
    assert_eq!(page.evaluate("n").await.unwrap(), json!(3_601));
}

#[tokio::test]
async fn steps_go_from_page_to_page() {
    let port = serve(&[
        ("/", "<a id=next href='/two'>two</a>"),
        ("/two", "<button id=in onclick=\"setTimeout(() => fetch('/slow').then(() => document.title = 'done'), 50)\">"),
    ]);
    let browser = launch().await;
    let page = open(&browser, &format!("http://127.0.0.1:{port}/")).await;
    act(&page, "click #next\nclick #in\nwait idle\nevaluate if (document.title != 'done') throw 'early'", real())
        .await
        .unwrap();
    act(&page, "navigate /\nwait #next", real()).await.unwrap();
    let url = format!("http://127.0.0.1:{port}/");
    page.load_by_clock(&url, Duration::from_millis(500), Patience::default()).await.unwrap();
    let to_the_end = "click #next\nclick #in\nwait idle\nevaluate if (document.title != 'done') throw 'early'";
    act(&page, to_the_end, by_clock()).await.unwrap();
    act(&page, "navigate /\nwait #next", by_clock()).await.unwrap();
}

#[track_caller]
fn assert_said(result: Result<(), StepError>, said: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), said);
    assert!(error.help().is_some() || matches!(error.failure, StepFailure::Browser(_)));
}

#[tokio::test]
async fn a_step_that_cannot_be_done_is_said_with_its_line_and_why() {
    let browser = launch().await;
    let html = "<button id=a>a</button><p id=hidden style='display:none'>b</p><select id=s><option>1</select>\
                <div class='veil dark' style='position:fixed;inset:0'></div>";
    let page = open(&browser, &data(html)).await;
    let steps = Steps::read("steps", "evaluate self.ran = 1\n\nclick .nowhere").unwrap();
    let error = page.act(&steps, real(), 2).await.unwrap_err();
    assert_eq!((error.line, error.done), (3, 1));
    assert_eq!(error.to_string(), "steps:3: nothing matches .nowhere, after 0.4 s (in repeat 3)");
    assert_eq!(page.evaluate("ran").await.unwrap(), json!(1), "what came before was done");
    assert_said(act(&page, "click #hidden", real()).await, "steps:1: #hidden cannot be seen");
    assert_said(act(&page, "click #a", real()).await, "steps:1: #a is covered by div.veil.dark");
    assert_said(act(&page, "select #s \"2\"", real()).await, "steps:1: #s has no option \"2\"");
    let error = act(&page, "click a[", real()).await.unwrap_err().to_string();
    assert!(error.starts_with("steps:1: a[ is no selector: "), "{error}");
    assert_said(act(&page, "evaluate throw 'no'", real()).await, "steps:1: the script failed: no");
}

#[tokio::test]
async fn a_step_that_loops_ends_by_its_deadline() {
    let browser = launch().await;
    let page = open(&browser, &data("<button id=b onclick='for (;;) {}'>b</button>")).await;
    let impatient = Pace { deadline: Duration::from_secs(2), ..real() };
    let said = "steps:1: the step ran into an endless script, which was ended after 2 s";
    assert_said(act(&page, "click #b", impatient).await, said);
    assert_eq!(page.evaluate("1").await.unwrap(), json!(1));
}

#[tokio::test]
async fn a_script_that_waits_for_a_clock_that_stands_still_is_told_from_a_request() {
    let browser = launch().await;
    let patience = Patience { deadline: Duration::from_secs(2), ..Patience::default() };
    let held_up = async |html: &'static str| {
        let port = serve(Box::leak(Box::new([("/", html)])));
        let page = browser.open(&QUIET).await.unwrap();
        let url = format!("http://127.0.0.1:{port}/");
        let error = page.load_by_clock(&url, Duration::from_secs(1), patience).await.unwrap_err();
        // The same page can be measured by a real clock.
        page.close().await.unwrap();
        let page = browser.open(&QUIET).await.unwrap();
        let after_paint = Duration::from_millis(200);
        let loaded = page.load(&url, Patience { after_paint, ..Patience::default() }).await.unwrap();
        assert_eq!(loaded.document.status, Some(200));
        error
    };
    let html = "<script>const t = performance.now(); while (performance.now() - t < 50);</script>";
    let error = held_up(html).await;
    assert!(matches!(error, BrowserError::Clock { by: Holdup::Script, .. }), "{error}");
    // A picture whose server listens, and never answers.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let picture: &'static str = format!("<p>hello<img src='http://{}/'>", mute.local_addr().unwrap()).leak();
    let error = held_up(picture).await;
    assert!(matches!(error, BrowserError::Clock { by: Holdup::Request, .. }), "{error}");
    assert_eq!(error.to_string(), "the page's clock waits for a request that is not answered, since 2 s");
}
