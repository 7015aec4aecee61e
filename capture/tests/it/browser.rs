//! A real Chromium: what it shows, what it tells, and that it is gone afterwards whatever a page does.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use perf_look_capture::browser::{
    Browser, BrowserError, Ended, LaunchOptions, Level, Media, Medium, NoBrowser, Page, Recording, RequestKind, Scheme,
    Scripts, Source, file_url,
};
use serde_json::json;

/// More than any page here needs, on a machine that is busy with other tests.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Enough to see that something does not end.
pub(crate) const SHORT: Duration = Duration::from_secs(1);

/// A browser. Without one there is nothing to test, which must not pass for a success.
pub(crate) async fn launch() -> Browser {
    match Browser::launch(&LaunchOptions::default()).await {
        Ok(browser) => browser,
        Err(error @ BrowserError::NoBrowser(_)) => panic!("{error}\nhelp: run scripts/prerequisites --browser"),
        Err(error) => panic!("{error:?}: {:?}", error.help()),
    }
}

/// The address of a page with this text.
pub(crate) fn data(html: &str) -> String {
    let bytes = html.bytes().map(|byte| format!("%{byte:02X}"));
    format!("data:text/html;charset=utf-8,{}", bytes.collect::<String>())
}

/// A page that shows this text.
pub(crate) async fn show(browser: &Browser, html: &str) -> Page {
    let page = browser.new_page().await.unwrap();
    page.goto(&data(html), LONG).await.unwrap();
    page
}

/// The processes that name this folder, zombies not among them.
pub(crate) fn processes_in(folder: &Path) -> Vec<String> {
    let named = folder.display().to_string();
    let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = numbers.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(&named)).collect()
}

/// Nothing of the browser is there any more, at once or after a moment for what was killed.
pub(crate) fn assert_gone(folder: &Path) {
    let asked = Instant::now();
    while !processes_in(folder).is_empty() && asked.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(processes_in(folder), Vec::<String>::new());
    assert!(!folder.exists(), "{} is still there", folder.display());
}

/// This test program again, for one of the tests that wait to be run so.
pub(crate) fn again(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env("TMPDIR", folder);
    command
}

#[tokio::test]
async fn a_page_has_its_title_and_the_browser_its_version() {
    let browser = launch().await;
    assert!(browser.version().await.unwrap().contains("Chrome/"));
    let page = show(&browser, "<title>plans</title>").await;
    assert_eq!(page.evaluate("document.title").await.unwrap(), json!("plans"));
    assert_eq!(page.evaluate("Promise.resolve([1, {a: null}])").await.unwrap(), json!([1, { "a": null }]));
}

#[tokio::test]
async fn it_is_gone_when_it_is_closed() {
    let browser = launch().await;
    let folder = browser.folder().unwrap().to_owned();
    assert_ne!(processes_in(&folder), Vec::<String>::new());
    show(&browser, "hello").await;
    browser.close().await.unwrap();
    assert_gone(&folder);
}

#[tokio::test]
async fn it_is_gone_when_it_is_dropped_while_a_page_loops() {
    let browser = launch().await;
    let folder = browser.folder().unwrap().to_owned();
    let page = browser.new_page().await.unwrap();
    page.call("Page.navigate", json!({ "url": data("<script>for (;;) {}</script>") })).await.unwrap();
    drop(browser);
    assert_gone(&folder);
}

#[tokio::test]
async fn an_endless_script_ends_by_the_deadline() {
    let browser = launch().await;
    let folder = browser.folder().unwrap().to_owned();
    let page = browser.new_page().await.unwrap();
    let error = page.goto(&data("<script>for (;;) {}</script>"), SHORT).await.unwrap_err();
    assert!(matches!(error, BrowserError::Deadline { .. }), "{error}");
    assert!(error.to_string().ends_with("took longer than 1 s"), "{error}");
    // The browser and the page are of use still.
    assert_eq!(page.evaluate("1 + 1").await.unwrap(), json!(2));
    browser.close().await.unwrap();
    assert_gone(&folder);
}

