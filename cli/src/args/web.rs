//! What was typed behind `perf-look web`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use perf_look_capture::browser::Viewport;
use perf_look_capture::web::PassName;

use super::{FailOn, GENERAL, REPORT, ReportArgs, TuiWhen};
use crate::duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  perf-look web http://localhost:3000          look at a page
  perf-look web dist/index.html                a file
  perf-look web http://localhost:3000 --steps use.steps --repeat 7
                                               what grows when a page is used
  perf-look web http://localhost:3000 --passes census
                                               only live selectors
  perf-look web http://localhost:3000 --report html=page.html

Each pass loads the page in a browser of its own, with an empty profile that
is removed afterwards. Counts are exact, under a clock that stands still while
the page waits; times are taken in passes that collect nothing else.";

const PAGE: &str = "The page";
const BROWSER: &str = "The browser";

/// `perf-look web`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Web {
    /// An address, or a file of HTML
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// What a user does on the page, a step a line: click, type, press, wait, scroll, navigate, evaluate
    #[arg(long, value_name = "FILE", help_heading = PAGE)]
    pub(crate) steps: Option<PathBuf>,
    /// How often the steps are repeated, to see what grows
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), requires = "steps", help_heading = PAGE)]
    pub(crate) repeat: u32,
    /// What is measured: timing, counts, selector-stats, invalidation, census [default: all but invalidation]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = pass, help_heading = PAGE)]
    pub(crate) passes: Vec<PassName>,
    /// How often times are taken, each in a browser of its own; the run in the middle is shown
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100), help_heading = PAGE)]
    pub(crate) runs: u32,
    /// How long loading, and each step, may take: 500ms, 30s, 2min
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "30s", help_heading = PAGE)]
    pub(crate) timeout: Duration,
    /// The size of the page in CSS pixels
    #[arg(long, value_name = "WxH", value_parser = viewport, default_value = "1366x768", help_heading = PAGE)]
    pub(crate) viewport: Viewport,
    /// How many times slower than this machine the page runs; 4 is about a phone
    #[arg(long, value_name = "N", value_parser = throttle, default_value = "1", help_heading = PAGE)]
    pub(crate) cpu_throttle: f64,
    /// Block requests to hosts other than the page's own
    #[arg(long, help_heading = PAGE)]
    pub(crate) offline: bool,
    /// Chromium's or Chrome's program [default: PERF_LOOK_CHROME, else the one that is installed]
    #[arg(long, value_name = "PATH", help_heading = BROWSER)]
    pub(crate) browser: Option<PathBuf>,
    /// Use a browser that runs, started with --remote-debugging-port: ws://… or http://127.0.0.1:9222
    #[arg(long, value_name = "ADDRESS", conflicts_with = "browser", help_heading = BROWSER)]
    pub(crate) connect: Option<String>,
    /// Cookies to be let in with: what a browser exports as JSON, or cookies.txt; they are not kept
    #[arg(long, value_name = "FILE", help_heading = BROWSER)]
    pub(crate) cookies: Option<PathBuf>,
    /// Headers for the page's own host, a line each: Authorization: Bearer …; they are not kept
    #[arg(long, value_name = "FILE", help_heading = BROWSER)]
    pub(crate) headers: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// From which severity on the exit code is 1 [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = REPORT)]
    pub(crate) fail_on: Option<FailOn>,
    /// When to show the report on the whole terminal; auto: where no report is asked for [default: auto]
    #[arg(long, value_name = "WHEN", help_heading = REPORT)]
    pub(crate) tui: Option<TuiWhen>,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

fn pass(name: &str) -> Result<PassName, String> {
    PassName::ALL.into_iter().find(|pass| pass.as_str() == name).ok_or_else(|| {
        let all: Vec<&str> = PassName::ALL.iter().map(|pass| pass.as_str()).collect();
        format!("no such pass; there are {}", all.join(", "))
    })
}

/// Larger pages are no screens but mistakes, and Chromium refuses them.
const LARGEST: u32 = 10_000;

fn viewport(text: &str) -> Result<Viewport, String> {
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (1..=LARGEST).contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| side(width).zip(side(height)));
    let (width, height) = sides.ok_or_else(|| format!("expected width and height up to {LARGEST}: 1366x768"))?;
    Ok(Viewport { width, height, ..Viewport::default() })
}

fn throttle(text: &str) -> Result<f64, String> {
    let times = text.parse::<f64>().ok().filter(|times| (1.0..=100.0).contains(times));
    times.ok_or_else(|| "expected a number from 1 to 100".to_owned())
}
