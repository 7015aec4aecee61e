//! Looking at a page: pass by pass, each in a browser of its own, so that what collects one thing does not disturb
//! another.

mod census;
mod counts;
mod timing;

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use perf_look_analyzers::web::capture::{PageCapture, Pass, Settings};

use crate::browser::{Browser, BrowserError, LaunchOptions, Listening, PageOptions, Reach, Viewport};

/// What to look at, and how.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What was asked for: an address or a file.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The browser's program; searched for where there is none.
    pub program: Option<PathBuf>,
    /// The size of the page.
    pub viewport: Viewport,
    /// How many times slower the page runs than it could.
    pub cpu_slowdown: f64,
    /// Which hosts it reaches.
    pub reach: Reach,
    /// How often times are taken.
    pub timing_runs: u32,
    /// How often the steps are repeated in the census.
    pub repeats: u32,
    /// How long loading, and each step, may take.
    pub deadline: Duration,
    /// What is to be measured.
    pub passes: BTreeSet<PassName>,
}

/// A pass, in the order in which they are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassName {
    /// Traces, in real time, of a page that is left alone.
    Timing,
    /// Exact counts, under a clock that only we advance.
    Counts,
    /// Live objects, in real time; last, since it collects garbage.
    Census,
}

impl PassName {
    /// All of them, in the order in which they are run.
    pub const ALL: [Self; 3] = [Self::Timing, Self::Counts, Self::Census];

    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timing => "timing",
            Self::Counts => "counts",
            Self::Census => "census",
        }
    }
}

/// Looks at a page. What one pass cannot measure does not stop the others; an error means that nothing can be.
pub async fn look(visit: &Visit, tell: &mut dyn FnMut(PassName)) -> Result<PageCapture, BrowserError> {
    let (browser, url) = probe(visit).await?;
    let mut capture = PageCapture {
        name: visit.name.clone(),
        url,
        browser,
        settings: visit.settings(),
        timing: Pass::NotRun,
        census: Pass::NotRun,
        counts: Pass::NotRun,
        notes: Vec::new(),
    };
    for pass in &visit.passes {
        tell(*pass);
        match pass {
            PassName::Timing => capture.timing = timed(timing::run(visit)).await,
            PassName::Counts => capture.counts = timed(counts::run(visit)).await,
            PassName::Census => capture.census = timed(census::run(visit)).await,
        }
    }
    Ok(capture)
}

/// Rows, and why they may differ from run to run.
type Rows<T> = (T, Option<String>);

async fn timed<T>(pass: impl Future<Output = Result<Rows<T>, BrowserError>>) -> Pass<T> {
    let begun = Instant::now();
    let outcome = pass.await;
    let ms = (begun.elapsed().as_secs_f64() * 1000.0).round();
    match outcome {
        Ok((rows, doubt)) => Pass::Measured { ms, doubt, rows },
        Err(error) => Pass::Failed { ms, why: error.to_string() },
    }
}

/// Loads the page once: what cannot be loaded at all is one error, not one of each pass. The browser's name for
/// itself, and where the address led to.
async fn probe(visit: &Visit) -> Result<(String, String), BrowserError> {
    let browser = Browser::launch(&visit.launch_options()).await?;
    let version = browser.version().await?;
    let page = browser.open(&visit.page_options(Listening::Least)).await?;
    page.goto(&visit.url, visit.deadline).await?;
    let url = page.evaluate("location.href").await?;
    browser.close().await?;
    Ok((version, url.as_str().unwrap_or(&visit.url).to_owned()))
}

impl Visit {
    fn launch_options(&self) -> LaunchOptions {
        LaunchOptions { program: self.program.clone(), reach: self.reach.clone(), ..LaunchOptions::default() }
    }

    fn page_options(&self, listening: Listening) -> PageOptions {
        let cpu_slowdown = (self.cpu_slowdown > 1.0).then_some(self.cpu_slowdown);
        PageOptions { listening, viewport: Some(self.viewport), cpu_slowdown }
    }

    fn settings(&self) -> Settings {
        Settings {
            viewport: (self.viewport.width, self.viewport.height),
            cpu_throttle: self.cpu_slowdown,
            cpus: std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX)),
            offline: self.reach != Reach::Anywhere,
            steps: Vec::new(),
            timing_runs: self.timing_runs,
            repeats: self.repeats,
        }
    }
}
