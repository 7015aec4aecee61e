//! The session router: one task that owns the connection, gives every answer to its caller and every event to the
//! recording of its page, and lets no call wait for a page that is gone.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use chromiumoxide::Connection;
use chromiumoxide::error::CdpError;
use chromiumoxide::types::{CallId, EventMessage, Message, Method, MethodId, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use super::error::{BrowserError, Ended};
use super::events::Subscription;
use super::recording::Recording;
use super::session::{Session, Setup, Target};

/// A page that opens more is caught in a loop of them, hundreds a second.
pub(super) const MAX_DIALOGS: usize = 20;

/// How often is looked for room for events.
const TICK: Duration = Duration::from_millis(2);

/// How long is waited for a reader of events before it is given up: one that reads takes a second at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// A page that goes on to more documents by itself goes on for ever; a sign-in takes three or four.
pub(super) const MAX_HOPS: usize = 12;

/// An event with the session that it belongs to, which chromiumoxide's own type does not read.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) method: MethodId,
    #[serde(rename = "sessionId")]
    pub(super) session: Option<String>,
    #[serde(default)]
    pub(super) params: Value,
}

impl Method for Event {
    fn identifier(&self) -> MethodId {
        self.method.clone()
    }
}

impl EventMessage for Event {
    fn session_id(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// What is asked of the task.
enum Order {
    Call { session: Option<String>, method: String, params: Value, reply: Option<Reply> },
    Do(Box<dyn FnOnce(&mut Router) + Send>),
}

type Reply = oneshot::Sender<Result<Value, BrowserError>>;

/// A handle to the task. The connection is closed when the last one is gone.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    orders: mpsc::UnboundedSender<Order>,
    deadline: Duration,
}

impl Wire {
    /// The same with another limit for each answer.
    pub(super) fn within(&self, deadline: Duration) -> Self {
        Self { orders: self.orders.clone(), deadline }
    }

    /// Calls a method, of a session or of the browser itself, and waits for its answer.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, BrowserError> {
        let (reply, answer) = oneshot::channel();
        self.order(session, method, params, Some(reply));
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(BrowserError::Gone),
            Err(_) => Err(BrowserError::Deadline { what: method.to_owned(), after: self.deadline }),
        }
    }

    /// Waits for something else that a call has brought about.
    pub(super) async fn in_time<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, BrowserError>>,
    ) -> Result<T, BrowserError> {
        let late = |_| BrowserError::Deadline { what: what.to_owned(), after: self.deadline };
        tokio::time::timeout(self.deadline, work).await.map_err(late)?
    }

    /// Calls a method of a session whose answer does not matter.
    pub(super) fn tell(&self, session: &str, method: &str, params: Value) {
        self.order(Some(session), method, params, None);
    }

    fn order(&self, session: Option<&str>, method: &str, params: Value, reply: Option<Reply>) {
        let (session, method) = (session.map(str::to_owned), method.to_owned());
        // Where the task has gone, so has the other end of the reply, and that is what the caller sees.
        let _ = self.orders.send(Order::Call { session, method, params, reply });
    }

    /// Asks the task for something that it knows, after all that it was asked for before.
    pub(super) async fn ask<T, Asked>(&self, asked: Asked) -> Result<T, BrowserError>
    where
        T: Send + 'static,
        Asked: FnOnce(&mut Router) -> T + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let order = Order::Do(Box::new(move |router| drop(reply.send(asked(router)))));
        let _ = self.orders.send(order);
        answer.await.map_err(|_| BrowserError::Gone)
    }

    /// Listens to a session, and to all that will be attached from it, and gives what is recorded of it.
    pub(super) async fn listen(&self, session: &str, setup: Setup) -> Result<watch::Receiver<Recording>, BrowserError> {
        let id = session.to_owned();
        let recording = self.ask(move |router| {
            let session = router.sessions.get_mut(&id)?;
            session.setup = setup;
            Some(session.page.subscribe())
        });
        recording.await?.ok_or(BrowserError::Ended(Ended::Closed))
    }
}

#[derive(Debug)]
struct Pending {
    session: Option<String>,
    method: String,
    reply: Option<Reply>,
}

/// The task.
#[derive(Debug)]
pub(super) struct Router {
    connection: Connection<Event>,
    orders: mpsc::UnboundedReceiver<Order>,
    pending: HashMap<CallId, Pending>,
    pub(super) sessions: BTreeMap<String, Session>,
    /// The only profile that is ours, where not all are.
    pub(super) profile: Option<String>,
    /// How many there were.
    attached: usize,
    subscriptions: Vec<Subscription>,
    /// Since when there is a subscription without room.
    full: Option<Instant>,
}

