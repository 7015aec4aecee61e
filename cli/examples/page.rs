//! How long Chromium takes with the page of a large plan: `cargo run --release -p perf-look --example page -- 10000 [RUNS]`.
//!
//! From the navigation to the end of loading, and to a key press that was handled and painted; then a search, a zoom
//! and folding all.

use std::error::Error;
use std::time::{Duration, Instant};

use perf_look_analyzers::{Policy, Report, input};
use perf_look_capture::browser::{Browser, LaunchOptions, Page};
use perf_look_render::{Format, Style, render};

const PATIENCE: Duration = Duration::from_mins(2);

/// A script that ends when what it did has been painted.
const PAINTED: &str = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let nodes = arguments.next().unwrap_or(Ok(10_000))?;
    let runs = arguments.next().unwrap_or(Ok(5))?;
    let file = std::env::temp_dir().join(format!("perf-look-page-{}.html", std::process::id()));
    std::fs::write(&file, page(nodes)?)?;
    let measured = measure(&format!("file://{}", file.display()), runs).await;
    std::fs::remove_file(&file)?;
    measured
}

fn page(nodes: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let subjects = input::read("plan", &perf_look_benches::json(nodes))?.subjects;
    let report = Report::of(subjects, &Policy::default());
    let (mut out, start) = (Vec::new(), Instant::now());
    render(&report, Format::Html, &Style { color: false, width: 80, unicode: true }, &mut out)?;
    say(&format!("written, {} KB", out.len() / 1000), start);
    Ok(out)
}

async fn measure(url: &str, runs: usize) -> Result<(), Box<dyn Error>> {
    let browser = Browser::launch(&LaunchOptions::default()).await?;
    for _ in 0..runs {
        let page = browser.new_page().await?;
        page.set_viewport(1280, 900).await?;
        let start = Instant::now();
        page.goto(url, PATIENCE).await?;
        say("loaded", start);
        page.key("j").await?;
        page.evaluate(PAINTED).await?;
        say("a key handled and painted, since the navigation", start);
        act(
            &page,
            "a row down",
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', bubbles: true}))",
        )
        .await?;
        act(&page, "first search", "{const box = document.querySelector('input'); box.value = 'orders_77'; box.dispatchEvent(new Event('input'))}").await?;
        act(&page, "second search", "{const box = document.querySelector('input'); box.value = 'seq scan'; box.dispatchEvent(new Event('input'))}").await?;
        act(&page, "zoom", "document.querySelectorAll('details[open] a.frame')[0].dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))").await?;
        act(&page, "fold all", "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'M', bubbles: true}))")
            .await?;
        act(
            &page,
            "unfold all",
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'R', bubbles: true}))",
        )
        .await?;
        page.close().await?;
    }
    browser.close().await?;
    Ok(())
}

async fn act(page: &Page, what: &str, script: &str) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    page.evaluate(&format!("{script}; {PAINTED}")).await?;
    say(what, start);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what it measured is what it is for")]
fn say(what: &str, start: Instant) {
    println!("{:6.0} ms  {what}", start.elapsed().as_secs_f64() * 1000.0);
}
