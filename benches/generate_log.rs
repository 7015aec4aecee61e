//! Writes a made-up server log to standard output: `generate_log BYTES [DAMAGED-OF-1000 [text|json|mixed [stderr|csv|json]]]`.

use std::io::{self, BufWriter, Write as _};

use perf_look_benches::log::{Form, Plans, Request, write};

fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let mut number = |usual| words.next().map_or(Ok(usual), |word| word.parse().map_err(io::Error::other));
    let (bytes, damaged) = (number(10_000_000)?, number(0)?);
    let plans = match words.next().as_deref() {
        None | Some("text") => Plans::Text,
        Some("json") => Plans::Json,
        Some("mixed") => Plans::Mixed,
        Some(other) => return Err(io::Error::other(format!("plans are text, json or mixed, not {other}"))),
    };
    let form = match words.next().as_deref() {
        None | Some("stderr") => Form::Stderr,
        Some("csv") => Form::Csv,
        Some("json") => Form::Json,
        Some(other) => return Err(io::Error::other(format!("logs are stderr, csv or json, not {other}"))),
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let written = write(&Request { bytes, damaged, plans, form }, &mut out)?;
    out.flush()?;
    let said = format!("{} bytes, {} entries, {} damaged\n", written.bytes, written.whole, written.damaged);
    io::stderr().write_all(said.as_bytes())
}
