//! The scripts that a page has loaded, with their source maps: from what V8 says to a place that a person can open.

mod map;
mod text;

pub(super) use map::map_text;
pub(super) use text::Whole;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use perf_look_analyzers::web::excerpt::{Around, Lines};
use perf_look_analyzers::web::place::{Original, Position, Site};
use perf_look_analyzers::web::source_map::{Generated, SourceMap};
use serde_json::{Value, json};

use crate::browser::{BrowserError, Events, Page};

/// A cache of scripts and maps, for one pass over one page.
///
/// It asks for nothing that it does not need: a source map is loaded when the first place of its script is. Ask when
/// everything has been measured, since both the debugger and the loading are work for the browser.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    page: &'a Page,
    parsed: Events,
    scripts: BTreeMap<ScriptKey, Script>,
    functions: BTreeMap<String, BTreeMap<String, Vec<Function>>>,
    maps: map::Maps,
    lines: Lines,
}

/// What looking at a page has taught besides its rows.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// What a reader should know, in order.
    pub(super) notes: Vec<String>,
    /// The code around places.
    pub(super) lines: Lines,
}

impl Learnt {
    pub(super) fn add(&mut self, other: Self) {
        self.notes.extend(other.notes);
        self.lines.add(other.lines);
    }
}

/// A session, and V8's number of a script in it.
type ScriptKey = (String, String);

/// A script, as V8 told of it.
#[derive(Debug, Clone)]
struct Script {
    /// Its address; that of its document where it stands in one; empty where it has none.
    url: String,
    /// What stands behind `sourceMappingURL`, or in a header.
    map: String,
    /// Against what relative addresses are.
    base: String,
    /// Where it begins and ends in the file of its address.
    extent: (Position, Position),
    /// Its text, once it was needed.
    text: Option<Arc<Generated>>,
}

/// A function, as V8 told of it.
#[derive(Debug, Clone)]
struct Function {
    name: String,
    /// From where to where in the script, in UTF-16 code units.
    extent: (usize, usize),
}

/// A script that something is in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Code<'a> {
    /// By V8's number, as closures, coverage and profiles have it.
    Script {
        /// The session that said it.
        session: &'a str,
        /// The number.
        id: &'a str,
    },
    /// By address, as stacks have it.
    Url(&'a str),
}

impl<'a> Sources<'a> {
    /// Finds the scripts of a page, its frames and workers.
    pub(super) async fn of(page: &'a Page) -> Result<Self, BrowserError> {
        let parsed = page.events(&["Debugger.scriptParsed"]).await?;
        let sources = Self {
            page,
            parsed,
            scripts: BTreeMap::new(),
            functions: BTreeMap::new(),
            maps: map::Maps::default(),
            lines: Lines::default(),
        };
        for context in page.contexts().await? {
            sources.listen(&context.session).await;
        }
        Ok(sources)
    }

    /// The site of a place, counted from 0 as V8 does, in a function that V8 calls `function`; with its original where
    /// there is a source map.
    ///
    /// Whatever is missing or broken there leaves the place in what the browser loaded, and a note.
    pub(super) async fn site(&mut self, code: Code<'_>, (line, column): (u32, u32), function: &str) -> Site {
        let at = Position::from_zero(line, column);
        let function = Some(function).filter(|name| !name.is_empty());
        if let Some(key) = self.key(code, at) {
            return self.site_in(&key, at, function).await;
        }
        let url = if let Code::Url(url) = code { url } else { "" };
        Site { url: url.to_owned(), at, function: function.map(str::to_owned), original: None }
    }

    /// The same for a closure that has no name of its own: with the innermost function around it that has one.
    pub(super) async fn site_within(&mut self, code: Code<'_>, (line, column): (u32, u32)) -> Site {
        let at = Position::from_zero(line, column);
        let mut site = self.site(code, (line, column), "").await;
        let Some(key) = self.key(code, at) else { return site };
        for around in self.functions_around(&key, at).await.unwrap_or_default() {
            let name = self.name_of(&key, &around).await;
            if around.name.is_empty() && name.is_none() {
                continue;
            }
            site.function = Some(around.name).filter(|name| !name.is_empty());
            site.original = site.original.map(|original| Original { function: name, ..original });
            break;
        }
        site
    }

    /// What a reader should know of maps that could not be used, and the code around all sites.
    pub(super) fn learnt(self) -> Learnt {
        Learnt { notes: self.maps.notes(), lines: self.lines }
    }

