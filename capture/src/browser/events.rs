//! Events as Chromium sends them, for whoever collects them: in their order, and never more than memory holds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::Notify;

use super::error::BrowserError;
use super::router::Event;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// The session of the page, or of a frame or worker within; none for what concerns the whole browser.
    pub session: Option<String>,
    /// What: `Debugger.scriptParsed`.
    pub method: String,
    /// Its fields.
    pub params: Value,
}

/// Events that were asked for, from then on. All that came before the answer to a call are there when the answer is.
///
/// While more wait than there is room for, nothing more is read from Chromium. So take them while a call runs that
/// makes many: a call alone, whose answer comes after them, would fail.
#[derive(Debug)]
pub struct Events {
    queue: Arc<Queue>,
}

/// In events: a page with 100,000 scripts would fit.
const ROOM: usize = 100_000;

/// In bytes of text that the events carry, such as pieces of a heap snapshot.
const ROOM_FOR_TEXT: usize = 64 << 20;

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Something came, or nothing will come any more.
    came: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Happened>,
    text: usize,
    is_over: bool,
    is_cut: bool,
}

impl Queue {
    fn with<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        // Nothing in here panics halfway.
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Waiting {
    fn take(&mut self) -> Option<Happened> {
        let event = self.events.pop_front()?;
        self.text -= length(&event.params);
        Some(event)
    }
}

impl Events {
    /// The next one, once there is one; none when the page or the browser has gone.
    pub async fn next(&mut self) -> Result<Option<Happened>, BrowserError> {
        loop {
            let came = self.queue.came.notified();
            if let Some(event) = self.queue.with(Waiting::take) {
                return Ok(Some(event));
            }
            if self.queue.with(|waiting| waiting.is_cut) {
                return Err(BrowserError::Flood);
            }
            if self.queue.with(|waiting| waiting.is_over) {
                return Ok(None);
            }
            came.await;
        }
    }

    /// Those that are there already.
    pub fn ready(&mut self) -> Result<Vec<Happened>, BrowserError> {
        self.queue.with(|waiting| {
            let events = std::iter::from_fn(|| waiting.take()).collect();
            if waiting.is_cut { Err(BrowserError::Flood) } else { Ok(events) }
        })
    }
}

/// The other end, in the router.
#[derive(Debug)]
pub(super) struct Subscription {
    queue: Arc<Queue>,
    methods: Vec<String>,
    /// The page's own session, or none for the browser.
    pub(super) page: Option<String>,
}

impl Subscription {
    pub(super) fn to(methods: &[&str], page: Option<String>) -> (Self, Events) {
        let queue = Arc::new(Queue::default());
        let methods = methods.iter().map(|&method| method.to_owned()).collect();
        (Self { queue: queue.clone(), methods, page }, Events { queue })
    }

    /// Whether nobody takes its events any more.
    pub(super) fn is_closed(&self) -> bool {
        Arc::strong_count(&self.queue) == 1
    }

    pub(super) fn is_full(&self) -> bool {
        let full = |waiting: &mut Waiting| waiting.events.len() >= ROOM || waiting.text >= ROOM_FOR_TEXT;
        !self.is_closed() && self.queue.with(full)
    }

    pub(super) fn offer(&self, event: &Event) {
        if !self.methods.iter().any(|method| *method == event.method) {
            return;
        }
        let params = event.params.clone();
        let happened = Happened { session: event.session.clone(), method: event.method.to_string(), params };
        self.queue.with(|waiting| {
            waiting.text += length(&happened.params);
            waiting.events.push_back(happened);
        });
        self.queue.came.notify_one();
    }

    /// Gives up on a reader that does not read.
    pub(super) fn cut(&self) {
        self.queue.with(|waiting| waiting.is_cut = true);
        self.queue.came.notify_one();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.queue.with(|waiting| waiting.is_over = true);
        self.queue.came.notify_one();
    }
}

/// What its texts take, which is nearly all.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(length).sum(),
        Value::Object(fields) => fields.values().map(length).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(method: &'static str, params: Value) -> Event {
        Event { method: method.into(), session: None, params }
    }

    #[test]
    fn what_was_asked_for_comes_in_its_order_and_nothing_else() {
        let (subscription, mut events) = Subscription::to(&["A.one", "A.two"], None);
        for (number, method) in ["A.one", "A.three", "A.two", "A.one"].into_iter().enumerate() {
            subscription.offer(&event(method, json!(number)));
        }
        let came: Vec<Value> = events.ready().unwrap().into_iter().map(|event| event.params).collect();
        assert_eq!(came, [json!(0), json!(2), json!(3)]);
    }

    #[test]
    fn there_is_room_until_the_texts_are_too_long_and_again_once_they_are_taken() {
        let (subscription, mut events) = Subscription::to(&["A.one"], None);
        subscription.offer(&event("A.one", json!({ "chunk": "a".repeat(ROOM_FOR_TEXT - 1) })));
        assert!(!subscription.is_full());
        subscription.offer(&event("A.one", json!(["a"])));
        assert!(subscription.is_full());
        assert_eq!(events.ready().unwrap().len(), 2);
        assert!(!subscription.is_full());
    }

    #[tokio::test]
    async fn it_ends_with_what_it_listens_to() {
        let (subscription, mut events) = Subscription::to(&["A.one"], None);
        subscription.offer(&event("A.one", json!(1)));
        drop(subscription);
        assert_eq!(events.next().await.unwrap().map(|event| event.params), Some(json!(1)));
        assert_eq!(events.next().await.unwrap(), None);
    }
}
