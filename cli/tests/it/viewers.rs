//! Profiles in the viewers that they are for: speedscope in a real browser, the Firefox Profiler's own reader, pprof.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use perf_look_capture::browser::{Browser, LaunchOptions, Page, file_url};
use serde_json::Value;

use crate::sandbox::Sandbox;

/// A slow machine that does other things as well.
const PATIENCE: Duration = Duration::from_mins(1);

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skip(test: &str, why: &str) {
    eprintln!("SKIPPED {test}: {why}");
}

/// A file below what `scripts/viewers` installs; where it is missing, the test is skipped loudly, and fails in CI.
pub(crate) fn installed(test: &str, file: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("target/viewers/node_modules").join(file);
    if !file.is_file() {
        let why = format!("{} is missing; scripts/viewers installs it", file.display());
        assert!(std::env::var_os("CI").is_none(), "{why}");
        skip(test, &why);
        return None;
    }
    Some(file)
}

/// A recorded plan and its profile of a format.
fn profile(plan: &str, format: &str, name: &str) -> Sandbox {
    let plan = perf_look_fixtures::named(&format!("postgres/plans/{plan}.json"));
    let sandbox = Sandbox::new().file("plan.json", &plan);
    let said = sandbox.run(&["flame", "plan.json", "--format", format, "-o", name]);
    assert!(said.ends_with("--- exit code 0\n"), "{said}");
    sandbox
}

/// Recorded pages: a list that makes selectors, and one that forces layouts.
pub(crate) fn pages() -> Sandbox {
    let file = perf_look_fixtures::folder().join("web/captures/two-pages.json.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    Sandbox::new().file("page.capture", &text)
}

/// The page that forces layouts, in a format.
fn profile_of_page(format: &str, name: &str) -> Sandbox {
    let sandbox = pages();
    let said = sandbox.run(&["flame", "page.capture", "--subject", "2", "--format", format, "-o", name]);
    assert!(said.ends_with("--- exit code 0\n"), "{said}");
    sandbox
}

/// The page of speedscope with a profile in it, handed over as its own command does.
#[track_caller]
fn in_speedscope(index: &Path, sandbox: &Sandbox, name: &str, look: impl AsyncFnOnce(&Page)) {
    let bytes = std::fs::read(sandbox.path().join(name)).unwrap();
    let script = format!("speedscope.loadFileFromBase64('{name}', '{}')", BASE64_STANDARD.encode(bytes));
    let loader = sandbox.path().join("load.js");
    std::fs::write(&loader, script).unwrap();
    let address = format!("{}#localProfilePath={}&view=sandwich", file_url(index).unwrap(), loader.display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::launch(&LaunchOptions::default()).await.unwrap();
        let page = browser.new_page().await.unwrap();
        page.set_viewport(1280, 900).await.unwrap();
        page.goto(&address, PATIENCE).await.unwrap();
        tokio::time::timeout(PATIENCE, shown(&page)).await.unwrap();
        look(&page).await;
        let recording = page.recording();
        assert!(recording.errors().next().is_none(), "{:?}", recording.console);
        assert!(recording.dialogs.is_empty(), "{:?}", recording.dialogs);
        browser.close().await.unwrap();
    });
}

/// Until the frames are there.
async fn shown(page: &Page) {
    while rows(page).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Total, own time and name of each frame, a line each.
async fn rows(page: &Page) -> String {
    let script = "[...document.querySelectorAll('tr')].map(row => row.innerText.trim().replace(/\\s*\\n\\s*/g, ', '))\
        .filter(row => row.includes('%')).join('\\n')";
    page.evaluate(script).await.unwrap().as_str().unwrap().to_owned()
}

#[test]
fn speedscope_shows_frames_with_their_own_times() {
    let index = installed("speedscope_shows_frames_with_their_own_times", "speedscope/dist/release/index.html");
    let Some(index) = index else { return };
    let sandbox = profile("gather-merge", "speedscope", "plan.speedscope.json");
    in_speedscope(&index, &sandbox, "plan.speedscope.json", async |page| {
        let body = page.evaluate("document.title + '\\n' + document.body.innerText").await.unwrap();
        let body = body.as_str().unwrap();
        assert!(body.starts_with("plan.json - speedscope\n"), "{body}");
        assert!(body.contains("wall-clock time (plan order, not time order) (1/5)"), "{body}");
        insta::assert_snapshot!(rows(page).await);
    });
}

#[test]
fn speedscope_shows_what_a_page_did() {
    let index = installed("speedscope_shows_what_a_page_did", "speedscope/dist/release/index.html");
    let Some(index) = index else { return };
    let sandbox = profile_of_page("speedscope", "page.speedscope.json");
    in_speedscope(&index, &sandbox, "page.speedscope.json", async |page| insta::assert_snapshot!(rows(page).await));
    let sandbox = profile_of_page("cpuprofile", "page.cpuprofile");
    in_speedscope(&index, &sandbox, "page.cpuprofile", async |page| {
        let rows = rows(page).await;
        assert!(rows.contains("90.23ms"), "{rows}");
    });
}

#[test]
fn speedscope_reads_the_profile_of_pprof_too() {
    let index = installed("speedscope_reads_the_profile_of_pprof_too", "speedscope/dist/release/index.html");
    let Some(index) = index else { return };
    let sandbox = profile("update-trigger", "pprof", "plan.pb.gz");
    in_speedscope(&index, &sandbox, "plan.pb.gz", async |page| insta::assert_snapshot!(rows(page).await));
}

#[test]
fn speedscope_files_are_as_its_schema_says() {
    let schema = "speedscope/dist/release/file-format-schema.json";
    let Some(schema) = installed("speedscope_files_are_as_its_schema_says", schema) else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for plan in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres/plans")) {
        let plan = plan.file_stem().unwrap().to_string_lossy().into_owned();
        let sandbox = profile(&plan, "speedscope", "plan.speedscope.json");
        let text = std::fs::read_to_string(sandbox.path().join("plan.speedscope.json")).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{plan}: {errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "profiles": [] })));
}

