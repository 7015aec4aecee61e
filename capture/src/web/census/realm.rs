//! The census of one place where scripts run: one frame or worker, with a `Function.prototype` of its own.

use futures_util::future::join_all;
use perf_look_analyzers::web::capture::Entries;
use serde::Deserialize;
use serde_json::{Value, json};

use super::search::REGISTERED;
use crate::browser::{BrowserError, Context, Page};

/// Called with all objects; what it gives is [`Counts`] with a combiner of each row.
const COUNT: &str = include_str!("count.js");

/// What keeps alive what was asked for. Given back whatever happens, or the next census would count it too.
const HELD: &str = "perf-look census";

/// How functions that stand at the same place are known to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// V8 says it.
    ByPlace,
    /// They have the same text.
    ByText,
}

impl Grouping {
    /// What the browser of a page can.
    pub(super) async fn of(page: &Page) -> Result<Self, BrowserError> {
        match page.evaluate("%FunctionGetScriptId(Function.prototype)").await {
            Ok(_) => Ok(Self::ByPlace),
            Err(BrowserError::Exception(_)) => Ok(Self::ByText),
            Err(error) => Err(error),
        }
    }

    pub(super) fn note(self) -> Option<&'static str> {
        let note = "selectors whose combiners have the same text count as one site, since this browser was not started \
                    with --js-flags=--allow-natives-syntax";
        (self == Self::ByText).then_some(note)
    }

    /// A script that groups so.
    fn script(self, script: &str) -> String {
        // Of anything but a function that stands in a script V8 must not be asked for a position.
        let place = "const place = (f) => %FunctionGetScriptId(f) < 0 ? text(f) : \
                     `${%FunctionGetScriptId(f)}:${%FunctionGetScriptSourcePosition(f)}`;";
        let tally = "const tally = (places, f) => {
            const script = %FunctionGetScriptId(f);
            if (script < 0) return;
            const offset = %FunctionGetScriptSourcePosition(f);
            let offsets = places.get(script);
            if (offsets === undefined) places.set(script, (offsets = new Map()));
            offsets.set(offset, (offsets.get(offset) ?? 0) + 1);
        };";
        match self {
            Self::ByPlace => script.replace("const place = text;", place).replace("const tally = () => {};", tally),
            Self::ByText => script.to_owned(),
        }
    }
}

/// What lives in one realm.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) rows: Vec<(Row, Option<Location>)>,
    pub(super) counts: Counts,
    pub(super) seen: Seen,
}

/// Which functions of a realm were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// All that live.
    All,
    /// Those that were noted when they became selectors.
    Registered,
}

/// The selectors of one place.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    pub(super) library: String,
    pub(super) text: String,
    pub(super) instances: u64,
    pub(super) recomputations: u64,
    pub(super) dependencies: u64,
    /// How many of the instances count changed arguments.
    pub(super) counted: u64,
    pub(super) single: u64,
    /// How often the combiners ran since the count before.
    pub(super) ran: u64,
    /// How often arguments changed since then.
    pub(super) changed: u64,
    /// Results in their caches; none where none of these could be looked into.
    #[serde(skip)]
    pub(super) cached: Option<Entries>,
}

/// Numbers of a realm.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Counts {
    pub(super) rows: Vec<Row>,
    /// The row of each selector whose cache is looked into.
    pub(super) cached: Vec<usize>,
    /// Functions of any kind.
    pub(super) functions: u64,
    /// How many functions stand at a place: script, offset, number. Empty where they have none.
    pub(super) closures: Vec<(u64, usize, u64)>,
    /// Objects of libraries, by kind.
    pub(super) others: Vec<(String, u64)>,
    /// Maps, Sets and arrays, and what is in them.
    pub(super) collections: Vec<(String, u64)>,
}

/// Where V8 has a function, from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) script_id: String,
    #[serde(rename = "lineNumber")]
    pub(super) line: u32,
    #[serde(rename = "columnNumber")]
    pub(super) column: u32,
}

/// A realm, with what is remembered from count to count.
#[derive(Debug)]
pub(super) struct Realm<'a> {
    pub(super) page: &'a Page,
    pub(super) context: &'a Context,
    /// The name of what holds the counters of its selectors, by selector, without holding these.
    pub(super) known: String,
}

/// Makes the memory of a realm.
pub(super) async fn remember(page: &Page, context: &Context) -> Result<String, BrowserError> {
    let params = json!({ "expression": "new WeakMap()", "contextId": context.id, "objectGroup": "perf-look known" });
    handle(&page.call_in(&context.session, "Runtime.evaluate", params).await?)
}

