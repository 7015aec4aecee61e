//! Pages, addresses and steps that cannot be measured, or only in part: the real program says so in one message, exits as
//! documented, keeps what it measured, and leaves no process and no profile behind.

use std::path::Path;
use std::time::{Duration, Instant};

use perf_look_fixtures::pages::{self, Server};
use serde_json::Value;

use crate::sandbox::Sandbox;

/// What was asked, and what came of it.
struct Looked {
    transcript: String,
    /// None where nothing was measured at all.
    report: Option<Value>,
}

/// Runs `perf-look web` in a folder of its own, with these steps if there are any, and checks that nothing is left.
#[track_caller]
fn look(url: &str, steps: &str, more: &[&str]) -> Looked {
    let sandbox = Sandbox::new().file("use.steps", steps).file("tmp/kept", "");
    let temporary = sandbox.path().join("tmp");
    let sandbox = sandbox.env("TMPDIR", &temporary.display().to_string());
    let mut args = vec!["web", url, "--no-config", "--quiet", "--timeout", "5s", "--fail-on", "never"];
    args.extend(["--report", "json=report.json"]);
    if !steps.is_empty() {
        args.extend(["--steps", "use.steps"]);
    }
    args.extend(more);
    let transcript = sandbox.run(&args);
    assert_nothing_is_left(&temporary, &transcript);
    let report = std::fs::read_to_string(sandbox.path().join("report.json")).ok();
    Looked { transcript, report: report.map(|text| serde_json::from_str(&text).unwrap()) }
}

/// But for the file that was there before. What was killed needs a moment.
#[track_caller]
fn assert_nothing_is_left(folder: &Path, transcript: &str) {
    let named = folder.display().to_string();
    let running = || {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let lines = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
        lines.filter(|line| line.contains(&named)).collect::<Vec<_>>()
    };
    let asked = Instant::now();
    while !running().is_empty() && asked.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(running(), Vec::<String>::new(), "{transcript}");
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["kept"], "{transcript}");
}

impl Looked {
    #[track_caller]
    fn ends_with(self, code: u8, said: &str) -> Self {
        assert!(self.transcript.ends_with(&format!("--- exit code {code}\n")), "{}", self.transcript);
        assert!(self.transcript.contains(said), "{said} is not said: {}", self.transcript);
        self
    }

    /// One message, with what to do about it.
    #[track_caller]
    fn with_one_error(self) {
        assert_eq!(self.transcript.matches("error: ").count(), 1, "{}", self.transcript);
        assert_eq!(self.transcript.matches("help: ").count(), 1, "{}", self.transcript);
        assert!(self.report.is_none(), "{:?}", self.report);
    }

    /// How a pass went.
    #[track_caller]
    fn pass(&self, name: &str) -> &str {
        let passes = self.report.as_ref().expect("a report")["subjects"][0]["passes"].as_array().unwrap();
        passes.iter().find(|pass| pass["name"] == name).unwrap()["status"].as_str().unwrap()
    }
}

/// A page of the fixtures.
fn page(server: &Server, name: &str) -> String {
    server.url(&format!("hostile/{name}"))
}

const CENSUS: &[&str] = &["--passes", "census"];

#[test]
fn a_page_that_never_comes_to_rest_is_given_up() {
    let server = pages::serve();
    for (name, said) in [
        ("alert-storm.html", "the page opened more than 20 dialogs"),
        ("reload-loop.html", "more than 12 documents"),
        ("navigation-loop.html", "more than 12 documents"),
        ("meta-refresh.html", "more than 12 documents"),
        ("loop-at-load.html", "ran into an endless script"),
    ] {
        let looked = look(&page(&server, name), "", CENSUS).ends_with(3, said);
        assert!(looked.report.is_none(), "{name}");
    }
}

#[test]
fn a_page_that_asks_opens_and_downloads_is_measured_all_the_same() {
    let server = pages::serve();
    for (name, steps) in [
        ("dialogs.html", ""),
        ("popups.html", "click #open"),
        ("download.html", "click #get"),
        ("beforeunload.html", "click #touch\nnavigate dialogs.html"),
    ] {
        let looked = look(&page(&server, name), steps, CENSUS).ends_with(0, "");
        assert_eq!(looked.pass("census"), "measured", "{name}");
    }
}

