//! Writes a made-up heap snapshot, or reads any as perf-look does:
//! `cargo run --release --example heap_snapshot -- write FILE 100000`, `… -- read FILE`.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::time::Instant;

use perf_look_analyzers::web::heap::{HeapError, HeapReader};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", file, selectors] => {
            let mut out = BufWriter::new(File::create(file)?);
            perf_look_benches::heap_snapshot(selectors.parse()?, &mut out)?;
            Ok(out.flush()?)
        }
        ["read", file] => read(file),
        _ => Err("write FILE SELECTORS or read FILE is expected".into()),
    }
}

fn read(file: &str) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let begin = Instant::now();
    let mut reader = HeapReader::new();
    feed(file, |piece| reader.push(piece))?;
    let heap = reader.finish()?;
    let groups = heap.selectors();
    writeln!(out, "{:?} in {} groups of selectors, {:?}", heap.total(), groups.len(), begin.elapsed())?;
    let Some(group) = groups.first() else { return Ok(()) };
    let bytes = heap.retained(&group.nodes);
    writeln!(out, "the first of {} retains {bytes} bytes, {:?}", group.nodes.len(), begin.elapsed())?;
    let mut reader = heap.paths(&group.nodes[..1]);
    feed(file, |piece| reader.push(piece))?;
    for path in reader.finish()?.into_iter().flatten() {
        writeln!(out, "{path}, {:?}", begin.elapsed())?;
    }
    Ok(())
}

fn feed(file: &str, mut push: impl FnMut(&[u8]) -> Result<(), HeapError>) -> Result<(), Box<dyn Error>> {
    let mut file = File::open(file)?;
    let mut piece = vec![0; 100 * 1024];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        push(&piece[..length])?;
    }
}
