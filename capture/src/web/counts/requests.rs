//! What a page asked for over the network.

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::WebRequest;
use serde_json::Value;

use crate::browser::{BrowserError, Events, Happened, Page};

const EVENTS: &[&str] =
    &["Network.requestWillBeSent", "Network.responseReceived", "Network.dataReceived", "Network.loadingFinished"];

/// Listens to the network of a page and of what is within.
#[derive(Debug)]
pub(super) struct Requests {
    events: Events,
}

/// Session and number of a request; redirects have one number.
type Key = (String, String, usize);

impl Requests {
    pub(super) async fn listen(page: &Page) -> Result<Self, BrowserError> {
        Ok(Self { events: page.events(EVENTS).await? })
    }

    /// All requests that leave the page, by address.
    pub(super) fn take(mut self) -> Result<Vec<WebRequest>, BrowserError> {
        let mut requests: BTreeMap<Key, WebRequest> = BTreeMap::new();
        let mut hops: BTreeMap<(String, String), usize> = BTreeMap::new();
        for event in self.events.ready()? {
            let id = event.params["requestId"].as_str().unwrap_or_default().to_owned();
            let name = (event.session.clone().unwrap_or_default(), id);
            let key = |hop: usize| (name.0.clone(), name.1.clone(), hop);
            if event.method == "Network.requestWillBeSent" {
                let hop = hops.entry(name.clone()).and_modify(|hop| *hop += 1).or_insert(0);
                if let Some(before) = hop.checked_sub(1).and_then(|hop| requests.get_mut(&key(hop))) {
                    redirected(before, &event.params["redirectResponse"]);
                }
                requests.insert(key(*hop), request(&event.params));
            } else if let Some(request) = hops.get(&name).and_then(|hop| requests.get_mut(&key(*hop))) {
                note(request, &event);
            }
        }
        let leaves = |request: &WebRequest| !["data:", "blob:"].iter().any(|scheme| request.url.starts_with(scheme));
        let mut requests: Vec<WebRequest> = requests.into_values().filter(leaves).collect();
        requests.sort_by(|a, b| (&a.url, &a.kind, a.content_bytes).cmp(&(&b.url, &b.kind, b.content_bytes)));
        Ok(requests)
    }
}

fn request(params: &Value) -> WebRequest {
    let blocking = params["renderBlockingBehavior"].as_str().unwrap_or_default();
    WebRequest {
        url: params["request"]["url"].as_str().unwrap_or_default().to_owned(),
        kind: params["type"].as_str().unwrap_or("Other").to_owned(),
        status: None,
        transfer_bytes: None,
        content_bytes: 0,
        blocks_rendering: blocking == "Blocking" || blocking == "InBodyParserBlocking",
    }
}

fn redirected(request: &mut WebRequest, response: &Value) {
    request.status = status(response);
    request.transfer_bytes = number(&response["encodedDataLength"]);
}

fn note(request: &mut WebRequest, event: &Happened) {
    let params = &event.params;
    match &*event.method {
        "Network.responseReceived" => {
            request.status = status(&params["response"]);
            if let Some(kind) = params["type"].as_str() {
                kind.clone_into(&mut request.kind);
            }
        }
        "Network.dataReceived" => request.content_bytes += number(&params["dataLength"]).unwrap_or_default(),
        _ => request.transfer_bytes = number(&params["encodedDataLength"]),
    }
}

fn status(response: &Value) -> Option<u16> {
    number(&response["status"]).and_then(|status| u16::try_from(status).ok()).filter(|status| *status > 0)
}

/// A number that the protocol writes with or without a fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, and never less than none")]
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|number| number as u64))
}
