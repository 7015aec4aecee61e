//! What Chromium hands out in pieces: its trace, and anything else that it keeps a stream of.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Browser;
use super::error::BrowserError;
use super::events::{Events, Subscription};
use super::page::Page;
use super::router::Wire;

/// A trace that is being written by the whole browser.
#[derive(Debug)]
pub struct Trace {
    wire: Wire,
    ends: Events,
}

/// In bytes. Larger pieces are not quicker.
const PIECE: usize = 1 << 20;

impl Browser {
    /// Begins to write down events of these categories, and of no others.
    pub async fn trace(&self, categories: &[&str]) -> Result<Trace, BrowserError> {
        let (subscription, ends) = Subscription::to(&["Tracing.tracingComplete"], None);
        self.wire.ask(move |router| router.subscribe(subscription)).await?;
        // No compression: the first trace of a browser would stall for seconds.
        let config = json!({ "recordMode": "recordAsMuchAsPossible", "includedCategories": categories,
                             "excludedCategories": ["*"] });
        let params = json!({ "transferMode": "ReturnAsStream", "traceConfig": config });
        self.wire.call(None, "Tracing.start", params).await?;
        Ok(Trace { wire: self.wire.clone(), ends })
    }
}

impl Trace {
    /// Ends it and hands out its JSON, piece by piece. A trace with holes is an error.
    pub async fn stop(mut self, take: impl FnMut(&[u8])) -> Result<(), BrowserError> {
        self.wire.call(None, "Tracing.end", json!({})).await?;
        let end = self.wire.in_time("ending the trace", self.ends.next()).await?.ok_or(BrowserError::Gone)?;
        if end.params["dataLossOccurred"] == true {
            return Err(BrowserError::Holes);
        }
        let stream = end.params["stream"].as_str();
        let missing = BrowserError::Incomplete { method: "Tracing.tracingComplete", field: "stream" };
        read_stream(&self.wire, (None, stream.ok_or(missing)?), take).await
    }
}

impl Page {
    /// Reads a stream to its end, and closes it: the handle is that of an answer such as
    /// `Network.loadNetworkResource`'s.
    pub async fn read_stream(&self, handle: &str, take: impl FnMut(&[u8])) -> Result<(), BrowserError> {
        read_stream(&self.wire, (Some(&self.session), handle), take).await
    }
}

async fn read_stream(
    wire: &Wire,
    (session, handle): (Option<&str>, &str),
    mut take: impl FnMut(&[u8]),
) -> Result<(), BrowserError> {
    loop {
        let piece = wire.call(session, "IO.read", json!({ "handle": handle, "size": PIECE })).await?;
        take(&bytes(&piece)?);
        if piece["eof"] != false {
            wire.call(session, "IO.close", json!({ "handle": handle })).await?;
            return Ok(());
        }
    }
}

/// A piece that is cut within a character, or is no text at all, comes in another coat.
fn bytes(piece: &Value) -> Result<Vec<u8>, BrowserError> {
    let incomplete = BrowserError::Incomplete { method: "IO.read", field: "data" };
    match (piece["data"].as_str(), &piece["base64Encoded"]) {
        (Some(text), Value::Bool(true)) => BASE64_STANDARD.decode(text).map_err(|_| incomplete),
        (Some(text), _) => Ok(text.as_bytes().to_vec()),
        (None, _) => Err(incomplete),
    }
}
