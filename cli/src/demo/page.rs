//! The page of the demo: a list of orders with a selector for each row, in a browser of its own.

use std::path::Path;

use anyhow::Context as _;
use perf_look_analyzers::web::capture::PageCapture;
use perf_look_capture::browser::{BrowserError, Reach, Steps, file_url, find};
use perf_look_capture::web::{PassName, Visit, look};

use crate::failure::Failure;
use crate::progress::Progress;

const FILES: [(&str, &str); 2] =
    [("index.html", include_str!("page/index.html")), ("app.js", include_str!("page/app.js"))];

/// What somebody does on it.
const STEPS: &str = "click #reprice";

/// What the report calls it, wherever the files were put.
const NAME: &str = "demo: orders of a shop";

/// What was measured of the page; none where there is no browser, with the reason.
pub(super) async fn measure(progress: &mut Progress<'_>) -> Result<Result<PageCapture, String>, Failure> {
    if let Err(missing) = find::find(None) {
        return Ok(Err(format!("the page is left out: {missing}; {}", missing.help())));
    }
    let folder = tempfile::tempdir().context("could not make a folder for the page").map_err(Failure::unmeasured)?;
    let visit = visit(folder.path())?;
    let mut tell = |pass: PassName| progress.begin(&format!("measuring a page: {}", pass.as_str()), None);
    let capture = look(&visit, &mut tell).await.map_err(|error: BrowserError| {
        let help = error.help();
        Failure::unmeasured(error).maybe_help(help)
    })?;
    without_folder(&capture, &visit.url).map(Ok)
}

/// The folder has another name each time and is gone when the report is read.
fn without_folder(capture: &PageCapture, url: &str) -> Result<PageCapture, Failure> {
    let folder = url.strip_suffix(FILES[0].0).unwrap_or(url);
    let text = serde_json::to_string(capture).context("could not keep the page").map_err(Failure::usage)?;
    let text = text.replace(folder, "demo/");
    serde_json::from_str(&text).context("could not keep the page").map_err(Failure::usage)
}

fn visit(folder: &Path) -> Result<Visit, Failure> {
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).context("could not write the page").map_err(Failure::unmeasured)?;
    }
    let url = file_url(&folder.join(FILES[0].0)).context("could not write the page").map_err(Failure::unmeasured)?;
    Ok(Visit {
        name: NAME.to_owned(),
        reach: Reach::only_of(&url),
        steps: Some(Steps::read("demo.steps", STEPS).map_err(Failure::usage)?),
        timing_runs: 3,
        repeats: 1,
        ..Visit::of(&url)
    })
}
