//! `perf-look web`: an address to a capture, the capture to a report, the report to its outputs.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::Capture;
use perf_look_analyzers::web::capture::PageCapture;
use perf_look_capture::browser::{BrowserError, Cookie, Header, Reach, SecretsError, Steps, file_url};
use perf_look_capture::web::{PassName, Visit, Which, look};

use crate::args::{Common, Web};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{self, Outputs};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::tui;

/// Looks at the page and judges it.
pub(crate) fn run(web: &Web, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let outputs = Outputs::of(&web.report)?;
    let look = tui::look(tui::when(web.tui, &web.report, common), terminal)?;
    let visit = visit(web)?;
    let page = capture(&visit, common, terminal)?;
    let capture = Capture::of_pages(vec![page]);
    if let Some(path) = &web.report.save {
        output::save(path, &capture)?;
    }
    let report = outputs.redacted(capture.input()).judged(&config.policy());
    let status = Status::of(&report, web.fail_on.unwrap_or(config.fail_on()));
    if look.is_none() || web.report.is_asked_for() {
        outputs.write(&report, terminal)?;
    }
    Ok(match look {
        Some(look) => status.max(tui::show(report, look, terminal, None)?),
        None => status,
    })
}

fn capture(visit: &Visit, common: &Common, terminal: &Terminal) -> Result<PageCapture, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime").map_err(Failure::usage)?;
    runtime.block_on(async {
        let stop = Stop::listen().context("could not listen for signals")?;
        let mut progress = Progress::new(common, terminal);
        progress.begin(&format!("loading {}", visit.name), Some(visit.deadline));
        let mut tell = |pass: PassName| progress.begin(&format!("measuring {}: {}", visit.name, pass.as_str()), None);
        tokio::select! {
            looked = look(visit, &mut tell) => looked.map_err(failure),
            () = stop.clone().wait() => {
                let status = stop.status().unwrap_or(Status::Interrupted);
                Err(Failure::new(status, anyhow!("stopped; nothing of the browser is left")))
            }
        }
    })
}

fn failure(error: BrowserError) -> Failure {
    let help = error.help();
    Failure::unmeasured(error).maybe_help(help)
}

fn visit(web: &Web) -> Result<Visit, Failure> {
    let url = address(&web.url)?;
    let passes = if web.passes.is_empty() { PassName::USUAL.to_vec() } else { web.passes.clone() };
    Ok(Visit {
        name: web.url.clone(),
        browser: match &web.connect {
            Some(address) => Which::Theirs(address.clone()),
            None => Which::Ours(web.browser.clone()),
        },
        cookies: secrets(web.cookies.as_deref(), Cookie::read)?,
        headers: secrets(web.headers.as_deref(), Header::read)?,
        viewport: web.viewport,
        cpu_slowdown: web.cpu_throttle,
        reach: if web.offline { Reach::only_of(&url) } else { Reach::Anywhere },
        url,
        steps: steps(web.steps.as_deref())?,
        timing_runs: web.runs,
        repeats: if web.steps.is_some() { web.repeat } else { 0 },
        deadline: web.timeout,
        passes: passes.into_iter().collect(),
    })
}

fn steps(file: Option<&Path>) -> Result<Option<Steps>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {name}"));
    let text = text.map_err(|error| Failure::usage(error).help("name a file of steps, one a line: click SELECTOR"))?;
    match Steps::read(&name, &text) {
        Ok(steps) => Ok(Some(steps)),
        Err(error) => {
            let help = error.help();
            Err(Failure::usage(error).help(help))
        }
    }
}

/// What is in a file of secrets. No message quotes it.
fn secrets<T>(file: Option<&Path>, read: fn(&str) -> Result<Vec<T>, SecretsError>) -> Result<Vec<T>, Failure> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read {name}"));
    read(&text.map_err(Failure::usage)?).map_err(|error| {
        let help = error.help();
        Failure::usage(anyhow::Error::new(error).context(name)).help(help)
    })
}

/// A file that is there, an address as it is, and `localhost:3000` as people type it.
fn address(name: &str) -> Result<String, Failure> {
    if Path::new(name).is_file() {
        return file_url(Path::new(name))
            .with_context(|| format!("could not read {name}"))
            .map_err(Failure::unmeasured);
    }
    if ["http://", "https://", "file://", "data:"].iter().any(|scheme| name.starts_with(scheme)) {
        return Ok(name.to_owned());
    }
    if let Some((scheme, _)) = name.split_once("://") {
        return Err(Failure::usage(anyhow!("{scheme}: is not an address of a page"))
            .help("give an address that begins with http:// or https://, or a file of HTML"));
    }
    let host = name.split(['/', ':']).next().unwrap_or(name);
    if host == "localhost" || host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(format!("http://{name}"));
    }
    let missing = anyhow!("there is no file {name}, and it is no address");
    Err(Failure::usage(missing).help("addresses begin with http:// or https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_address_needs_no_scheme() {
        assert_eq!(address("localhost:3000/a").unwrap(), "http://localhost:3000/a");
        assert_eq!(address("https://a.b/").unwrap(), "https://a.b/");
        assert_eq!(address("ftp://a.b/").unwrap_err().status, Status::Usage);
        assert_eq!(address("no-such.html").unwrap_err().status, Status::Usage);
    }
}
