//! `perf-look gate settle`: a server in a state in which counts repeat.

use anyhow::Context as _;
use perf_look_capture::postgres::settle::{Settled, Tables, settle};

use crate::args::{Common, Settle};
use crate::connection;
use crate::failure::{Failure, note, warn};
use crate::output;
use crate::status::Status;
use crate::terminal::Terminal;

/// Vacuums and analyses all tables, and says what is so afterwards.
pub(super) fn run(args: &Settle, common: &Common, terminal: &Terminal) -> Result<Status, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime").map_err(Failure::usage)?;
    let settled = runtime.block_on(async {
        let (_, session) = connection::open(&args.connection, common, terminal).await?;
        Box::pin(settle(&session, Tables::All)).await.map_err(Failure::unmeasured)
    })?;
    output::print(terminal, &text(&settled))?;
    for skipped in &settled.skipped {
        warn(terminal, &format!("{skipped} was left as it is: this role may not vacuum it"));
    }
    for said in &settled.notes {
        note(terminal, said);
    }
    Ok(if settled.is_settled() && settled.skipped.is_empty() { Status::Clean } else { Status::Unmeasured })
}

/// A line a table: rows, pages, how much is visible to all, the digest of its statistics.
fn text(settled: &Settled) -> String {
    let line = |table: &perf_look_capture::postgres::settle::SettledTable| {
        let known = |number: Option<String>| number.unwrap_or_else(|| "not known".to_owned());
        format!(
            "{}.{}: {} rows, {} pages, {} visible to all, statistics {}\n",
            table.schema,
            table.name,
            known(table.rows.map(|rows| format!("{rows:.0}"))),
            known(table.pages.map(|pages| pages.to_string())),
            known(table.all_visible.map(|share| format!("{:.0} %", (share * 100.0).floor()))),
            table.statistics_digest,
        )
    };
    let text: String = settled.tables.iter().map(line).collect();
    perf_look_analyzers::safe::block(&text).into_owned()
}
