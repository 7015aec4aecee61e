//! Reads a trace from standard input, as it comes, and says what it holds: to measure time and memory from outside.
//!
//! `made_up_plan 100000000 trace | read_trace`, or a recording: `gunzip -c trace.json.gz | read_trace`.

use std::io::{self, Read, Write};

use perf_look_analyzers::web::trace::Reader;

fn main() -> io::Result<()> {
    let (mut reader, mut piece) = (Reader::new(), vec![0; 1024 * 1024]);
    let mut input = io::stdin().lock();
    loop {
        match input.read(&mut piece)? {
            0 => break,
            read => reader.feed(&piece[..read]),
        }
    }
    let mut out = io::stdout().lock();
    match reader.finish() {
        Ok(trace) => {
            let samples = trace.profile.as_ref().map_or(0, |profile| profile.samples.len());
            let (tasks, layouts) = (trace.long_tasks.len(), trace.layouts.layouts);
            writeln!(out, "{tasks} long tasks, {layouts} layouts, {samples} samples, {} rejects", trace.rejects.count)
        }
        Err(error) => writeln!(out, "{error}"),
    }
}
