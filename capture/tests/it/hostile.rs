//! Pages and servers that do all that they should not: each ends in its time, with its own error, and leaves nothing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use perf_look_capture::browser::{
    Browser, BrowserError, Ended, Extent, LaunchOptions, Listening, Loaded, Pace, Page, PageOptions, Patience, Settle,
    Steps,
};

use crate::browser::{assert_gone, data, launch};

/// As long as anything here may take, with a reserve for a machine that is busy with other tests.
const AT_MOST: Duration = Duration::from_secs(20);

const PATIENCE: Patience = Patience {
    deadline: Duration::from_secs(3),
    after_paint: Duration::from_millis(700),
    settle: Duration::from_secs(1),
};

/// A server that answers each request with this head, to which the length is added, and this body.
fn answers(head: &'static str, body: &'static str) -> String {
    listens(move |mut stream, address| {
        let length = body.len();
        let text = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        let _ = stream.write_all(text.replace("HERE", address).as_bytes());
    })
}

/// A server that does this with each connection, that asks for the page, and nothing with others; its
/// address.
fn listens(serve: impl Fn(TcpStream, &str) + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (serve, own) = (serve.clone(), own.clone());
            thread::spawn(move || {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or_default();
                // A browser opens connections that it has no use for yet.
                if request[..read].starts_with(b"GET / ") {
                    serve(stream, &own);
                } else {
                    thread::sleep(AT_MOST);
                }
            });
        }
    });
    address
}

/// What comes of loading this address, in a browser of its own that is gone afterwards.
async fn visit(url: &str) -> Result<Loaded, BrowserError> {
    visit_with(url, LaunchOptions::default()).await
}

async fn visit_with(url: &str, options: LaunchOptions) -> Result<Loaded, BrowserError> {
    let started = Instant::now();
    let browser = Browser::launch(&options).await.unwrap();
    let folder: PathBuf = browser.folder().unwrap().to_owned();
    let quiet = PageOptions { listening: Listening::Least, ..PageOptions::default() };
    let page: Page = browser.open(&quiet).await.unwrap();
    let loaded = page.load(url, PATIENCE).await;
    browser.close().await.unwrap();
    assert!(started.elapsed() < AT_MOST, "{:?}", started.elapsed());
    assert_gone(&folder);
    loaded
}

/// What is said of an address that cannot be measured, and what to do.
async fn said(url: &str) -> String {
    let error = match visit(url).await {
        Err(error) => error,
        Ok(loaded) => loaded.document.check().unwrap_err(),
    };
    format!("{error}; {}", error.help().unwrap_or_default()).replace(url, "URL")
}

#[tokio::test]
async fn a_page_with_its_status_and_kind() {
    let url = answers("200 OK\r\nContent-Type: text/html; charset=utf-8", "hello");
    let loaded = visit(&url).await.unwrap();
    assert_eq!(
        (loaded.extent, loaded.document.status, &*loaded.document.mime),
        (Extent::Whole, Some(200), "text/html")
    );
    assert_eq!(loaded.document.url, url + "/");
    loaded.document.check().unwrap();
}

#[tokio::test]
async fn a_page_that_is_not_there() {
    let url = answers("404 Not Found\r\nContent-Type: text/html", "none");
    let said = said(&url).await;
    assert_eq!(said, "URL/ answered with HTTP 404; check the address, and what its server says about it in its log");
}

#[tokio::test]
async fn something_that_is_no_page() {
    let url = answers("200 OK\r\nContent-Type: application/json", "{}");
    assert_eq!(said(&url).await, "URL/ is no HTML page, but application/json; give the address of a page");
}

#[tokio::test]
async fn a_download() {
    let url = answers("200 OK\r\nContent-Type: application/zip", "PK..");
    assert_eq!(said(&url).await, "URL is a download, not a page; give the address of a page");
}

#[tokio::test]
async fn a_circle_of_redirects() {
    let url = answers("302 Found\r\nLocation: HERE/", "");
    let said = said(&url).await;
    assert!(said.starts_with("could not load URL: net::ERR_TOO_MANY_REDIRECTS; the server redirects"), "{said}");
}

#[tokio::test]
async fn an_answer_without_a_page() {
    let said = said(&answers("204 No Content", "")).await;
    assert!(said.starts_with("could not load URL: net::ERR_ABORTED; the server answered without a page"), "{said}");
}

#[tokio::test]
async fn an_address_that_nothing_reads() {
    let said_of = async |url| said(url).await;
    let said = said_of("foo://bar/").await;
    assert!(said.contains("nothing here reads such addresses"), "{said}");
    let said = said_of("no address").await;
    assert!(said.contains("write the whole address"), "{said}");
}

#[tokio::test]
async fn a_port_that_no_browser_uses() {
    let said = said("http://127.0.0.1:6000/").await;
    assert_eq!(
        said,
        "could not load URL: net::ERR_UNSAFE_PORT; no browser loads pages from this port: serve it on another, such as \
         8080"
    );
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let url = listens(|_stream, _| thread::sleep(AT_MOST));
    let said = said(&url).await;
    assert!(said.starts_with("the answer of the server of URL took longer than 3 s; allow more time"), "{said}");
}

