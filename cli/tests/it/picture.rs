//! Pictures in a real browser: they are drawn, zoomed and searched, and ask for nothing.

use std::time::Duration;

use perf_look_capture::browser::{Browser, LaunchOptions, Page};
use serde_json::Value;

use crate::sandbox::Sandbox;

/// A slow machine that does other things as well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A plan whose names would break out of a picture, if they could.
const HOSTILE: &str = r#"[{"Plan": {"Node Type": "Append", "Actual Startup Time": 0.1, "Actual Total Time": 60.0,
  "Actual Rows": 3, "Actual Loops": 1, "Plans": [
  {"Node Type": "Seq Scan", "Relation Name": "</title><script>alert(1)</script>", "Alias": "--> ]]> (x)",
   "Actual Startup Time": 0.1, "Actual Total Time": 30.0, "Actual Rows": 1, "Actual Loops": 1},
  {"Node Type": "Seq Scan", "Relation Name": "\u001b]0;title\u0007\u0000\u202e", "Alias": "logs 2024 500",
   "Actual Startup Time": 0.1, "Actual Total Time": 20.0, "Actual Rows": 1, "Actual Loops": 1}
  ]}, "Execution Time": 61.0}]"#;

/// Draws with these arguments, opens the picture, looks, and checks that it asked for nothing.
#[track_caller]
fn look(sandbox: &Sandbox, args: &[&str], look: impl AsyncFnOnce(&Page)) {
    let typed: Vec<&str> = ["flame"].into_iter().chain(args.iter().copied()).chain(["-o", "picture.svg"]).collect();
    let transcript = sandbox.run(&typed);
    assert!(transcript.ends_with("exit code 0\n"), "{transcript}");
    let address = format!("file://{}/picture.svg", sandbox.path().display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::launch(&LaunchOptions::default()).await.unwrap();
        let page = browser.new_page().await.unwrap();
        page.set_viewport(1200, 600).await.unwrap();
        page.goto(&address, PATIENCE).await.unwrap();
        assert_eq!(ask(&page, "document.querySelector('parsererror') === null").await, true);
        look(&page).await;
        let recording = page.recording();
        assert!(recording.errors().next().is_none(), "{:?}", recording.console);
        assert!(recording.fetched().next().is_none(), "{:?}", recording.requests);
        assert!(recording.dialogs.is_empty(), "{:?}", recording.dialogs);
        browser.close().await.unwrap();
    });
}

async fn ask(page: &Page, script: &str) -> Value {
    page.evaluate(script).await.unwrap()
}

/// The frame whose label begins so, as the middle of its rectangle: `x,y`.
fn middle(label: &str) -> String {
    format!(
        "(() => {{ const frame = [...document.querySelectorAll('#frames > g')].find(g => \
         g.querySelector('title').textContent.startsWith('{label}')); const box = \
         frame.querySelector('rect').getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2, \
         box.width]; }})()"
    )
}

async fn place(page: &Page, label: &str) -> (f64, f64, f64) {
    let place = ask(page, &middle(label)).await;
    let number = |index: usize| place[index].as_f64().unwrap();
    (number(0), number(1), number(2))
}

#[test]
fn a_frame_is_zoomed_into_and_out_of() {
    let plan = perf_look_fixtures::named("postgres/plans/tpch-q17.json");
    look(&Sandbox::new().file("plan.json", &plan), &["plan.json"], async |page| {
        let (x, y, before) = place(page, "#6 ").await;
        page.click(x, y).await.unwrap();
        let (_, _, zoomed) = place(page, "#6 ").await;
        assert!(zoomed >= before && zoomed > 1_100.0, "{before} became {zoomed}");
        ask(page, "document.getElementById('unzoom').dispatchEvent(new MouseEvent('click', {bubbles: true}))").await;
        let (_, _, back) = place(page, "#6 ").await;
        assert!((back - before).abs() < 1.0, "{before} became {back}");
    });
}

#[test]
fn frames_are_found() {
    let plan = perf_look_fixtures::named("postgres/plans/tpch-q17.json");
    look(&Sandbox::new().file("plan.json", &plan), &["plan.json"], async |page| {
        ask(page, "search('lineitem')").await;
        let matched = ask(page, "document.getElementById('matched').textContent").await;
        assert!(matched.as_str().unwrap().starts_with("Matched: 9"), "{matched}");
    });
}

#[test]
fn a_label_is_whole_after_the_script_has_drawn_it_anew() {
    let plan = perf_look_fixtures::named("postgres/plans/update-trigger.json");
    look(&Sandbox::new().file("plan.json", &plan), &["plan.json"], async |page| {
        let labels =
            ask(page, "[...document.querySelectorAll('#frames > g > text')].map(text => text.textContent)").await;
        let labels = labels.to_string();
        assert!(labels.contains("Trigger stock_audit on stock 7.33 ms"), "{labels}");
        let legend = ask(page, "document.getElementById('legend').textContent").await;
        assert!(legend.as_str().unwrap().contains("outside the plan"), "{legend}");
    });
}

#[test]
fn hostile_names_are_text() {
    let sandbox = Sandbox::new().file("plan.json", HOSTILE).file("before.json", &HOSTILE.replace("30.0", "9.0"));
    for args in [&["plan.json"][..], &["plan.json", "--before", "before.json"]] {
        look(&sandbox, args, async |page| {
            assert_eq!(ask(page, "document.querySelectorAll('script').length").await, 1);
            let titles = ask(page, "[...document.querySelectorAll('title')].map(title => title.textContent)").await;
            assert!(titles.to_string().contains("</title><script>alert(1)</script>"), "{titles}");
            assert!(titles.to_string().contains("<U+202E>"), "{titles}");
        });
    }
}

#[test]
fn a_difference_is_drawn_over_both_plans() {
    let sandbox = Sandbox::new();
    sandbox.run(&["demo", "--recorded", "--to", "out"]);
    let args = ["out/before.json", "--before", "out/after.json", "--subject", "2"];
    look(&sandbox, &args, async |page| {
        let titles = ask(page, "[...document.querySelectorAll('title')].map(title => title.textContent)").await;
        let titles = titles.to_string();
        assert!(titles.contains("was #4 Bitmap Index Scan") && titles.contains("gone"), "{titles}");
        assert!(titles.contains("#3 Seq Scan on orders o +"), "{titles}");
    });
}