#[tokio::test]
async fn a_call_that_does_not_end_ends_by_the_deadline() {
    let options = LaunchOptions { deadline: Duration::from_secs(3), ..LaunchOptions::default() };
    let browser = Browser::launch(&options).await.unwrap();
    let page = show(&browser, "").await;
    let error = page.evaluate("for (;;) {}").await.unwrap_err();
    assert_eq!(error.to_string(), "Runtime.evaluate took longer than 3 s");
    assert_eq!(page.evaluate("1 + 1").await.unwrap(), json!(2));
}

#[tokio::test]
async fn a_page_that_is_closed_fails_the_calls_that_wait() {
    let browser = launch().await;
    let (page, other) = (show(&browser, "").await, show(&browser, "").await);
    let (waiting, _) = tokio::join!(page.evaluate("new Promise(() => 0)"), page.call("Page.close", json!({})));
    assert!(matches!(waiting, Err(BrowserError::Ended(Ended::Closed))), "{waiting:?}");
    assert!(matches!(page.evaluate("1").await, Err(BrowserError::Ended(Ended::Closed))));
    assert_eq!(other.evaluate("1").await.unwrap(), json!(1));
    other.close().await.unwrap();
}

#[tokio::test]
async fn what_a_script_throws_is_the_error() {
    let browser = launch().await;
    let page = show(&browser, "").await;
    let error = page.evaluate("null.length").await.unwrap_err();
    assert!(error.to_string().starts_with("the script failed: TypeError: Cannot read properties of null"), "{error}");
    assert_eq!(page.evaluate("throw 'no'").await.unwrap_err().to_string(), "the script failed: no");
}

#[tokio::test]
async fn the_console_is_heard() {
    let browser = launch().await;
    let html = "<script>console.log('a', 1, {}); console.error('bad'); null.length</script>";
    let recording = show(&browser, html).await.recording();
    let found: Vec<_> = recording.console.iter().map(|it| (it.level, it.source, it.text.lines().next())).collect();
    let thrown = "TypeError: Cannot read properties of null (reading 'length')";
    assert_eq!(
        found,
        [
            (Level::Info, Source::Console, Some("a 1 Object")),
            (Level::Error, Source::Console, Some("bad")),
            (Level::Error, Source::Exception, Some(thrown)),
        ]
    );
}

#[tokio::test]
async fn a_quiet_page_makes_no_sound() {
    let browser = launch().await;
    let recording = show(&browser, "<title>quiet</title><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>").await;
    let recording = recording.recording();
    assert_eq!(recording.console, []);
    assert_eq!(recording.fetched().count(), 0);
    assert_eq!(recording.violations, []);
}

#[tokio::test]
async fn requests_are_heard_also_those_of_frames_and_workers() {
    let browser = launch().await;
    let frame = "<iframe srcdoc=\"<img src='http://127.0.0.1:9/frame.png'>\"></iframe>";
    let worker = "new Worker(URL.createObjectURL(new Blob([\"fetch('http://127.0.0.1:9/worker').catch(() => 0)\"])))";
    let html = format!("<img src='http://127.0.0.1:9/page.png'>{frame}<script>{worker}</script>");
    let page = show(&browser, &html).await;
    page.until(LONG, |recording| recording.fetched().count() == 3).await.unwrap();
    let recording = page.recording();
    let mut urls: Vec<&str> = recording.fetched().map(|request| &*request.url).collect();
    urls.sort_unstable();
    assert_eq!(urls, ["http://127.0.0.1:9/frame.png", "http://127.0.0.1:9/page.png", "http://127.0.0.1:9/worker"]);
    let documents = recording.requests.iter().filter(|request| request.kind == RequestKind::Document);
    assert_eq!(documents.count(), 1);
}

#[tokio::test]
async fn what_a_policy_forbids_is_heard() {
    let browser = launch().await;
    let policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">";
    let html = format!("{policy}<img src='http://127.0.0.1:9/x.png'><script>document.title = 'ran'</script>");
    let page = show(&browser, &html).await;
    page.until(LONG, |it| it.violations.len() == 2).await.unwrap();
    let recording = page.recording();
    let found = recording.violations.iter().map(|it| (&*it.directive, it.blocked.as_deref()));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    assert_eq!(found, [("img-src", Some("http://127.0.0.1:9/x.png")), ("script-src-elem", None)]);
    assert_eq!(page.evaluate("document.title").await.unwrap(), json!(""));
    assert_eq!(recording.errors().count(), 2, "{:?}", recording.console);
}