/// A page that shows something and then comes in drops, for as long as anybody listens.
fn drip(mut stream: TcpStream, begin: &str) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    let mut sent = stream.write_all(format!("{head}{begin}").as_bytes());
    while sent.is_ok() {
        thread::sleep(Duration::from_millis(50));
        sent = stream.write_all(b" ");
    }
}

#[tokio::test]
async fn a_page_that_drips_is_measured_as_far_as_it_came() {
    let url = listens(|stream, _| drip(stream, "<title>drip</title><p>hello"));
    let loaded = visit(&url).await.unwrap();
    assert_eq!((loaded.extent, loaded.document.status), (Extent::Partly, Some(200)));
    loaded.document.check().unwrap();
}

#[tokio::test]
async fn a_page_that_drips_and_shows_nothing() {
    let url = listens(|stream, _| drip(stream, "<title>drip</title>"));
    let said = said(&url).await;
    assert!(said.starts_with("loading URL took longer than 3 s; "), "{said}");
}

#[tokio::test]
async fn a_picture_that_never_comes_leaves_a_part_of_the_page() {
    // The server answers nothing but the page.
    let url = answers("200 OK\r\nContent-Type: text/html", "<p>hello<img src='/never.png'>");
    let loaded = visit(&url).await.unwrap();
    assert_eq!(loaded.extent, Extent::Partly);
}

#[tokio::test]
async fn a_page_that_cuts_off_its_own_loading_is_measured_as_far_as_it_came() {
    // As one does that begins a download before it has loaded. What shows nothing would else be waited for in vain.
    let body = "<title>cut</title><script>stop()</script><img src='/never.png'>";
    let url = answers("200 OK\r\nContent-Type: text/html", body);
    assert_eq!(visit(&url).await.unwrap().extent, Extent::Partly);
}

#[tokio::test]
async fn an_endless_script_is_named_with_its_place() {
    let body = "<p>hello\n<script>function spin() {\n  for (;;) {}\n}\nspin()</script>";
    let url = answers("200 OK\r\nContent-Type: text/html", body);
    let error = visit(&url).await.unwrap_err();
    let said = error.to_string().replace(&url, "URL");
    assert!(said.starts_with("loading URL ran into an endless script at URL/:3:"), "{said}");
    assert!(said.ends_with(" spin, which was ended after 3 s"), "{said}");
}

#[tokio::test]
async fn a_page_that_reloads_itself_for_ever() {
    let body = "<p>hello<script>onload = () => location.reload()</script>";
    let error = visit(&answers("200 OK\r\nContent-Type: text/html", body)).await.unwrap_err();
    assert!(matches!(error, BrowserError::Ended(Ended::Navigations)), "{error}");
    assert_eq!(error.to_string(), "the page went on to more than 12 documents by itself");
}

#[tokio::test]
async fn a_page_that_leads_to_nothing() {
    let error = visit(&data("<script>location = 'http://127.0.0.1:9/'</script>")).await.unwrap_err();
    assert!(error.to_string().starts_with("could not load http://127.0.0.1:9/"), "{error}");
}

#[tokio::test]
async fn a_storm_of_dialogs() {
    let error = visit(&data("<script>for (;;) alert()</script>")).await.unwrap_err();
    assert!(matches!(error, BrowserError::Ended(Ended::Dialogs)), "{error}");
}

#[tokio::test]
async fn a_page_that_eats_all_memory() {
    let flags = vec!["--js-flags=--max-old-space-size=64".to_owned()];
    let html = "<script>for (const all = [];;) all.push(new Array(1e5).fill({}))</script>";
    let error = visit_with(&data(html), LaunchOptions { flags, ..LaunchOptions::default() }).await.unwrap_err();
    assert!(matches!(error, BrowserError::Ended(Ended::Crashed)), "{error}");
    assert!(error.help().unwrap().contains("memory"), "{error}");
}

#[tokio::test]
async fn a_page_that_eats_all_memory_after_a_click() {
    let flags = vec!["--js-flags=--max-old-space-size=64".to_owned()];
    let browser = Browser::launch(&LaunchOptions { flags, ..LaunchOptions::default() }).await.unwrap();
    let folder = browser.folder().unwrap().to_owned();
    let page = browser.open(&PageOptions { listening: Listening::Least, ..PageOptions::default() }).await.unwrap();
    let server = perf_look_fixtures::pages::serve();
    page.load(&server.url("hostile/out-of-memory.html"), PATIENCE).await.unwrap();
    let steps = Steps::read("steps", "click #fill").unwrap();
    let how = Pace::of(Settle::RealTime { idle: Duration::from_millis(20) });
    let error = page.act(&steps, how, 0).await.unwrap_err();
    assert!(error.to_string().starts_with("steps:1: ") && error.to_string().contains("crashed"), "{error}");
    browser.close().await.unwrap();
    assert_gone(&folder);
}

#[tokio::test]
async fn windows_without_end_are_closed() {
    let html = "<p>hello<script>for (let i = 0; i < 50; i++) open('about:blank')</script>";
    assert_eq!(visit(&data(html)).await.unwrap().extent, Extent::Whole);
}

#[tokio::test]
async fn a_page_that_does_not_want_to_be_left() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    page.load(&data("<p style='height:9em'>a<script>onbeforeunload = () => 'stay'</script>"), PATIENCE).await.unwrap();
    page.click(20.0, 20.0).await.unwrap();
    page.load(&data("<title>b</title>"), PATIENCE).await.unwrap();
}
