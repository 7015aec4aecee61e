//! Looking at a page: pass by pass, each in a browser of its own, so that what collects one thing does not disturb
//! another.

mod census;
mod counts;
mod invalidation;
mod pace;
mod probe;
mod selector_stats;
mod sources;
mod timing;

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use perf_look_analyzers::web::capture::{PageCapture, Pass, Settings};

use crate::browser::{
    Browser, BrowserError, ConnectOptions, Cookie, Header, LaunchOptions, Listening, Pace, Page, PageOptions, Patience,
    Reach, Settle, Steps, Viewport,
};
use probe::Probe;
use sources::Learnt;

/// What to look at, and how.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What was asked for: an address or a file.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Which browser.
    pub browser: Which,
    /// What it sends along, to be let in.
    pub cookies: Vec<Cookie>,
    /// The same, as headers of requests to the page's host.
    pub headers: Vec<Header>,
    /// The size of the page.
    pub viewport: Viewport,
    /// How many times slower the page runs than it could.
    pub cpu_slowdown: f64,
    /// Which hosts it reaches.
    pub reach: Reach,
    /// What its user does.
    pub steps: Option<Steps>,
    /// How often times are taken.
    pub timing_runs: u32,
    /// How often the steps are repeated in the census.
    pub repeats: u32,
    /// How long loading, and each step, may take.
    pub deadline: Duration,
    /// What is to be measured.
    pub passes: BTreeSet<PassName>,
}

/// Which browser is used.
#[derive(Debug, Clone)]
pub enum Which {
    /// One of our own for each pass, of this program; searched for where there is none.
    Ours(Option<PathBuf>),
    /// One that runs, at this address; what is open in it stays as it is.
    Theirs(String),
}

/// A pass, in the order in which they are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassName {
    /// Traces, in real time, of a page that is left alone.
    Timing,
    /// Exact counts, under a clock that only we advance.
    Counts,
    /// What matching selectors costs, under a clock that only we advance.
    SelectorStats,
    /// What made styles invalid, in real time; only where it is asked for.
    Invalidation,
    /// Live objects, in real time; last, since it collects garbage.
    Census,
}

impl PassName {
    /// Those that are run where none is asked for.
    pub const USUAL: [Self; 4] = [Self::Timing, Self::Counts, Self::SelectorStats, Self::Census];

    /// All of them, in the order in which they are run.
    pub const ALL: [Self; 5] = [Self::Timing, Self::Counts, Self::SelectorStats, Self::Invalidation, Self::Census];

    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timing => "timing",
            Self::Counts => "counts",
            Self::SelectorStats => "selector-stats",
            Self::Invalidation => "invalidation",
            Self::Census => "census",
        }
    }
}

/// Looks at a page. What one pass cannot measure does not stop the others; an error means that nothing can be.
pub async fn look(visit: &Visit, tell: &mut dyn FnMut(PassName)) -> Result<PageCapture, BrowserError> {
    let Probe { browser, document, loading, search, notes, stopped, visit } = Box::pin(probe::run(visit)).await?;
    let visit = &visit;
    let mut capture = PageCapture {
        name: visit.name.clone(),
        url: document.url,
        status: document.status,
        browser,
        settings: visit.settings(),
        stopped,
        timing: Pass::NotRun,
        census: Pass::NotRun,
        counts: Pass::NotRun,
        selector_stats: Pass::NotRun,
        invalidation: Pass::NotRun,
        notes: Vec::new(),
        sources: Vec::new(),
    };
    let mut learnt = Learnt { notes, ..Learnt::default() };
    // What a pass needs while it waits is much: on the heap it does not add up in who awaits this.
    for pass in &visit.passes {
        tell(*pass);
        match pass {
            PassName::Timing => capture.timing = timed(Box::pin(timing::run(visit, &mut learnt))).await,
            PassName::Counts => capture.counts = timed(Box::pin(counts::run(visit, &mut learnt))).await,
            PassName::SelectorStats => {
                capture.selector_stats = timed(Box::pin(selector_stats::run(visit, loading))).await;
            }
            PassName::Invalidation => capture.invalidation = timed(Box::pin(invalidation::run(visit))).await,
            PassName::Census => capture.census = timed(Box::pin(census::run(visit, search, &mut learnt))).await,
        }
    }
    capture.sources = learnt.lines.excerpts(&capture);
    capture.notes = learnt.notes;
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

/// How long a single answer may take: a heap of millions of functions takes ten seconds and more on a busy machine.
const ANSWER: Duration = Duration::from_mins(1);

impl Visit {
    /// A page as most are looked at: all passes, of nothing but its loading, five times for its times.
    pub fn of(url: &str) -> Self {
        Self {
            name: url.to_owned(),
            url: url.to_owned(),
            browser: Which::Ours(None),
            cookies: Vec::new(),
            headers: Vec::new(),
            viewport: Viewport::default(),
            cpu_slowdown: 1.0,
            reach: Reach::Anywhere,
            steps: None,
            timing_runs: 5,
            repeats: 0,
            deadline: Duration::from_secs(30),
            passes: PassName::USUAL.into(),
        }
    }

    /// A browser with these flags, as far as it is ours to give it any.
    async fn browser(&self, flags: &[&str]) -> Result<Browser, BrowserError> {
        let deadline = self.deadline.max(ANSWER);
        let reach = self.reach.clone();
        let browser = match &self.browser {
            Which::Ours(program) => {
                let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
                Browser::launch(&LaunchOptions { program: program.clone(), deadline, flags, reach }).await?
            }
            Which::Theirs(address) => Browser::connect(address, &ConnectOptions { deadline, reach }).await?,
        };
        if !self.cookies.is_empty() {
            browser.set_cookies(&self.cookies).await?;
        }
        Ok(browser)
    }

    /// An empty page, as large and slow as was asked.
    async fn page(&self, browser: &Browser, listening: Listening) -> Result<Page, BrowserError> {
        let cpu_slowdown = (self.cpu_slowdown > 1.0).then_some(self.cpu_slowdown);
        let page = browser.open(&PageOptions { listening, viewport: Some(self.viewport), cpu_slowdown }).await?;
        if !self.headers.is_empty() {
            page.send_headers(&self.url, &self.headers).await?;
        }
        Ok(page)
    }

    fn patience(&self) -> Patience {
        Patience { deadline: self.deadline, ..Patience::default() }
    }

    /// Does the steps, if there are any, as the repeat of this number, from 0.
    async fn act(&self, page: &Page, settle: Settle, repeat: usize) -> Result<(), BrowserError> {
        let Some(steps) = &self.steps else { return Ok(()) };
        let usual = Pace::of(settle);
        // That nothing matches says more than that a step took too long.
        let patience = usual.patience.min(self.deadline / 2);
        let limits = Pace { deadline: self.deadline, load: self.patience(), patience, ..usual };
        Ok(page.act(steps, limits, repeat).await?)
    }

    fn settings(&self) -> Settings {
        Settings {
            viewport: (self.viewport.width, self.viewport.height),
            cpu_throttle: self.cpu_slowdown,
            cpus: std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX)),
            offline: self.reach != Reach::Anywhere,
            steps: self.steps.iter().flat_map(|steps| &steps.steps).map(|step| step.action.to_string()).collect(),
            timing_runs: self.timing_runs,
            repeats: self.repeats,
        }
    }
}
