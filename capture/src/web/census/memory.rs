//! What a page takes of memory, after its garbage was collected.

use std::collections::BTreeSet;

use perf_look_analyzers::web::capture::MemoryPoint;
use serde_json::{Value, json};

use crate::browser::{BrowserError, Context, ContextKind, Page};

/// Gives the number of sheets and that of their rules.
const SHEETS: &str = include_str!("sheets.js");

/// Measures a page with all of its frames and workers, and leaves no garbage in them.
pub(super) async fn measure(page: &Page, contexts: &[Context]) -> Result<MemoryPoint, BrowserError> {
    let mut point = MemoryPoint::default();
    for session in heaps(page, contexts).await {
        match add_heap(page, &session, &mut point).await {
            Err(error) if session == page.session() => return Err(error),
            // A frame or worker that has gone has no memory.
            _ => {}
        }
    }
    point.detached = detached(page).await.ok();
    for context in contexts.iter().filter(|it| matches!(it.kind, ContextKind::Page | ContextKind::Frame)) {
        let params = json!({ "expression": SHEETS, "contextId": context.id, "returnByValue": true });
        if let Ok(answer) = page.call_in(&context.session, "Runtime.evaluate", params).await {
            let value = &answer["result"]["value"];
            *point.sheets.get_or_insert(0) += value[0].as_u64().unwrap_or(0);
            *point.css_rules.get_or_insert(0) += value[1].as_u64().unwrap_or(0);
        }
    }
    Ok(point)
}

/// A session of each heap. Frames of one site share one, though each has a session.
async fn heaps(page: &Page, contexts: &[Context]) -> Vec<String> {
    let mut sessions: Vec<&str> = contexts.iter().map(|context| &*context.session).collect();
    sessions.dedup();
    let mut seen = BTreeSet::new();
    let mut heaps = Vec::new();
    for session in sessions {
        let answer = page.call_in(session, "Runtime.getIsolateId", json!({})).await.unwrap_or_default();
        if seen.insert(answer["id"].as_str().unwrap_or(session).to_owned()) {
            heaps.push(session.to_owned());
        }
    }
    heaps
}

async fn add_heap(page: &Page, session: &str, point: &mut MemoryPoint) -> Result<(), BrowserError> {
    // What is written to the console is kept for whoever may read it later.
    page.call_in(session, "Runtime.discardConsoleEntries", json!({})).await?;
    // Goes round until nothing more is let go of.
    page.call_in(session, "HeapProfiler.collectGarbage", json!({})).await?;
    let usage = page.call_in(session, "Runtime.getHeapUsage", json!({})).await?;
    point.heap_bytes += number(&usage["usedSize"]);
    // A worker has no nodes, and does not know the question.
    if let Ok(counters) = page.call_in(session, "Memory.getDOMCounters", json!({})).await {
        point.nodes += number(&counters["nodes"]);
        point.documents += number(&counters["documents"]);
        point.listeners += number(&counters["jsEventListeners"]);
    }
    Ok(())
}

/// Nodes that are in no document. The browser holds on to those that it names, until the domain is disabled.
async fn detached(page: &Page) -> Result<u64, BrowserError> {
    page.call("DOM.enable", json!({})).await?;
    let answer = page.call("DOM.getDetachedDomNodes", json!({})).await;
    page.call("DOM.disable", json!({})).await?;
    let answer = answer?;
    let trees = answer["detachedNodes"].as_array().into_iter().flatten();
    Ok(trees.map(|tree| tree["retainedNodeIds"].as_array().map_or(0, Vec::len) as u64).sum())
}

pub(super) fn number(value: &Value) -> u64 {
    // Sizes are floating point numbers in the protocol, though whole ones.
    value.as_u64().or_else(|| format!("{:.0}", value.as_f64()?).parse().ok()).unwrap_or(0)
}