impl Realm<'_> {
    /// Counts what lives in it, after its garbage has been collected.
    pub(super) async fn count(&self, grouping: Grouping) -> Result<Count, BrowserError> {
        let counted = self.count_held(grouping).await;
        let released = self.call("Runtime.releaseObjectGroup", json!({ "objectGroup": HELD })).await;
        let counted = counted?;
        released?;
        Ok(counted)
    }

    async fn count_held(&self, grouping: Grouping) -> Result<Count, BrowserError> {
        let (objects, seen) = match self.registered().await? {
            Some(selectors) => (selectors, Seen::Registered),
            None => (self.all("Object.prototype").await?, Seen::All),
        };
        let found = self.on(&objects, &grouping.script(COUNT), Answer::Handle).await?;
        let found = handle(&found)?;
        let counts = self.on(&found, "function () { return this.counts; }", Answer::Value).await?;
        let mut counts: Counts = read(counts)?;
        let combiners = self.on(&found, "function () { return this.combiners; }", Answer::Handle).await?;
        let locations = self.locations(&handle(&combiners)?).await?;
        let memoized = self.on(&found, "function () { return this.memoized; }", Answer::Handle).await?;
        self.look_into_caches(&handle(&memoized)?, &mut counts).await;
        let rows = std::mem::take(&mut counts.rows).into_iter().zip(locations).collect();
        Ok(Count { rows, counts, seen })
    }

    /// An array with the selectors that were noted.
    async fn registered(&self) -> Result<Option<String>, BrowserError> {
        let answer = self.evaluate(REGISTERED).await?;
        Ok(answer["result"]["objectId"].as_str().map(str::to_owned))
    }

    /// An array with all that has this prototype.
    async fn all(&self, prototype: &str) -> Result<String, BrowserError> {
        let prototype = handle(&self.evaluate(prototype).await?)?;
        let params = json!({ "prototypeObjectId": prototype, "objectGroup": HELD });
        let answer = self.call("Runtime.queryObjects", params).await?;
        text(&answer["objects"]["objectId"])
    }

    async fn evaluate(&self, expression: &str) -> Result<Value, BrowserError> {
        let params = json!({ "expression": expression, "contextId": self.context.id, "objectGroup": HELD });
        self.call("Runtime.evaluate", params).await
    }

    /// Calls a function with an object as `this`.
    async fn on(&self, object: &str, function: &str, answer: Answer) -> Result<Value, BrowserError> {
        self.with((object, function), json!([{ "objectId": self.known }]), answer).await
    }

    /// The same with other arguments.
    pub(super) async fn with(
        &self,
        (object, function): (&str, &str),
        arguments: Value,
        answer: Answer,
    ) -> Result<Value, BrowserError> {
        let params = json!({ "functionDeclaration": function, "objectId": object, "objectGroup": HELD, "silent": true,
                             "arguments": arguments, "returnByValue": answer == Answer::Value });
        let answer = self.call("Runtime.callFunctionOn", params).await?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(BrowserError::Exception(exception(details))),
            None => Ok(answer),
        }
    }

    /// Where the functions in an array stand.
    async fn locations(&self, array: &str) -> Result<Vec<Option<Location>>, BrowserError> {
        let functions = self.objects(array).await?;
        join_all(functions.iter().map(|function| self.location(function))).await.into_iter().collect()
    }

    /// The objects in an array.
    pub(super) async fn objects(&self, array: &str) -> Result<Vec<String>, BrowserError> {
        let items = self.items(array).await?;
        Ok(items.iter().filter_map(|item| item["objectId"].as_str()).map(str::to_owned).collect())
    }

    /// What is in an array.
    pub(super) async fn items(&self, array: &str) -> Result<Vec<Value>, BrowserError> {
        let answer = self.properties(array).await?;
        let items = answer["result"].as_array().into_iter().flatten();
        let numbered = items.filter(|item| item["name"].as_str().is_some_and(|name| name.parse::<u32>().is_ok()));
        Ok(numbered.map(|item| item["value"].clone()).collect())
    }

    async fn location(&self, function: &str) -> Result<Option<Location>, BrowserError> {
        let location = self.hidden(function, "[[FunctionLocation]]").await?;
        Ok(location.and_then(|location| Location::deserialize(&location["value"]).ok()))
    }

    /// An object that V8 tells of another one, and that scripts do not see.
    pub(super) async fn internal(&self, object: &str, name: &str) -> Result<Option<String>, BrowserError> {
        let value = self.hidden(object, name).await?;
        Ok(value.and_then(|value| value["objectId"].as_str().map(str::to_owned)))
    }

    async fn hidden(&self, object: &str, name: &str) -> Result<Option<Value>, BrowserError> {
        let answer = self.properties(object).await?;
        let mut internal = answer["internalProperties"].as_array().into_iter().flatten();
        Ok(internal.find(|property| property["name"] == name).map(|property| property["value"].clone()))
    }

    async fn properties(&self, object: &str) -> Result<Value, BrowserError> {
        self.call("Runtime.getProperties", json!({ "objectId": object, "ownProperties": true })).await
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, BrowserError> {
        self.page.call_in(&self.context.session, method, params).await
    }
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// As a name for what stays in the page.
    Handle,
    /// As JSON.
    Value,
}

const INCOMPLETE: BrowserError = BrowserError::Incomplete { method: "Runtime.callFunctionOn", field: "result" };

pub(super) fn handle(answer: &Value) -> Result<String, BrowserError> {
    text(&answer["result"]["objectId"])
}

fn text(value: &Value) -> Result<String, BrowserError> {
    value.as_str().map(str::to_owned).ok_or(INCOMPLETE)
}

fn read<T: for<'de> Deserialize<'de>>(mut answer: Value) -> Result<T, BrowserError> {
    serde_json::from_value(answer["result"]["value"].take()).map_err(|_| INCOMPLETE)
}

fn exception(details: &Value) -> String {
    details["exception"]["description"].as_str().or(details["text"].as_str()).unwrap_or_default().to_owned()
}
