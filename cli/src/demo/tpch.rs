//! Two tables of TPC-H and its query 17, which looks for an index that is not there.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use perf_look_capture::postgres::scratch::Scratch;
use perf_look_capture::postgres::settle;
use perf_look_capture::postgres::{Session, connect};
use tpchgen::csv::{LineItemCsv, PartCsv};
use tpchgen::distribution::Distributions;
use tpchgen::generators::{LineItemGenerator, PartGenerator};
use tpchgen::text::TextPool;

use crate::failure::Failure;

/// What is asked.
pub(super) const QUERY: &str = include_str!("q17.sql");

/// The name of the database.
pub(super) const DATABASE: &str = "tpch";

const TABLES: &str = include_str!("tpch.sql");

/// Query 17 takes four times as long at twice the scale, 18 s at 0.1, and is run several times: at this scale it is slow
/// enough to be felt, and the demo is over in its first minute.
pub(super) const SCALE: f64 = 0.05;

/// Comments are pieces of one long text, by default of 300 MB; nobody reads them here.
const TEXT: i32 = 1 << 20;

/// Makes the database on a server of our own.
pub(super) async fn fill(server: &Scratch) -> Result<(), Failure> {
    let session = connect(&server.target()).await?;
    run(&session, &format!("CREATE DATABASE {DATABASE}")).await?;
    let session = connect(&server.target_database(DATABASE)).await?;
    run(&session, TABLES).await?;
    let distributions = Distributions::static_default();
    let text = TextPool::new(TEXT, distributions);
    let parts = PartGenerator::new_with_distributions_and_text_pool(SCALE, 1, 1, distributions, &text);
    copy(server, &session, "part", parts.iter().map(PartCsv::new)).await?;
    let items = LineItemGenerator::new_with_distributions_and_text_pool(SCALE, 1, 1, distributions, &text);
    copy(server, &session, "lineitem", items.iter().map(LineItemCsv::new)).await?;
    // As a server is that has been up for a while; the indexes are judged by it.
    settle::all_visible(&session).await.map_err(Failure::unmeasured)
}

/// By a file that the server reads itself, beside its own.
async fn copy(
    server: &Scratch,
    session: &Session,
    table: &str,
    rows: impl Iterator<Item = impl Display>,
) -> Result<(), Failure> {
    let path = server.folder().join(format!("{table}.csv"));
    write(&path, rows).with_context(|| format!("could not write {}", path.display())).map_err(Failure::unmeasured)?;
    let copied = run(session, &format!("COPY {table} FROM '{}' (FORMAT csv)", quoted(&path))).await;
    // The folder goes with the server; until then the space is better free.
    let _ = std::fs::remove_file(&path);
    copied
}

fn write(path: &Path, rows: impl Iterator<Item = impl Display>) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for row in rows {
        writeln!(file, "{row}")?;
    }
    file.flush()
}

fn quoted(path: &Path) -> String {
    path.display().to_string().replace('\'', "''")
}

async fn run(session: &Session, sql: &str) -> Result<(), Failure> {
    let done = session.client.batch_execute(sql).await;
    done.context("could not fill the database").map_err(Failure::unmeasured)
}
