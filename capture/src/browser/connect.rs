//! A browser that runs already, started by somebody else: used for pages of our own, and left as it was.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::error::BrowserError;
use super::options::Reach;
use super::page::field;
use super::{Browser, Ground};

/// How to use a browser that runs.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// How long a single answer may take, unless a call has a limit of its own.
    pub deadline: Duration,
    /// Which hosts our pages reach.
    pub reach: Reach,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), reach: Reach::Anywhere }
    }
}

const CREATED: (&str, &str) = ("Target.createBrowserContext", "browserContextId");

/// The answer of `/json/version`, as far as it is read.
#[derive(Debug, Deserialize)]
struct Version {
    #[serde(rename = "webSocketDebuggerUrl")]
    address: String,
}

/// A browser answers with less than a kilobyte; whatever else answers need not be read to its end.
const MAX_ANSWER: usize = 64 * 1024;

impl Browser {
    /// Connects to a browser that was started with `--remote-debugging-port`, by `ws://…` or `http://127.0.0.1:9222`.
    ///
    /// Our pages are in a profile of their own, which goes with the connection, however that ends. The browser itself,
    /// and whatever else is open in it, stays as it is.
    pub async fn connect(address: &str, options: &ConnectOptions) -> Result<Self, BrowserError> {
        let found = tokio::time::timeout(options.deadline, find(address)).await;
        let socket = found.map_err(|_| refused(address, "nothing answered in time"))?;
        let socket = socket.map_err(|why| refused(address, &why))?;
        let wire = Self::wire_to(&socket, options.deadline).await.map_err(|error| refused(address, &root(&error)))?;
        let params = serde_json::json!({ "disposeOnDetach": true });
        let made = wire.call(None, CREATED.0, params).await?;
        let ground = Ground::Theirs(field(made, CREATED)?);
        Self { wire, ground, reach: options.reach.clone() }.settled().await
    }
}

fn refused(address: &str, why: &str) -> BrowserError {
    BrowserError::NotConnected { address: address.to_owned(), why: why.to_owned() }
}

/// The innermost reason.
fn root(error: &BrowserError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The address of the browser's socket.
async fn find(address: &str) -> Result<String, String> {
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    match url.scheme() {
        // One of a page cannot open others.
        "ws" | "wss" if url.path().len() > 1 => Ok(address.to_owned()),
        "ws" | "http" => ask(&url).await,
        other => Err(format!("{other}: is no way to a browser")),
    }
}

/// Asks a browser by HTTP for the address of its socket. No library for this one question.
async fn ask(url: &Url) -> Result<String, String> {
    let host = url.host_str().ok_or("there is no host in it")?;
    let port = url.port_or_known_default().unwrap_or(80);
    let words = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(words)?;
    let request = format!("GET /json/version HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(words)?;
    let mut answer = Vec::new();
    // A browser leaves the connection open.
    while version(&answer).is_none()
        && answer.len() < MAX_ANSWER
        && stream.read_buf(&mut answer).await.map_err(words)? > 0
    {}
    let status = String::from_utf8_lossy(answer.split(|&byte| byte == b'\r').next().unwrap_or_default());
    let status = if status.is_empty() { "nothing" } else { &status };
    version(&answer)
        .map(|version| version.address)
        .ok_or_else(|| format!("what is there is no browser: it answered /json/version with {status}"))
}

/// Reads an answer, once it is whole.
fn version(answer: &[u8]) -> Option<Version> {
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    serde_json::from_slice(&answer[head + 4..]).ok()
}
