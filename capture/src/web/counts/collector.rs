//! What the script in the page has counted, as rows with places that a person can open.

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::{
    ComponentRenders, Counts, Created, Document, JQuery, QuerySite, TimerSite, Times,
};
use perf_look_analyzers::web::place::{Position, Site};
use serde::Deserialize;
use serde_json::json;

use crate::browser::{BrowserError, Context, ContextKind, Events, Page};
use crate::web::sources::{Code, Sources};

/// The script, of which each part knows those before it.
const PARTS: &[&str] = &[
    include_str!("page/base.js"),
    include_str!("page/selectors.js"),
    include_str!("page/queries.js"),
    include_str!("page/jquery.js"),
    include_str!("page/react.js"),
    include_str!("page/document.js"),
];

/// Where a function is, as V8 itself knows it; needs its natives syntax.
const LOCATE: &str = "((f) => `${%FunctionGetScriptId(f)}:${%FunctionGetScriptSourcePosition(f)}`)";

/// The script's address, so that it is known in stacks and coverage.
pub(super) const OWN: &str = "perf-look:collector.js";

/// By which a document says what it counted when it is left.
const LAST: &str = "__perf_look_last";

/// How many listeners the script adds to a document.
const LISTENERS: u64 = 2;

/// The script in all documents.
#[derive(Debug)]
pub(super) struct Collector {
    left: Events,
}

impl Collector {
    /// Puts the script before all others of every document from now on.
    pub(super) async fn install(page: &Page) -> Result<Self, BrowserError> {
        let source = source(locate(page).await);
        let left = page.events(&["Runtime.bindingCalled"]).await?;
        page.call("Runtime.addBinding", json!({ "name": LAST })).await?;
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await?;
        Ok(Self { left })
    }

    /// Takes what was counted since the last time, in documents that were left since then too.
    pub(super) async fn take(&mut self, page: &Page) -> Result<Taken, BrowserError> {
        let mut taken = Taken::default();
        let contexts = page.contexts().await?.into_iter();
        for context in contexts.filter(|context| matches!(context.kind, ContextKind::Page | ContextKind::Frame)) {
            let Some(mut tables) = take_in(page, &context).await? else { continue };
            if context.kind == ContextKind::Page {
                taken.size = Some(std::mem::take(&mut tables.document));
            }
            taken.listening += LISTENERS;
            taken.documents.push(tables);
        }
        for event in self.left.ready()?.into_iter().filter(|event| event.params["name"] == LAST) {
            let session = event.session.unwrap_or_else(|| page.session().to_owned());
            match serde_json::from_str::<Tables>(event.params["payload"].as_str().unwrap_or_default()) {
                Ok(tables) => taken.documents.push(Tables { session, ..tables }),
                Err(_) => taken.unread += 1,
            }
        }
        Ok(taken)
    }
}

/// Only a browser of ours is told to know the syntax; in others places of functions stay unknown.
async fn locate(page: &Page) -> &'static str {
    let known = page.evaluate(&format!("{LOCATE}(() => 0)")).await;
    if known.is_ok() { LOCATE } else { "(() => \"\")" }
}

fn source(locate: &str) -> String {
    let parts = PARTS.concat().replacen("= LOCATE;", &format!("= {locate};"), 1);
    format!("(() => {{\"use strict\";\n{parts}}})();\n//# sourceURL={OWN}\n")
}

/// What was counted in one document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    #[serde(skip)]
    session: String,
    frames: Vec<Frame>,
    created: Vec<(Stack, String, i64)>,
    queries: Vec<Query>,
    timers: Vec<(i64, u64, u64, u64)>,
    objects: Vec<(Stack, u64)>,
    finds: Vec<(Stack, u64)>,
    switches: Vec<(Stack, u64)>,
    version: String,
    /// None where there is no React, or one that does not tell.
    components: Option<Vec<Component>>,
    document: Size,
    /// How much could not be counted.
    lost: u64,
}

/// Address, line, column, function, number.
type Frame = (String, u32, u32, String, u64);

/// Numbers of frames, nearest first.
type Stack = Vec<usize>;

/// Method, frame, calls, repeated, empty, one text, number of texts.
type Query = (String, i64, u64, u64, u64, String, u64);

/// Name, place, renders, wasted, only references changed.
type Component = (String, String, u64, u64, u64);

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Size {
    elements: u64,
    depth: u64,
    children: u64,
    duplicate_ids: u64,
}

/// What was counted in the documents of a page since the last time.
#[derive(Debug, Default)]
pub(super) struct Taken {
    documents: Vec<Tables>,
    /// Of the page's own document.
    size: Option<Size>,
    /// How many listeners of ours wait for documents to be left.
    listening: u64,
    /// How many were left and could not say what they had counted.
    unread: u64,
}

