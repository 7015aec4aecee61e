//! How often each function was called, and how much of each script never ran.

use std::collections::{BTreeMap, BTreeSet};

use perf_look_analyzers::digest::digest;
use perf_look_analyzers::web::capture::{FunctionCalls, ScriptUse, ScriptWork, Times};
use perf_look_analyzers::web::place::{Position, Site};
use perf_look_analyzers::web::source_map::Generated;
use serde::Deserialize;
use serde_json::{Value, json};

use super::collector::OWN;
use super::loops;
use crate::browser::{BrowserError, Page};
use crate::web::sources::{Sources, Whole};

/// Begins to count, in the page and the frames of its process.
pub(super) async fn start(page: &Page) -> Result<(), BrowserError> {
    page.call("Profiler.enable", json!({})).await?;
    let params = json!({ "callCount": true, "detailed": true });
    page.call("Profiler.startPreciseCoverage", params).await?;
    Ok(())
}

/// What ran since the last time.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    result: Vec<Script>,
    /// As the browser said it.
    #[serde(skip)]
    pub(super) answer: Value,
}

#[derive(Debug, Deserialize)]
struct Script {
    #[serde(rename = "scriptId")]
    id: String,
    url: String,
    functions: Vec<Function>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Function {
    function_name: String,
    ranges: Vec<Range>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Range {
    pub(super) start_offset: usize,
    pub(super) end_offset: usize,
    pub(super) count: u64,
}

/// Takes what ran since the last time.
pub(super) async fn take(page: &Page) -> Result<Taken, BrowserError> {
    let answer = page.call("Profiler.takePreciseCoverage", json!({})).await?;
    let mut taken = Taken::deserialize(&answer).map_err(|error| BrowserError::Exception(error.to_string()))?;
    taken.answer = answer;
    // Nor is what we asked the page a part of it.
    taken.result.retain(|script| script.url != OWN && !script.url.is_empty());
    Ok(taken)
}

/// How many functions are kept at least, where there are as many.
const MOST_CALLED: usize = 200;

/// Functions that were called this often are kept all, up to [`AT_MOST`].
const OFTEN: u64 = 1_000;

/// A page that calls more functions so often is one that computes, and its hundreds of hottest say enough.
const AT_MOST: usize = 1_000;

/// Script, begin, end, name: a function.
type Key = (String, usize, usize, String);

/// The functions that were called most.
pub(super) async fn calls(load: &Taken, steps: &Taken, sources: &mut Sources<'_>) -> Vec<FunctionCalls> {
    let mut counted: BTreeMap<Key, Times> = BTreeMap::new();
    for (key, count) in load.functions() {
        counted.entry(key).or_default().load += count;
    }
    for (key, count) in steps.functions() {
        counted.entry(key).or_default().steps += count;
    }
    let mut counted: Vec<_> = counted.into_iter().filter(|(_, calls)| calls.total() > 0).collect();
    counted.sort_by_key(|(_, calls)| std::cmp::Reverse(calls.total()));
    let often = counted.partition_point(|(_, calls)| calls.total() >= OFTEN);
    counted.truncate(often.clamp(MOST_CALLED, AT_MOST));
    let mut rows = Vec::new();
    for ((id, begin, end, name), calls) in counted {
        if let Some(site) = sources.function(&id, (&name, begin, end)).await {
            rows.push(FunctionCalls { site, calls });
        }
    }
    merge(rows)
}

/// What all functions and loops did.
pub(super) fn work(load: &Taken, steps: &Taken) -> ScriptWork {
    let calls = |taken: &Taken| taken.functions().map(|(_, count)| count).sum();
    let turns = |taken: &Taken| taken.loops().map(|(_, turns)| turns).sum();
    ScriptWork {
        calls: Times { load: calls(load), steps: calls(steps) },
        turns: Times { load: turns(load), steps: turns(steps) },
    }
}

/// One row for one place: a script can have been loaded into several frames.
fn merge(rows: Vec<FunctionCalls>) -> Vec<FunctionCalls> {
    let mut by_site: BTreeMap<Site, Times> = BTreeMap::new();
    for row in rows {
        *by_site.entry(row.site).or_default() += row.calls;
    }
    let mut rows: Vec<_> = by_site.into_iter().map(|(site, calls)| FunctionCalls { site, calls }).collect();
    // Stable, so that places with as many calls stay in their order.
    rows.sort_by_key(|row| std::cmp::Reverse(row.calls.total()));
    rows
}

impl Taken {
    /// All functions but the scripts themselves.
    fn functions(&self) -> impl Iterator<Item = (Key, u64)> {
        let functions = self.result.iter().flat_map(|script| script.functions.iter().map(move |it| (script, it)));
        functions.filter_map(|(script, function)| {
            let range = function.ranges.first()?;
            let is_script = range.start_offset == 0 && function.function_name.is_empty();
            let key = (script.id.clone(), range.start_offset, range.end_offset, function.function_name.clone());
            (!is_script).then_some((key, range.count))
        })
    }
}

impl Taken {
    /// The loops of all functions and of the scripts themselves.
    pub(super) fn loops(&self) -> impl Iterator<Item = ((String, usize), u64)> {
        let of_script = |script: &Script| {
            let loops: Vec<_> =
                script.functions.iter().flat_map(|function| loops::of_function(&function.ranges)).collect();
            loops.into_iter().map({
                let id = script.id.clone();
                move |(begin, turns)| ((id.clone(), begin), turns)
            })
        };
        self.result.iter().flat_map(of_script)
    }
}

/// How much of each script ran neither while the page loaded nor during the steps.
pub(super) async fn scripts(load: &Taken, steps: &Taken, sources: &mut Sources<'_>) -> Vec<ScriptUse> {
    let session = sources.session().to_owned();
    let ids: BTreeSet<&str> = load.result.iter().chain(&steps.result).map(|script| &*script.id).collect();
    // One script in several frames is one that ran where any of them did.
    let mut texts: BTreeMap<(String, String), (Whole, Vec<bool>)> = BTreeMap::new();
    for id in ids {
        let Some(whole) = sources.whole(&session, id).await else { continue };
        let length = whole.text.as_str().encode_utf16().count();
        let of = [load, steps].into_iter().flat_map(|taken| taken.result.iter().filter(|it| it.id == id));
        let key = (whole.url.clone(), whole.text.as_str().to_owned());
        let (_, used) = texts.entry(key).or_insert_with(|| (whole, vec![false; length]));
        of.for_each(|script| mark(script, used));
    }
    merge_scripts(texts.into_values().map(|(whole, used)| script_use(&whole, &used)))
}

/// Marks what ran: of ranges that lie within each other, the innermost decides.
fn mark(script: &Script, used: &mut [bool]) {
    let mut ranges: Vec<Range> = script.functions.iter().flat_map(|function| function.ranges.iter().copied()).collect();
    ranges.sort_by_key(|range| (range.start_offset, std::cmp::Reverse(range.end_offset)));
    let mut ran = vec![false; used.len()];
    for Range { start_offset, end_offset, count } in ranges {
        let end = end_offset.min(ran.len());
        ran[start_offset.min(end)..end].fill(count > 0);
    }
    used.iter_mut().zip(ran).for_each(|(used, ran)| *used |= ran);
}

fn script_use(Whole { url, text, map }: &Whole, used: &[bool]) -> ScriptUse {
    let extents = map.as_ref().map(|map| map.extents()).unwrap_or_default();
    let mut starts = extents.iter().map(|(at, source)| (offset(text, *at), source.as_deref())).peekable();
    let mut sources: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let (mut bytes, mut unused, mut source, mut place) = (0, 0, None, 0);
    for character in text.as_str().chars() {
        while let Some((_, next)) = starts.next_if(|(start, _)| *start <= place) {
            source = next;
        }
        let length = u64::try_from(character.len_utf8()).unwrap_or_default();
        let is_unused = used.get(place) == Some(&false);
        bytes += length;
        unused += if is_unused { length } else { 0 };
        if let Some(name) = source {
            let of_source = sources.entry(name).or_default();
            of_source.0 += length;
            of_source.1 += if is_unused { length } else { 0 };
        }
        place += character.len_utf16();
    }
    let sources = sources.into_iter().map(|(name, (bytes, unused))| (name.to_owned(), bytes, unused)).collect();
    let digest = Some(digest([text.as_str()]));
    ScriptUse { url: url.clone(), bytes, unused_bytes: unused, digest, sources }
}

/// Behind the end where the text has no such place.
fn offset(text: &Generated, at: Position) -> usize {
    text.offset(at).unwrap_or(usize::MAX)
}

/// One row for one address: a document can hold several scripts.
fn merge_scripts(rows: impl Iterator<Item = ScriptUse>) -> Vec<ScriptUse> {
    let mut by_url: BTreeMap<String, ScriptUse> = BTreeMap::new();
    for row in rows {
        match by_url.get_mut(&row.url) {
            Some(known) => {
                known.bytes += row.bytes;
                known.unused_bytes += row.unused_bytes;
                known.digest = Some(digest([&known.digest, &row.digest].into_iter().flatten().map(String::as_str)));
            }
            None => drop(by_url.insert(row.url.clone(), row)),
        }
    }
    by_url.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start_offset: usize, end_offset: usize, count: u64) -> Range {
        Range { start_offset, end_offset, count }
    }

    #[test]
    fn the_innermost_range_decides_and_what_ran_once_ran() {
        let script = |ranges| {
            let functions = vec![Function { function_name: String::new(), ranges }];
            Script { id: String::new(), url: String::new(), functions }
        };
        let mut used = vec![false; 8];
        mark(&script(vec![range(0, 8, 1), range(2, 6, 0), range(3, 4, 2)]), &mut used);
        assert_eq!(used, [true, true, false, true, false, false, true, true]);
        mark(&script(vec![range(2, 99, 1)]), &mut used);
        assert_eq!(used, [true, true, true, true, true, true, true, true]);
    }
}
