//! Prints a made-up plan: `cargo run --example made_up_plan -- 10000 json > plan.json`; or of so many bytes a trace:
//! `-- 100000000 trace > trace.json`.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let nodes = arguments.next().and_then(|nodes| nodes.parse().ok()).unwrap_or(50);
    let text = match arguments.next().as_deref() {
        Some("text") => perf_look_benches::text(nodes),
        Some("trace") => perf_look_benches::trace::trace(nodes),
        _ => perf_look_benches::json(nodes),
    };
    io::stdout().write_all(text.as_bytes())
}