#[test]
fn a_page_with_errors_and_traps_of_its_own_is_measured_and_springs_none() {
    let server = pages::serve();
    for name in [
        "errors.html",
        "getters.html",
        "empty.html",
        "loop-of-timers.html",
        "never-ending-image.html",
        "never-ending-script.html",
    ] {
        let looked = look(&page(&server, name), "", CENSUS).ends_with(0, "");
        assert_eq!(looked.pass("census"), "measured", "{name}");
        assert_eq!(looked.report.unwrap()["subjects"][0]["metrics"]["selectors"]["value"], 0, "{name}");
    }
}

#[test]
fn a_pass_that_a_page_makes_impossible_could_not_be_measured_and_the_others_are_kept() {
    let server = pages::serve();
    let looked = look(&page(&server, "broken-natives.html"), "", &["--passes", "counts,census"]).ends_with(3, "");
    assert_eq!((looked.pass("counts"), looked.pass("census")), ("measured", "could-not-measure"));
    let metrics = &looked.report.unwrap()["subjects"][0]["metrics"];
    assert!(metrics["dom-elements"]["value"].is_u64() || metrics["dom-elements"]["value"].is_f64(), "{metrics}");
    assert!(metrics["selectors"].is_null(), "what was not measured is no zero: {metrics}");
}

#[test]
fn a_source_map_that_is_broken_or_missing_is_a_note_and_the_places_of_the_build_stay() {
    let server = pages::serve();
    for (name, said) in [
        ("broken-map.html", "the source map cannot be read: it is not JSON"),
        ("missing-map.html", "could not be loaded: HTTP status 404"),
    ] {
        let looked = look(&page(&server, name), "", &["--passes", "counts"]).ends_with(0, "");
        let notes = looked.report.unwrap()["subjects"][0]["notes"].to_string();
        assert!(notes.contains("are those of the build") && notes.contains(said), "{name}: {notes}");
    }
}

#[test]
fn names_that_are_escape_codes_reach_no_terminal() {
    let server = pages::serve();
    for name in ["names.html", "hostile-map.html"] {
        let more = ["--passes", "counts,census", "--report", "text"];
        let looked = look(&page(&server, name), "", &more).ends_with(0, "Chrome/");
        assert!(!looked.transcript.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", looked.transcript);
    }
}

#[test]
fn steps_that_loop_or_find_nothing_end_early_and_what_was_measured_is_kept() {
    let server = pages::serve();
    for (name, steps, said) in [
        ("loop-after-click.html", "click #spin", "ran into an endless script"),
        ("loop-of-promises.html", "click #spin", "ran into an endless script"),
        ("dialogs.html", "evaluate 1\nclick .nowhere", "use.steps:2: nothing matches .nowhere"),
    ] {
        let more = ["--passes", "counts", "--report", "text"];
        let looked = look(&page(&server, name), steps, &more).ends_with(3, said);
        assert_eq!(looked.pass("counts"), "measured", "{name}");
        assert!(looked.report.unwrap()["subjects"][0]["metrics"]["dom-elements"]["value"].as_u64() > Some(1), "{name}");
    }
}

#[test]
fn what_cannot_be_measured_is_one_error_with_what_to_do() {
    let server = pages::serve();
    // Nobody listens there any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, said) in [
        (format!("http://{closed}/"), "net::ERR_CONNECTION_REFUSED"),
        (server.url("http/status/404"), "answered with HTTP 404"),
        (page(&server, "text.txt"), "is no HTML page, but text/plain"),
    ] {
        look(&url, "", CENSUS).ends_with(3, said).with_one_error();
    }
    let url = page(&server, "dialogs.html");
    look(&url, "", &["--browser", "/nowhere/chromium"])
        .ends_with(3, "/nowhere/chromium is no program")
        .with_one_error();
    look(&url, "", &["--connect", "ws://127.0.0.1:9/"]).ends_with(3, "127.0.0.1:9").with_one_error();
}

#[test]
fn steps_that_cannot_be_read_are_a_slip_and_nothing_is_run() {
    let server = pages::serve();
    let url = page(&server, "dialogs.html");
    look(&url, "click #a\ntickle #b", CENSUS).ends_with(2, "use.steps:2").with_one_error();
    look(&url, "", &["--steps", "no-such.steps"]).ends_with(2, "no-such.steps").with_one_error();
}
