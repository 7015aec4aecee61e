//! Browsers of others, and pages that know their user.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use perf_look_capture::browser::{
    Browser, BrowserError, ConnectOptions, Cookie, Header, Listening, Page, PageOptions, Reach,
};
use serde_json::json;

use crate::browser::{LONG, data, launch, serve};

const QUIET: PageOptions = PageOptions { listening: Listening::Least, viewport: None, cpu_slowdown: None };

/// Where others can connect to a browser that we have started.
pub(crate) fn address(browser: &Browser) -> (String, String) {
    let file = browser.folder().unwrap().join("profile/DevToolsActivePort");
    let text = std::fs::read_to_string(file).unwrap();
    let (port, path) = text.split_once('\n').unwrap();
    (format!("http://127.0.0.1:{port}"), format!("ws://127.0.0.1:{port}{}", path.trim()))
}

/// The addresses of the pages that are open.
async fn pages(page: &Page) -> Vec<String> {
    let targets = page.call("Target.getTargets", json!({})).await.unwrap();
    let pages = targets["targetInfos"].as_array().unwrap().iter().filter(|target| target["type"] == "page");
    let mut urls: Vec<String> = pages.map(|page| page["url"].as_str().unwrap_or_default().to_owned()).collect();
    urls.sort();
    urls
}

#[tokio::test]
async fn a_browser_of_somebody_else_is_left_as_it_was() {
    let theirs = launch().await;
    let page = theirs.new_page().await.unwrap();
    page.goto("data:text/html,theirs", LONG).await.unwrap();
    let before = pages(&page).await;
    let (http, socket) = address(&theirs);
    for address in [&*http, &*socket] {
        let ours = Browser::connect(address, &ConnectOptions::default()).await.unwrap();
        let own = ours.open(&QUIET).await.unwrap();
        own.goto("data:text/html,<title>ours</title>", LONG).await.unwrap();
        assert_eq!(own.evaluate("document.title").await.unwrap(), json!("ours"));
        assert_eq!(pages(&page).await.len(), before.len() + 1);
        // Whether it is closed, or only dropped, as by an error.
        if address == http {
            ours.close().await.unwrap();
        }
        drop(own);
    }
    let asked = Instant::now();
    while pages(&page).await != before && asked.elapsed() < LONG {}
    assert_eq!(pages(&page).await, before);
    assert_eq!(page.evaluate("document.body.textContent").await.unwrap(), json!("theirs"));
}

#[tokio::test]
async fn our_windows_in_a_browser_of_somebody_else_are_closed_too() {
    let theirs = launch().await;
    let (http, _) = address(&theirs);
    let ours = Browser::connect(&http, &ConnectOptions::default()).await.unwrap();
    let own = ours.new_page().await.unwrap();
    let html = "<body style='margin:0'><div style='position:fixed;inset:0' onclick=\"document.title = 'clicked'; \
                window.open('about:blank#ours')\">a</div>";
    own.goto(&data(html), LONG).await.unwrap();
    own.click(50.0, 50.0).await.unwrap();
    assert_eq!(own.evaluate("document.title").await.unwrap(), json!("clicked"));
    own.until(LONG, |it| it.popups.len() == 1).await.unwrap();
    let asked = Instant::now();
    let is_open = async || pages(&own).await.contains(&"about:blank#ours".to_owned());
    while is_open().await && asked.elapsed() < LONG {}
    assert!(!is_open().await);
    ours.close().await.unwrap();
    drop(theirs);
}

#[tokio::test]
async fn offline_holds_in_a_browser_of_somebody_else_too() {
    let port = serve(&[
        ("/", "<script src='/own.js'></script><script src='http://localhost:PORT/other.js'></script>"),
        ("/own.js", "document.title += 'own'"),
        ("/other.js", "document.title += 'other'"),
    ]);
    let theirs = launch().await;
    let url = format!("http://127.0.0.1:{port}/");
    let options = ConnectOptions { reach: Reach::only_of(&url), ..ConnectOptions::default() };
    let ours = Browser::connect(&address(&theirs).0, &options).await.unwrap();
    let page = ours.open(&QUIET).await.unwrap();
    page.goto(&url, LONG).await.unwrap();
    assert_eq!(page.evaluate("document.title").await.unwrap(), json!("own"));
}

#[tokio::test]
async fn where_no_browser_is_it_is_said_how_to_start_one() {
    let said = async |address: &str| {
        let options = ConnectOptions { deadline: Duration::from_secs(2), ..ConnectOptions::default() };
        let error = Browser::connect(address, &options).await.unwrap_err();
        assert!(matches!(error, BrowserError::NotConnected { .. }), "{error:?}");
        assert!(error.help().unwrap().contains("--remote-debugging-port"));
        error.to_string()
    };
    let refused = said("http://127.0.0.1:9/").await;
    assert!(
        refused.starts_with("could not connect to a browser at http://127.0.0.1:9/: Connection refused"),
        "{refused}"
    );
    let refused = said("ws://127.0.0.1:9/devtools/browser/x").await;
    assert!(refused.contains("Connection refused"), "{refused}");
    assert!(said("localhost:9222").await.ends_with("localhost: is no way to a browser"));
    let other = serve(&[("/", "hello")]);
    let other = said(&format!("http://127.0.0.1:{other}")).await;
    assert!(other.ends_with("what is there is no browser: it answered /json/version with HTTP/1.1 200 OK"), "{other}");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = said(&format!("http://{}", mute.local_addr().unwrap())).await;
    assert!(mute.ends_with("nothing answered in time"), "{mute}");
}

/// A server that tells what it was asked; its port.
fn listen() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, requests) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let asked = asked.clone();
            thread::spawn(move || {
                let mut request = [0; 8192];
                let read = stream.read(&mut request).unwrap_or_default();
                let _ = asked.send(String::from_utf8_lossy(&request[..read]).into_owned());
                let body = format!("<img src='http://localhost:{port}/other.png'><img src='/own.png'>");
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
                let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
            });
        }
    });
    (port, requests)
}

#[tokio::test]
async fn headers_and_cookies_go_to_their_own_host_alone() {
    let (port, requests) = listen();
    let browser = launch().await;
    let url = format!("http://127.0.0.1:{port}/");
    let cookies = json!([{ "name": "session", "value": "s3cret", "domain": "127.0.0.1", "path": "/" }]);
    browser.set_cookies(&Cookie::read(&cookies.to_string()).unwrap()).await.unwrap();
    let page = browser.open(&QUIET).await.unwrap();
    page.send_headers(&url, &Header::read("Authorization: Bearer t0ken").unwrap()).await.unwrap();
    page.goto(&url, LONG).await.unwrap();
    let requests: Vec<String> = requests.try_iter().collect();
    let knows = |path: &str| {
        let request = requests.iter().find(|request| request.starts_with(&format!("GET {path} "))).unwrap();
        (request.contains("Authorization: Bearer t0ken\r\n"), request.contains("Cookie: session=s3cret\r\n"))
    };
    assert_eq!([knows("/"), knows("/own.png"), knows("/other.png")], [(true, true), (true, true), (false, false)]);
}

#[tokio::test]
async fn a_cookie_that_is_refused_is_not_quoted() {
    let browser = launch().await;
    let cookies = json!([{ "name": "a;b", "value": "s3cret", "domain": "", "path": "nowhere" }]);
    let error = browser.set_cookies(&Cookie::read(&cookies.to_string()).unwrap()).await.unwrap_err();
    assert!(matches!(error, BrowserError::Cookies), "{error}");
    assert!(!format!("{error:?}{:?}", error.help()).contains("s3cret"));
}