    async fn listen(&self, session: &str) {
        // What has gone in the meantime has no places to look for.
        let _ = self.page.call_in(session, "Debugger.enable", json!({})).await;
        let _ = self.page.call_in(session, "Debugger.setSkipAllPauses", json!({ "skip": true })).await;
    }

    /// Takes in what has been parsed since. There is always room for that, or the page has no end of scripts.
    fn hear(&mut self) {
        for event in self.parsed.ready().unwrap_or_default() {
            if let (Some(session), Some(id)) = (event.session, event.params["scriptId"].as_str()) {
                self.scripts.insert((session, id.to_owned()), Script::read(&event.params));
            }
        }
    }

    fn key(&mut self, code: Code<'_>, at: Position) -> Option<ScriptKey> {
        self.hear();
        match code {
            Code::Script { session, id } => {
                let key = (session.to_owned(), id.to_owned());
                self.scripts.contains_key(&key).then_some(key)
            }
            // Documents have many scripts, which all have its address.
            Code::Url(url) => {
                let holds = |script: &Script| script.url == url && (script.extent.0..=script.extent.1).contains(&at);
                let found = self.scripts.iter().find(|(_, script)| holds(script)).map(|(key, _)| key.clone());
                found.or_else(|| self.left(url))
            }
        }
    }

    /// A script of a document that was left: V8 knows it no more, and its map lies where it usually does.
    fn left(&mut self, url: &str) -> Option<ScriptKey> {
        url::Url::parse(url).ok()?;
        let key = (String::new(), url.to_owned());
        self.scripts.entry(key.clone()).or_insert_with(|| Script::left(url));
        Some(key)
    }

    async fn site_in(&mut self, key: &ScriptKey, at: Position, function: Option<&str>) -> Site {
        let script = self.scripts.get(key).map(|script| (script.url.clone(), script.extent.0));
        let (url, start) = script.unwrap_or((String::new(), at));
        let original = self.original(key, inside(start, at), function).await;
        let site = Site { url, at, function: function.map(str::to_owned), original };
        self.keep_lines(key, start, &site).await;
        site
    }

    /// The lines around a site: of its source where the map has that, else of the script.
    async fn keep_lines(&mut self, key: &ScriptKey, start: Position, site: &Site) {
        let at = inside(start, site.at);
        if site.original.is_some()
            && let Some(map) = self.map(key).await
            && let Some(around) = map.around(at)
        {
            self.lines.keep(site.file(), site.position(), &around);
        } else if let Some(text) = self.text(key).await
            && let Some(around) = text.around(at)
        {
            let first_line = around.first_line.saturating_add(start.line - 1);
            self.lines.keep(&site.url, site.at, &Around { first_line, ..around });
        }
    }

    async fn original(&mut self, key: &ScriptKey, at: Position, function: Option<&str>) -> Option<Original> {
        let map = self.map(key).await?;
        match (function, self.text(key).await) {
            (Some(name), Some(text)) => map.resolve_function(at, name, &text),
            _ => map.resolve(at),
        }
    }

    /// The name that a function had before the build.
    async fn name_of(&mut self, key: &ScriptKey, function: &Function) -> Option<String> {
        let map = self.map(key).await?;
        let text = self.text(key).await?;
        let (begin, parameters) = (text.position(function.extent.0), text.position(parameters(&text, function)));
        let declared = map.resolve_function(parameters, &function.name, &text).and_then(|it| it.function);
        declared.or_else(|| map.name_in_source(begin))
    }

    async fn map(&mut self, key: &ScriptKey) -> Option<Arc<SourceMap>> {
        let script = self.scripts.get(key)?;
        self.maps.of(self.page, script).await
    }

    async fn text(&mut self, key: &ScriptKey) -> Option<Arc<Generated>> {
        let script = self.scripts.get_mut(key)?;
        if script.text.is_none() {
            let params = json!({ "scriptId": key.1 });
            let mut answer = self.page.call_in(&key.0, "Debugger.getScriptSource", params).await.ok()?;
            let Value::String(text) = answer["scriptSource"].take() else { return None };
            script.text = Some(Arc::new(Generated::new(text)));
        }
        script.text.clone()
    }