impl Router {
    pub(super) fn start(connection: Connection<Event>, deadline: Duration) -> Wire {
        let (sender, orders) = mpsc::unbounded_channel();
        let router = Self {
            connection,
            orders,
            pending: HashMap::new(),
            sessions: BTreeMap::new(),
            profile: None,
            attached: 0,
            subscriptions: Vec::new(),
            full: None,
        };
        tokio::spawn(router.run());
        Wire { orders: sender, deadline }
    }

    /// When it ends, whoever still waits sees the other end close.
    async fn run(mut self) {
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(order) => self.take(order),
                    None => return,
                },
                () = tokio::time::sleep(TICK), if self.full.is_some() => self.look_for_room(),
                message = self.connection.next(), if self.full.is_none() => match message {
                    Some(Ok(Message::Response(response))) => self.answer(response),
                    Some(Ok(Message::Event(event))) => self.route(&event),
                    // Whose answer it was cannot be known; its caller has a deadline.
                    Some(Err(CdpError::InvalidMessage(..))) => {}
                    Some(Err(_)) | None => return,
                },
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Call { session, method, params, reply } => {
                let ended = session.as_ref().and_then(|id| self.ended(id));
                match (ended, reply) {
                    (Some(ended), Some(reply)) => drop(reply.send(Err(ended.into()))),
                    (Some(_), None) => {}
                    (None, reply) => self.submit(Pending { session, method, reply }, params),
                }
            }
            Order::Do(asked) => asked(self),
        }
    }

    fn ended(&self, session: &str) -> Option<Ended> {
        self.sessions.get(session).map_or(Some(Ended::Closed), |session| session.ended)
    }

    fn submit(&mut self, call: Pending, params: Value) {
        // Those whose callers no longer wait.
        self.pending.retain(|_, call| call.reply.as_ref().is_none_or(|reply| !reply.is_closed()));
        let moves = call.method == "Page.navigate" || call.method.starts_with("Input.");
        if let Some(session) = call.session.as_ref().filter(|_| moves).and_then(|id| self.sessions.get(id)) {
            // Nobody waits for that.
            session.page.send_if_modified(|recording| {
                recording.hops = 0;
                false
            });
        }
        let session = call.session.clone().map(Into::into);
        // Only a value that cannot be written as JSON fails, and these are JSON.
        if let Ok(id) = self.connection.submit_command(Cow::Owned(call.method.clone()), session, params) {
            self.pending.insert(id, call);
        }
    }

    fn tell(&mut self, session: &str, method: &str, params: Value) {
        self.submit(Pending { session: Some(session.to_owned()), method: method.to_owned(), reply: None }, params);
    }

    fn answer(&mut self, response: Response) {
        let Some(Pending { method, reply: Some(reply), .. }) = self.pending.remove(&response.id) else { return };
        let answer = match response.error {
            Some(error) => Err(BrowserError::Refused { method, message: error.message }),
            None => Ok(response.result.unwrap_or_default()),
        };
        // The caller may have given up.
        let _ = reply.send(answer);
    }

    /// Hands out events with names that are asked for, from now on.
    pub(super) fn subscribe(&mut self, subscription: Subscription) {
        let is_known = subscription.page.as_ref().is_none_or(|page| self.ended(page).is_none());
        // One that is not kept is over.
        if is_known {
            self.subscriptions.push(subscription);
        }
    }

    fn offer(&mut self, event: &Event) {
        let page = event.session.as_ref().and_then(|id| self.sessions.get(id)).map(|session| &session.root);
        for subscription in self.subscriptions.iter().filter(|it| it.page.as_ref() == page) {
            subscription.offer(event);
        }
        self.look_for_room();
    }

    /// Whether there is room in each subscription again; one whose reader does not read is given up after a while.
    fn look_for_room(&mut self) {
        self.subscriptions.retain(|subscription| !subscription.is_closed());
        let is_full = self.subscriptions.iter().any(Subscription::is_full);
        self.full = is_full.then(|| self.full.unwrap_or_else(Instant::now));
        if self.full.is_some_and(|since| since.elapsed() > PATIENCE) {
            for cut in self.subscriptions.extract_if(.., |subscription| subscription.is_full()) {
                cut.cut();
            }
            self.full = None;
        }
    }

    fn route(&mut self, event: &Event) {
        self.offer(event);
        match &*event.method {
            "Target.attachedToTarget" => self.attach(event),
            "Target.detachedFromTarget" => {
                if let Some(session) = event.params["sessionId"].as_str() {
                    self.end(session, Ended::Closed);
                    self.sessions.remove(session);
                }
            }
            "Target.targetInfoChanged" => {
                let target = Target::read(&event.params["targetInfo"]);
                for session in self.sessions.values_mut().filter(|session| session.target.id == target.id) {
                    session.target.url.clone_from(&target.url);
                }
            }
            "Target.targetCreated" => self.refuse_window(&event.params["targetInfo"]),
            "Inspector.targetCrashed" => {
                if let Some(session) = &event.session {
                    self.end(session, Ended::Crashed);
                }
            }
            _ => self.record(event),
        }
    }

    fn attach(&mut self, event: &Event) {
        let Some(session) = event.params["sessionId"].as_str() else { return };
        let parent = event.session.clone().filter(|parent| self.sessions.contains_key(parent));
        let target = Target::read(&event.params["targetInfo"]);
        let number = self.attached;
        self.attached += 1;
        let new = match parent.as_ref().and_then(|parent| self.sessions.get(parent)) {
            Some(over) => over.within(event.session.clone(), target, number),
            None => Session::of_page(session, target, number),
        };
        let (is_within, calls) = (new.parent.is_some(), new.setup.calls.clone());
        self.sessions.insert(session.to_owned(), new);
        if is_within {
            // Asked before it runs. What a worker does not know, it refuses, and nobody waits for that.
            for (method, params) in calls {
                self.tell(session, method, params);
            }
            self.tell(session, "Runtime.runIfWaitingForDebugger", json!({}));
        }
    }

    /// Closes a window that a page opened: nobody listens to it. Those that we open have no opener.
    fn refuse_window(&mut self, target: &Value) {
        let is_ours = self.profile.as_ref().is_none_or(|profile| target["browserContextId"] == **profile);
        if target["openerId"].is_string() && is_ours {
            let params = json!({ "targetId": target["targetId"] });
            self.submit(Pending { session: None, method: "Target.closeTarget".to_owned(), reply: None }, params);
        }
    }

    fn record(&mut self, event: &Event) {
        let Some(id) = &event.session else { return };
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.note_realms(&event.method, &event.params);
        session.page.send_if_modified(|recording| recording.take(event));
        let id = id.clone();
        match &*event.method {
            "Page.javascriptDialogOpening" => self.dismiss(&id, event.params["type"] == "beforeunload"),
            "Page.frameNavigated" => self.stop_wandering(&id),
            "Fetch.requestPaused" => self.let_go(&id, &event.params),
            _ => {}
        }
    }

    /// Closes a page that goes from document to document without being asked to.
    fn stop_wandering(&mut self, session: &str) {
        let Some(Session { page, target, .. }) = self.sessions.get(session) else { return };
        if page.borrow().hops > MAX_HOPS {
            let params = json!({ "targetId": target.id });
            self.end(session, Ended::Navigations);
            self.submit(Pending { session: None, method: "Target.closeTarget".to_owned(), reply: None }, params);
        }
    }

    /// Lets a request go on, with the headers that its host gets from us.
    fn let_go(&mut self, session: &str, paused: &Value) {
        let own = self.sessions.get(session).and_then(|session| session.setup.headers.as_ref());
        let mut params = json!({ "requestId": paused["requestId"] });
        if let Some(headers) = own.and_then(|own| own.with(&paused["request"])) {
            params["headers"] = headers;
        }
        self.tell(session, "Fetch.continueRequest", params);
    }

    /// Answers a dialog, since the page stands still until somebody does: no, except to leaving the page.
    fn dismiss(&mut self, session: &str, accept: bool) {
        let dialogs = self.sessions.get(session).map_or(0, |session| session.page.borrow().dialogs.len());
        if dialogs > MAX_DIALOGS {
            self.end(session, Ended::Dialogs);
        } else {
            self.tell(session, "Page.handleJavaScriptDialog", json!({ "accept": accept }));
        }
    }

    /// Ends a session and all that are attached from it: Chromium never answers what was asked of them.
    fn end(&mut self, session: &str, how: Ended) {
        let Some(ended) = self.sessions.get_mut(session) else { return };
        // The first reason is the cause of the others.
        let how = *ended.ended.get_or_insert(how);
        if ended.parent.is_none() {
            ended.page.send_modify(|recording| recording.ended = Some(how));
        }
        let of_session = |call: &Pending| call.session.as_deref() == Some(session);
        for (_, call) in self.pending.extract_if(|_, call| of_session(call)) {
            if let Some(reply) = call.reply {
                let _ = reply.send(Err(how.into()));
            }
        }
        let within = self.sessions.iter().filter(|(_, other)| other.parent.as_deref() == Some(session));
        for id in within.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.end(&id, how);
        }
        // Whoever reads them sees that nothing will come any more.
        self.subscriptions.retain(|subscription| subscription.page.as_deref() != Some(session));
    }
}