impl Taken {
    /// How many listeners of ours there are.
    pub(super) fn listening(&self) -> u64 {
        self.listening
    }
}

async fn take_in(page: &Page, context: &Context) -> Result<Option<Tables>, BrowserError> {
    let expression = "globalThis.__perf_look?.()";
    let params = json!({ "expression": expression, "contextId": context.id, "returnByValue": true });
    let mut answer = match page.call_in(&context.session, "Runtime.evaluate", params).await {
        // A frame may go at any time.
        Err(BrowserError::Ended(_) | BrowserError::Refused { .. }) if context.kind == ContextKind::Frame => {
            return Ok(None);
        }
        answer => answer?,
    };
    let value = answer["result"]["value"].take();
    if value.is_null() {
        return Ok(None);
    }
    let tables = serde_json::from_value::<Tables>(value).map_err(|error| BrowserError::Exception(error.to_string()))?;
    Ok(Some(Tables { session: context.session.clone(), ..tables }))
}

/// All that the script counted, while the page loaded and during the steps.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) load: Taken,
    pub(super) steps: Taken,
}

/// While the page loaded, or during the steps.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Load,
    Steps,
}

impl Phase {
    fn times(self, count: u64) -> Times {
        match self {
            Self::Load => Times { load: count, steps: 0 },
            Self::Steps => Times { load: 0, steps: count },
        }
    }
}

impl Collected {
    /// The rows, in the order of their places.
    pub(super) async fn counts(self, sources: &mut Sources<'_>) -> Counts {
        let document = self.document();
        let mut rows = Rows::default();
        for (phase, taken) in [(Phase::Load, self.load), (Phase::Steps, self.steps)] {
            for tables in taken.documents {
                rows.add(phase, tables, sources).await;
            }
        }
        rows.counts(document)
    }

    /// The page's own document at the end.
    fn document(&self) -> Document {
        let Some(Size { elements, depth, children, duplicate_ids }) = self.steps.size else {
            return Document::default();
        };
        Document { elements, depth, children, duplicate_ids, ..Document::default() }
    }

    /// What is missing, if anything is.
    pub(super) fn note(&self) -> Option<String> {
        let unread = self.load.unread + self.steps.unread;
        let one = "what a document had counted when it was left is lost".to_owned();
        let all = format!("what {unread} documents had counted when they were left is lost");
        (unread > 0).then_some(if unread == 1 { one } else { all })
    }
}

/// Rows in the making.
#[derive(Debug, Default)]
struct Rows {
    created: BTreeMap<(Site, Option<Site>), Making>,
    queries: BTreeMap<(Site, String), QuerySite>,
    timers: BTreeMap<Site, [Times; 3]>,
    jquery: JQueryRows,
    components: Option<Components>,
}

/// Selectors of one place, by who called it.
#[derive(Debug, Default)]
struct Making {
    count: Times,
    stacks: BTreeMap<Vec<Site>, u64>,
}

#[derive(Debug, Default)]
struct JQueryRows {
    version: String,
    objects: BTreeMap<Site, Times>,
    finds: BTreeMap<Site, Times>,
    switches: BTreeMap<Site, u64>,
}

/// How many callers are kept of a place.
const CALLERS: usize = 8;

impl Rows {
    async fn add(&mut self, phase: Phase, tables: Tables, sources: &mut Sources<'_>) {
        let mut places = Places { session: tables.session, frames: tables.frames, sites: BTreeMap::new() };
        for (stack, combiner, count) in tables.created {
            let Ok(count) = u64::try_from(count) else { continue };
            let (site, callers) = split(places.stack(&stack, sources).await);
            let combiner = places.of_function(&combiner, sources).await;
            let making = self.created.entry((site, combiner)).or_default();
            making.count += phase.times(count);
            *making.stacks.entry(callers).or_default() += count;
        }
        for (method, frame, calls, repeated, empty, example, texts) in tables.queries {
            let site = places.frame(usize::try_from(frame).ok(), sources).await;
            let row = self.queries.entry((site.clone(), method.clone())).or_insert_with(|| QuerySite {
                method,
                site,
                calls: Times::default(),
                repeated: 0,
                empty: 0,
                example,
                texts: 0,
            });
            row.calls += phase.times(calls);
            row.repeated += repeated;
            row.empty += empty;
            row.texts = row.texts.max(texts);
        }
        for (frame, set, zero, recurring) in tables.timers {
            let site = places.frame(usize::try_from(frame).ok(), sources).await;
            let row = self.timers.entry(site).or_default();
            for (sum, count) in row.iter_mut().zip([set, zero, recurring]) {
                *sum += phase.times(count);
            }
        }
        for (table, rows) in [(tables.objects, &mut self.jquery.objects), (tables.finds, &mut self.jquery.finds)] {
            for (stack, count) in table {
                let (site, _) = split(places.stack(&stack, sources).await);
                *rows.entry(site).or_default() += phase.times(count);
            }
        }
        for (stack, count) in tables.switches {
            let (site, _) = split(places.stack(&stack, sources).await);
            *self.jquery.switches.entry(site).or_default() += count;
        }
        for (name, place, renders, wasted, by_reference) in tables.components.into_iter().flatten() {
            let site = places.of_function(&place, sources).await;
            let row = self.components.get_or_insert_default().entry((name, site)).or_default();
            for (sum, count) in row.iter_mut().zip([renders, wasted, by_reference]) {
                *sum += phase.times(count);
            }
        }
        if !tables.version.is_empty() {
            self.jquery.version = tables.version;
        }
    }