#[tokio::test]
async fn without_scripts_a_page_shows_what_it_has_for_that() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    page.set_scripts(Scripts::Disabled).await.unwrap();
    let html = "<noscript>plain</noscript><script>document.title = 'ran'</script>";
    page.goto(&data(html), LONG).await.unwrap();
    let names: Vec<String> = page.accessibility_tree().await.unwrap().into_iter().map(|node| node.name).collect();
    assert!(names.contains(&"plain".to_owned()), "{names:?}");
    assert_eq!(page.evaluate("document.title").await.unwrap(), json!(""));
    page.set_scripts(Scripts::Enabled).await.unwrap();
    page.goto(&data(html), LONG).await.unwrap();
    assert_eq!(page.evaluate("document.title").await.unwrap(), json!("ran"));
}

#[tokio::test]
async fn keys_and_clicks_reach_the_page() {
    let browser = launch().await;
    let html = "<body style='margin:0'><input id=i><button style='position:fixed;left:0;top:100px;width:99px;\
                height:50px' onclick='said.push(`click ${event.isTrusted}`)'>b</button><script>\
                said = []; onkeydown = e => said.push((e.shiftKey ? 'Shift+' : '') + e.key); i.focus()</script>";
    let page = show(&browser, html).await;
    for key in ["p", "/", "Enter", "Escape", "ArrowDown", "Tab", "Shift+Tab"] {
        page.key(key).await.unwrap();
    }
    page.click(40.0, 120.0).await.unwrap();
    let said = page.evaluate("said.join(' ')").await.unwrap();
    assert_eq!(said, json!("p / Enter Escape ArrowDown Tab Shift+Tab click true"));
    assert_eq!(page.evaluate("i.value").await.unwrap(), json!("p/"));
    assert!(matches!(page.key("Any").await, Err(BrowserError::Key(_))));
}