    /// The functions that a place is in, innermost first; not one that stands at the very place.
    async fn functions_around(&mut self, key: &ScriptKey, at: Position) -> Option<Vec<Function>> {
        let start = self.scripts.get(key)?.extent.0;
        let text = self.text(key).await?;
        let offset = text.offset(inside(start, at))?;
        self.find_functions(&key.0).await;
        let functions = self.functions.get(&key.0)?.get(&key.1)?;
        let holds = |function: &&Function| function.extent.0 < offset && offset < function.extent.1;
        // A function declared with a name begins before its own place.
        let is_other = |function: &&Function| parameters(&text, function) != offset;
        let mut around: Vec<Function> = functions.iter().filter(holds).filter(is_other).cloned().collect();
        around.sort_by_key(|function| Reverse(function.extent.0));
        Some(around)
    }

    /// Where functions begin and end, of a whole session at once.
    async fn find_functions(&mut self, session: &str) {
        if self.functions.contains_key(session) {
            return;
        }
        // Coverage "as good as it is" has been kept anyhow, and nothing has to be switched on for it.
        let _ = self.page.call_in(session, "Profiler.enable", json!({})).await;
        let coverage = self.page.call_in(session, "Profiler.getBestEffortCoverage", json!({})).await;
        let _ = self.page.call_in(session, "Profiler.disable", json!({})).await;
        let functions = coverage.map(|coverage| functions(&coverage)).unwrap_or_default();
        self.functions.insert(session.to_owned(), functions);
    }
}

impl Script {
    /// Of an address that nothing else is known of.
    fn left(url: &str) -> Self {
        let extent = (Position { line: 1, column: 1 }, Position { line: u32::MAX, column: u32::MAX });
        Self { url: url.to_owned(), map: String::new(), base: url.to_owned(), extent, text: None }
    }

    fn read(params: &Value) -> Self {
        let text = |field: &str| params[field].as_str().unwrap_or_default().to_owned();
        let number = |field: &str| params[field].as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or_default();
        let at = |line, column| Position::from_zero(number(line), number(column));
        let (url, embedder) = (text("url"), text("embedderName"));
        let base = if url::Url::parse(&url).is_ok() { url.clone() } else { embedder };
        let extent = (at("startLine", "startColumn"), at("endLine", "endColumn"));
        Self { url, map: text("sourceMapURL"), base, extent, text: None }
    }
}

/// A place of a file as one of a script that begins there.
fn inside(start: Position, at: Position) -> Position {
    let column = if at.line == start.line { at.column.saturating_sub(start.column - 1) } else { at.column };
    Position { line: at.line.saturating_sub(start.line - 1), column }
}

/// Where V8 places a function, which is behind its name: `function ME(`.
fn parameters(text: &Generated, function: &Function) -> usize {
    let begin = function.extent.0;
    let from = text.from(text.position(begin)).unwrap_or_default();
    let is_declared = ["function", "async function", "class"].iter().any(|word| from.starts_with(word));
    let head = from.find(['(', '{']).filter(|_| is_declared);
    begin + head.map_or(0, |end| from[..end].encode_utf16().count())
}

/// The functions of each script in an answer with coverage.
fn functions(coverage: &Value) -> BTreeMap<String, Vec<Function>> {
    let mut scripts = BTreeMap::new();
    for script in coverage["result"].as_array().into_iter().flatten() {
        let of_script = script["functions"].as_array().into_iter().flatten().filter_map(function).collect();
        scripts.insert(script["scriptId"].as_str().unwrap_or_default().to_owned(), of_script);
    }
    scripts
}

fn function(of_coverage: &Value) -> Option<Function> {
    let range = &of_coverage["ranges"][0];
    let number = |field: &str| range[field].as_u64().and_then(|it| usize::try_from(it).ok());
    let name = of_coverage["functionName"].as_str()?.to_owned();
    Some(Function { name, extent: (number("startOffset")?, number("endOffset")?) })
}

#[cfg(test)]
mod tests {
    use super::text::outside;
    use super::*;

    #[test]
    fn a_script_in_a_document_counts_from_its_own_beginning() {
        let at = |line, column| Position { line, column };
        for (start, file, script) in
            [(at(1, 1), at(3, 7), at(3, 7)), (at(5, 9), at(5, 12), at(1, 4)), (at(5, 9), at(6, 2), at(2, 2))]
        {
            assert_eq!((inside(start, file), outside(start, script)), (script, file));
        }
    }
}