    fn counts(self, document: Document) -> Counts {
        let created = self.created.into_iter().filter(|(_, making)| making.count.total() > 0);
        let timers = self.timers.into_iter();
        Counts {
            created: created.map(|((site, combiner), making)| making.row(site, combiner)).collect(),
            queries: self.queries.into_values().collect(),
            jquery: self.jquery.row(),
            document,
            timers: timers.map(|(site, [set, zero, recurring])| TimerSite { site, set, zero, recurring }).collect(),
            react: self.components.map(components),
            ..Counts::default()
        }
    }
}

/// By name and place.
type Components = BTreeMap<(String, Option<Site>), [Times; 3]>;

fn components(rows: Components) -> Vec<ComponentRenders> {
    let row = |((name, site), [renders, wasted, by_reference]): ((String, Option<Site>), [Times; 3])| {
        ComponentRenders { name, site, renders, wasted, by_reference }
    };
    rows.into_iter().map(row).collect()
}

impl Making {
    /// With the commonest stack, of equal ones the first.
    fn row(self, site: Site, combiner: Option<Site>) -> Created {
        let mut stacks: Vec<_> = self.stacks.into_iter().collect();
        stacks.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let stack = stacks.into_iter().next().map(|(stack, _)| stack).unwrap_or_default();
        Created { site, combiner, count: self.count, stack }
    }
}

impl JQueryRows {
    fn row(self) -> Option<JQuery> {
        let found = !self.version.is_empty();
        found.then(|| JQuery {
            version: self.version,
            objects: self.objects.into_iter().collect(),
            finds: self.finds.into_iter().collect(),
            switches: self.switches.into_iter().collect(),
        })
    }
}

/// The place in the user's code and those who called it.
///
/// The first of a stack is a function of the library. Of what is above, the user's code is what lies in another file
/// and is no package; where all is one file without a map, what called the library.
pub(super) fn split(mut stack: Vec<Site>) -> (Site, Vec<Site>) {
    let is_package = |site: &Site| site.file().contains("node_modules/");
    let library = stack.first().map(|site| site.file().to_owned()).unwrap_or_default();
    let mut above = stack.iter().enumerate().skip(1);
    let elsewhere = above.clone().find(|(_, site)| site.file() != library && !is_package(site));
    let found = elsewhere.or_else(|| above.find(|(_, site)| !is_package(site)));
    let index = found.map_or(1.min(stack.len().saturating_sub(1)), |(index, _)| index);
    let callers: Vec<Site> = stack.drain((index + 1).min(stack.len())..).take(CALLERS).collect();
    (stack.pop().unwrap_or_else(nowhere), callers)
}

/// A place that the browser could not tell.
fn nowhere() -> Site {
    Site { url: String::new(), at: Position { line: 1, column: 1 }, function: None, original: None }
}

/// The places of one document, looked up once each.
struct Places {
    session: String,
    frames: Vec<Frame>,
    sites: BTreeMap<usize, Site>,
}

impl Places {
    async fn frame(&mut self, number: Option<usize>, sources: &mut Sources<'_>) -> Site {
        let Some(number) = number.filter(|number| *number < self.frames.len()) else { return nowhere() };
        if let Some(site) = self.sites.get(&number) {
            return site.clone();
        }
        let (url, line, column, function, _) = &self.frames[number];
        let at = (line.saturating_sub(1), column.saturating_sub(1));
        let site = sources.site(Code::Url(url), at, function).await;
        self.sites.insert(number, site.clone());
        site
    }

    async fn stack(&mut self, numbers: &[usize], sources: &mut Sources<'_>) -> Vec<Site> {
        let mut stack = Vec::new();
        for number in numbers {
            stack.push(self.frame(Some(*number), sources).await);
        }
        stack
    }

    /// The place of a function: `script:offset`.
    async fn of_function(&mut self, place: &str, sources: &mut Sources<'_>) -> Option<Site> {
        let (id, offset) = place.split_once(':')?;
        let at = sources.place(&self.session, id, offset.parse().ok()?).await?;
        Some(sources.site_within(Code::Script { session: &self.session, id }, at).await)
    }
}