/// The size that a PNG says it has.
fn size_of(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
async fn a_picture_has_the_size_of_the_viewport_or_of_the_page() {
    let browser = launch().await;
    let page = show(&browser, "<body style='margin:0'><p style='height:2000px;margin:0'>").await;
    page.set_viewport(320, 240).await.unwrap();
    assert_eq!(size_of(&page.screenshot().await.unwrap()), (320, 240));
    assert_eq!(size_of(&page.screenshot_of_all().await.unwrap()), (320, 2_000));
    assert!(page.pdf().await.unwrap().starts_with(b"%PDF-"));
}

#[tokio::test]
async fn style_sheets_are_told_of_colours_and_paper() {
    let browser = launch().await;
    let page = show(&browser, "").await;
    let asked = "[matchMedia('print').matches, matchMedia('(prefers-color-scheme: dark)').matches]";
    assert_eq!(page.evaluate(asked).await.unwrap(), json!([false, false]));
    let media = Media { medium: Medium::Print, scheme: Scheme::Dark, ..Media::default() };
    page.emulate_media(media).await.unwrap();
    assert_eq!(page.evaluate(asked).await.unwrap(), json!([true, true]));
}

#[tokio::test]
async fn a_screen_reader_meets_roles_and_names() {
    let browser = launch().await;
    let page = show(&browser, "<button aria-label='Show the plan'>+</button><h1>Plans</h1>").await;
    let tree = page.accessibility_tree().await.unwrap();
    let named = |role: &str| tree.iter().find(|node| node.role == role && !node.ignored).map(|node| &*node.name);
    assert_eq!(named("button"), Some("Show the plan"));
    assert_eq!(named("heading"), Some("Plans"));
}

#[tokio::test]
async fn dialogs_are_answered_and_heard() {
    let browser = launch().await;
    let page = show(&browser, "<script>alert('one'); document.title = confirm('two')</script>").await;
    let dialogs = page.recording().dialogs;
    let dialogs: Vec<_> = dialogs.iter().map(|dialog| (&*dialog.kind, &*dialog.text)).collect();
    assert_eq!(dialogs, [("alert", "one"), ("confirm", "two")]);
    assert_eq!(page.evaluate("document.title").await.unwrap(), json!("false"));
}

#[tokio::test]
async fn windows_that_a_page_opens_are_noted_and_closed() {
    let browser = launch().await;
    let html = "<body style='margin:0'><a style='position:fixed;inset:0' target=_blank href='about:blank#link'>a</a>\
                <script>addEventListener('keydown', () => open('about:blank#script'))</script>";
    let page = show(&browser, html).await;
    page.click(50.0, 50.0).await.unwrap();
    page.until(LONG, |it| it.popups.len() == 1).await.unwrap();
    page.key("a").await.unwrap();
    page.until(LONG, |it| it.popups.len() == 2).await.unwrap();
    assert_eq!(page.recording().popups, ["about:blank#link", "about:blank#script"]);
    let asked = Instant::now();
    while open_pages(&page).await != 2 && asked.elapsed() < LONG {}
    // The page itself, and the empty one that the browser starts with.
    assert_eq!(open_pages(&page).await, 2);
}

async fn open_pages(page: &Page) -> usize {
    let targets = page.call("Target.getTargets", json!({})).await.unwrap();
    targets["targetInfos"].as_array().unwrap().iter().filter(|target| target["type"] == "page").count()
}

#[test]
fn a_download_is_refused_and_leaves_nothing_at_home() {
    let home = tempfile::tempdir().unwrap();
    let status =
        again("browser::a_download", home.path()).env("HOME", home.path()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    assert!(!home.path().join("Downloads").exists());
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn a_download() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    let error = page.goto("data:application/zip;base64,UEsFBg==", LONG).await.unwrap_err();
    assert!(matches!(&error, BrowserError::Load { why, .. } if why == "net::ERR_ABORTED"), "{error}");
    page.goto(&data("again"), LONG).await.unwrap();
    browser.close().await.unwrap();
}

#[tokio::test]
async fn a_storm_of_dialogs_ends_the_page_and_not_the_browser() {
    let browser = launch().await;
    let folder = browser.folder().unwrap().to_owned();
    let page = browser.new_page().await.unwrap();
    let error = page.goto(&data("<script>for (;;) alert()</script>"), LONG).await.unwrap_err();
    assert!(matches!(error, BrowserError::Ended(Ended::Dialogs)), "{error}");
    assert_eq!(error.to_string(), "the page opened more than 20 dialogs");
    assert!(matches!(page.evaluate("1").await, Err(BrowserError::Ended(Ended::Dialogs))));
    show(&browser, "another").await;
    browser.close().await.unwrap();
    assert_gone(&folder);
}

#[tokio::test]
async fn a_crash_fails_the_calls_that_wait_and_those_that_come() {
    let browser = launch().await;
    let page = show(&browser, "").await;
    let (waiting, crashing) = tokio::join!(page.evaluate("new Promise(() => 0)"), page.call("Page.crash", json!({})));
    assert!(matches!(waiting, Err(BrowserError::Ended(Ended::Crashed))), "{waiting:?}");
    assert!(matches!(crashing, Err(BrowserError::Ended(Ended::Crashed))), "{crashing:?}");
    assert!(matches!(page.evaluate("1").await, Err(BrowserError::Ended(Ended::Crashed))));
    assert_eq!(page.recording().ended, Some(Ended::Crashed));
    show(&browser, "another").await;
}

#[tokio::test]
async fn an_address_that_crashes_the_page_is_an_error() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    assert!(page.goto("chrome://crash", LONG).await.is_err());
    let ended = page.until(LONG, |_| false).await;
    assert!(matches!(ended, Err(BrowserError::Ended(Ended::Crashed))), "{ended:?}");
}

#[tokio::test]
async fn a_browser_that_is_killed_fails_the_calls_that_wait() {
    let browser = launch().await;
    let (folder, pid) = (browser.folder().unwrap().to_owned(), browser.pid().unwrap());
    let page = show(&browser, "").await;
    let kill = async {
        let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        assert!(killed.unwrap().success());
    };
    let (waiting, ()) = tokio::join!(page.evaluate("new Promise(() => 0)"), kill);
    assert!(matches!(waiting, Err(BrowserError::Gone)), "{waiting:?}");
    drop(browser);
    assert_gone(&folder);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_an_error_with_chromiums_word_for_it() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    let error = page.goto("http://127.0.0.1:9/", LONG).await.unwrap_err();
    assert!(matches!(&error, BrowserError::Load { why, .. } if why.starts_with("net::ERR_")), "{error}");
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("http://{}/", server.local_addr().unwrap());
    let error = page.goto(&mute, SHORT).await.unwrap_err();
    assert!(matches!(error, BrowserError::Deadline { .. }), "{error}");
    page.goto(&data("again"), LONG).await.unwrap();
}

#[tokio::test]
async fn a_page_that_goes_on_to_another_has_loaded_when_that_has() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("b.html"), "<title>b</title>").unwrap();
    std::fs::write(folder.path().join("a.html"), "<script>location.replace('b.html')</script>").unwrap();
    let first = file_url(&folder.path().join("a.html")).unwrap();
    page.goto(&first, LONG).await.unwrap();
    page.until(LONG, |it| it.requests.len() == 2).await.unwrap();
    // A jump within a page loads nothing.
    page.goto(&format!("{first}#there"), LONG).await.unwrap();
}