#[test]
fn standard_output_gets_the_bytes_that_a_file_gets() {
    for format in ["svg", "folded", "speedscope", "firefox", "pprof"] {
        let sandbox = profile("gather-merge", format, "file");
        let piped = sandbox.command(&["flame", "plan.json", "--format", format]).output().unwrap();
        let file = std::fs::read(sandbox.path().join("file")).unwrap();
        assert!(piped.stdout == file, "{format}: {} bytes of {}", piped.stdout.len(), file.len());
    }
}

/// The Firefox Profiler with a profile in it; ends with it.
struct FirefoxProfiler<'s> {
    program: PathBuf,
    sandbox: &'s Sandbox,
    server: Child,
}

impl<'s> FirefoxProfiler<'s> {
    /// Its own command to load a profile starts the same, and gives it half a second for that.
    #[track_caller]
    fn load(program: PathBuf, sandbox: &'s Sandbox, name: &str) -> Self {
        let serve = ["--daemon", name, "--session", "test"];
        let server = command(&program, sandbox, &serve).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let profiler = Self { program, sandbox, server };
        let asked = Instant::now();
        while !command(&profiler.program, sandbox, &["status"]).output().unwrap().status.success() {
            assert!(asked.elapsed() < Duration::from_mins(1), "{name} was not loaded");
        }
        profiler
    }

    #[track_caller]
    fn ask(&self, args: &[&str]) -> String {
        let output = command(&self.program, self.sandbox, args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

/// It keeps its sessions at home.
fn command(program: &Path, sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.arg(program).args(args).current_dir(sandbox.path()).env("HOME", sandbox.path());
    command
}

impl Drop for FirefoxProfiler<'_> {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn the_firefox_profiler_shows_frames_processes_and_notes() {
    let program = "@firefox-devtools/profiler-cli/dist/profiler-cli.js";
    let Some(program) = installed("the_firefox_profiler_shows_frames_processes_and_notes", program) else { return };
    let sandbox = profile("gather-merge", "firefox", "plan.firefox.json");
    let profiler = FirefoxProfiler::load(program, &sandbox, "plan.firefox.json");
    let asked: [&[&str]; 5] = [
        &["profile", "meta"],
        &["profile", "info", "--all"],
        &["thread", "samples-top-down", "--thread", "t-0"],
        &["thread", "markers", "--list", "--thread", "t-0"],
        &["thread", "samples", "--thread", "t-6"],
    ];
    insta::assert_snapshot!(asked.map(|args| profiler.ask(args)).join("\n"));
}

#[test]
fn the_firefox_profiler_shows_what_a_page_did() {
    let program = "@firefox-devtools/profiler-cli/dist/profiler-cli.js";
    let Some(program) = installed("the_firefox_profiler_shows_what_a_page_did", program) else { return };
    let sandbox = profile_of_page("firefox", "page.firefox.json");
    let profiler = FirefoxProfiler::load(program, &sandbox, "page.firefox.json");
    let asked: [&[&str]; 3] = [
        &["profile", "info", "--all"],
        &["thread", "samples-top-down", "--thread", "t-0"],
        &["thread", "markers", "--list", "--thread", "t-0"],
    ];
    insta::assert_snapshot!(asked.map(|args| profiler.ask(args)).join("\n"));
}

#[test]
fn pprof_shows_own_and_cumulative_times() {
    if Command::new("go").args(["tool", "pprof", "-h"]).output().is_err() {
        return skip("pprof_shows_own_and_cumulative_times", "go is missing");
    }
    let sandbox = profile("update-trigger", "pprof", "plan.pb.gz");
    let mut pprof = Command::new("go");
    pprof.args(["tool", "pprof", "-top", "plan.pb.gz"]).current_dir(sandbox.path());
    let output = pprof.env("PPROF_TMPDIR", sandbox.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "Duration: 11.32ms, Total samples = 11.32ms",
        "7.33ms 64.74% 64.74%     7.33ms 64.74%  Trigger stock_audit on stock",
        "3.26ms 28.78% 93.52%     3.66ms 32.34%  #1 Update on stock",
    ] {
        assert!(said.contains(line), "{said}");
    }
}
