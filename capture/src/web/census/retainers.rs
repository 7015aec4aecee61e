//! What holds selectors that should be gone: a way from the root to one of them, out of a heap snapshot.
//!
//! A snapshot takes the browser tens of times the memory of its heap, so it is taken only of a page that leaks, and only
//! where there is room. It is written to a file without a name, since names on the way come last in it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};

use perf_look_analyzers::web::heap::{Heap, HeapError, HeapReader, NodeId, Spot};
use perf_look_analyzers::web::place::Position;
use serde_json::json;
use thiserror::Error;

use super::realm::Location;
use crate::browser::{BrowserError, Events, Page};

/// Why nothing can be said of what holds them.
#[derive(Debug, Error)]
pub(super) enum NoPath {
    #[error("a heap snapshot of {heap} MB may take {need} MB of memory, and {free} MB are free")]
    NoRoom { heap: u64, need: u64, free: u64 },
    #[error("this system does not say how much memory is free, of which a heap snapshot takes much")]
    Unknown,
    #[error(transparent)]
    Browser(#[from] BrowserError),
    #[error(transparent)]
    Heap(#[from] HeapError),
    #[error("the heap snapshot could not be kept in a temporary file")]
    File(#[from] io::Error),
}

/// How many times its heap a browser takes for a snapshot, at most: 30 to 43 were measured.
const TIMES: u64 = 45;

/// In bytes, for the second reading.
const PIECE: usize = 1 << 20;

/// For each place of combiners a way from the root to one of the selectors there, step by step; empty where the snapshot
/// has none.
pub(super) async fn find(page: &Page, heap: u64, places: &[Location]) -> Result<Vec<Vec<String>>, NoPath> {
    check_room(heap)?;
    let mut file = tempfile::tempfile()?;
    let heap = snapshot(page, &mut file).await?;
    let nodes: Vec<Option<NodeId>> = places.iter().map(|place| newest(&heap, place)).collect();
    let wanted: Vec<NodeId> = nodes.iter().copied().flatten().collect();
    let mut reader = heap.paths(&wanted);
    drop(heap);
    file.rewind()?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            length => reader.push(&piece[..length])?,
        }
    }
    let mut paths = reader.finish()?.into_iter();
    let path = |node: Option<NodeId>| node.and_then(|_| paths.next().flatten());
    let paths = nodes.into_iter().map(path).map(|path| path.map(|path| path.to_string()));
    Ok(paths.map(|path| path.iter().flat_map(|path| path.split(" → ")).map(str::to_owned).collect()).collect())
}

fn check_room(heap: u64) -> Result<(), NoPath> {
    let free = free_memory().ok_or(NoPath::Unknown)?;
    let need = heap.saturating_mul(TIMES);
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    if need <= free {
        return Ok(());
    }
    Err(NoPath::NoRoom { heap: megabytes(heap), need: megabytes(need), free: megabytes(free) })
}

/// In bytes, as Linux says it.
fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Reads a snapshot while it comes, and keeps it.
async fn snapshot(page: &Page, file: &mut File) -> Result<Heap, NoPath> {
    let mut reader = HeapReader::new();
    let mut take = |events: Vec<crate::browser::Happened>| -> Result<(), NoPath> {
        for event in events {
            let piece = event.params["chunk"].as_str().unwrap_or_default().as_bytes();
            reader.push(piece)?;
            file.write_all(piece)?;
        }
        Ok(())
    };
    let mut pieces: Events = page.events(&["HeapProfiler.addHeapSnapshotChunk"]).await?;
    let call = page.call("HeapProfiler.takeHeapSnapshot", json!({ "reportProgress": false }));
    tokio::pin!(call);
    loop {
        tokio::select! {
            biased;
            piece = pieces.next() => take(vec![piece?.ok_or(BrowserError::Gone)?])?,
            answer = &mut call => {
                answer?;
                break take(pieces.ready()?)?;
            }
        }
    }
    Ok(reader.finish()?)
}

/// The last of a snapshot is the newest, which came with the last repeat.
fn newest(heap: &Heap, place: &Location) -> Option<NodeId> {
    let script = place.script_id.parse().ok()?;
    let spot = Spot { script, at: Position::from_zero(place.line, place.column) };
    let selectors = heap.selectors().into_iter().find(|selectors| selectors.spot == Some(spot))?;
    selectors.nodes.last().copied()
}