#[tokio::test]
async fn no_browser_is_said_with_what_to_do() {
    let program = Some(Path::new("/nowhere/chromium").to_owned());
    let options = LaunchOptions { program, ..LaunchOptions::default() };
    let error = Browser::launch(&options).await.unwrap_err();
    assert!(matches!(error, BrowserError::NoBrowser(NoBrowser::NotThere { .. })), "{error}");
    assert_eq!(error.to_string(), "/nowhere/chromium is no program that could be Chromium");
    assert!(error.help().unwrap().contains("PERF_LOOK_CHROME"));
}

#[tokio::test]
async fn a_program_that_is_no_browser_is_said_with_what_it_printed() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("chromium");
    std::fs::write(&program, "#!/bin/sh\necho 'not today' >&2; exit 3\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let options = LaunchOptions { program: Some(program.clone()), ..LaunchOptions::default() };
    let error = Browser::launch(&options).await.unwrap_err();
    let said = format!("{} ended with exit status: 3: not today", program.display());
    assert_eq!(error.to_string(), said);
}

/// A path and the page there, in which PORT stands for the server's own.
pub(crate) type Served = (&'static str, &'static str);

/// Serves pages on loopback until the test ends; the port.
pub(crate) fn serve(pages: &'static [Served]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A browser opens connections that it has no use for yet.
            std::thread::spawn(move || answer(stream, pages, port));
        }
    });
    port
}

fn answer(mut stream: TcpStream, pages: &[Served], port: u16) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).unwrap_or_default();
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let page = pages.iter().find(|(name, _)| *name == path).map_or("", |(_, page)| page);
    let page = page.replace("PORT", &port.to_string());
    let is_script = Path::new(path).extension().is_some_and(|extension| extension == "js");
    let kind = if is_script { "text/javascript" } else { "text/html" };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", page.len());
    // It may have lost interest.
    let _ = write!(stream, "{head}Connection: close\r\n\r\n{page}");
}

#[tokio::test]
async fn frames_of_other_sites_are_heard_as_well() {
    let port = serve(&[
        ("/", "<iframe src='http://localhost:PORT/frame'></iframe>"),
        ("/frame", "<script>console.warn('in the frame'); new Image().src = '/deep.png'</script>"),
    ]);
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    page.goto(&format!("http://127.0.0.1:{port}/"), LONG).await.unwrap();
    let is_deep = |recording: &Recording| recording.fetched().any(|it| it.url.ends_with("/deep.png"));
    page.until(LONG, |it| is_deep(it) && !it.console.is_empty()).await.unwrap();
    assert_eq!(page.recording().console[0].text, "in the frame");
    let documents = page.recording().requests.into_iter().filter(|request| request.kind == RequestKind::Document);
    assert_eq!(documents.count(), 1);
}
