//! Where an index is really built: a scratch server with a database that somebody filled, and a copy of it for each index.

use std::future::Future;

use perf_look_analyzers::capture::Run;
use perf_look_analyzers::postgres::verify::{Built, IndexDefinition, IndexTrials, Place, Wanted};
use thiserror::Error;
use tokio_postgres::types::Type;

use super::connect::{ConnectError, Session, connect, describe};
use super::explain::{Arm, ExplainError, IndexMeans, Options, SIZE, explain, timed_pairs, verify};
use super::scratch::Scratch;
use super::settle;
use super::statement::Sql;

/// A filled database of a scratch server. Nobody else may be connected to it while an index is built in a copy.
#[derive(Debug, Clone, Copy)]
pub struct Workbench<'a> {
    /// The server.
    pub server: &'a Scratch,
    /// The database.
    pub database: &'a str,
}

/// Why nothing could be tried on it.
#[derive(Debug, Error)]
pub enum WorkbenchError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The statement does not run there.
    #[error("on the scratch server: {0}")]
    Explain(#[from] ExplainError),
    /// The server refuses what is done around it.
    #[error("could not {what} on the scratch server: {why}")]
    Server {
        /// `copy its database`.
        what: &'static str,
        /// The server's words.
        why: String,
    },
}

/// The copy that an index is built in.
const COPY: &str = "perf_look_copy";

/// The time for runs in turns, both sides together; of what takes longer the one run of each side must do.
const PATIENCE_MS: f64 = 1_500.0;

/// More would say the same.
const MOST_PAIRS: u32 = 7;

impl Workbench<'_> {
    /// Makes it as a server is that has been up for a while: analysed, all rows visible to all; and with HypoPG, where that
    /// is installed, so that what it promises can be compared.
    pub async fn settle(&self) -> Result<(), WorkbenchError> {
        let session = self.session(self.database).await?;
        settle::all_visible(&session)
            .await
            .map_err(|error| WorkbenchError::Server { what: "analyse the database", why: error.to_string() })?;
        // Without it indexes are built and rolled back.
        let _ = session.client.batch_execute("CREATE EXTENSION IF NOT EXISTS hypopg").await;
        Ok(())
    }

    /// What the planner says with each index.
    pub async fn series(
        &self,
        sql: &Sql,
        options: &Options,
        wanted: &Wanted,
        stop: impl Future<Output = ()>,
    ) -> Result<Option<IndexTrials>, WorkbenchError> {
        let session = self.session(self.database).await?;
        let wanted = Wanted { indexes: wanted.indexes.clone(), ..Wanted::default() };
        let trials = verify(&session, sql, options, (&wanted, IndexMeans::Built), stop).await?;
        Ok(trials.indexes.map(|indexes| indexes.on(Place::Scratch)))
    }

    /// Builds an index in a copy of the database and runs the statement in both, in turns.
    pub async fn build<S: Future<Output = ()>>(
        &self,
        sql: &Sql,
        options: &Options,
        index: &IndexDefinition,
        stop: impl Fn() -> S,
    ) -> Result<Built, WorkbenchError> {
        self.copy().await?;
        let with = self.session(COPY).await?;
        run(&with, "build the index", &index.sql_named(Built::NAME)).await?;
        if index.has_expressions() {
            run(&with, "analyse the index", &format!("ANALYZE {}", index.table())).await?;
        }
        let without = self.session(self.database).await?;
        let (base, head) = (Arm { session: &without, sql, options }, Arm { session: &with, sql, options });
        let built = compare(base, head, index, stop).await;
        drop((with, without));
        self.drop_copy().await?;
        built
    }

    async fn session(&self, database: &str) -> Result<Session, ConnectError> {
        connect(&self.server.target_database(database)).await
    }

    /// From another database, since nobody may be connected to one that is copied.
    async fn copy(&self) -> Result<(), WorkbenchError> {
        self.drop_copy().await?;
        let session = self.session("template1").await?;
        self.alone(&session).await?;
        run(&session, "copy the database", &format!("CREATE DATABASE {COPY} TEMPLATE \"{}\"", self.database)).await
    }

    async fn drop_copy(&self) -> Result<(), WorkbenchError> {
        let session = self.session("template1").await?;
        let others = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{COPY}'");
        run(&session, "drop the copy of the database", &others).await?;
        run(&session, "drop the copy of the database", &format!("DROP DATABASE IF EXISTS {COPY}")).await
    }

    /// Server processes of sessions that were closed take a moment to go.
    async fn alone(&self, session: &Session) -> Result<(), WorkbenchError> {
        let others = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}' and pid <> pg_backend_pid()",
            self.database
        );
        run(session, "copy the database", &others).await
    }
}

async fn compare<S: Future<Output = ()>>(
    base: Arm<'_>,
    head: Arm<'_>,
    index: &IndexDefinition,
    stop: impl Fn() -> S,
) -> Result<Built, WorkbenchError> {
    let before = explained(base, stop()).await?;
    let after = explained(head, stop()).await?;
    let bytes = size(head.session).await?;
    let times = match pairs(&before, &after) {
        Some(pairs) if !base.options.allow_writes => timed_pairs(base, head, pairs, stop()).await?,
        _ => Vec::new(),
    };
    let times = times.iter().map(|pair| [pair.base.wall_ms, pair.head.wall_ms]).collect();
    Ok(Built { index: index.clone(), bytes, before: before.explain, after: after.explain, times })
}

async fn explained(arm: Arm<'_>, stop: impl Future<Output = ()>) -> Result<Run, WorkbenchError> {
    // The second run is kept: what the first one reads is in the cache for it.
    let options = Options { warm_ups: 0, runs: 1, ..arm.options.clone() };
    let captured = explain(arm.session, arm.sql, &options, stop, |_| {}).await?;
    captured
        .runs
        .into_iter()
        .next_back()
        .ok_or(WorkbenchError::Server { what: "explain the statement", why: "there is no run of it".to_owned() })
}

/// How often both sides can be run; none where they take too long, or were not run at all.
fn pairs(before: &Run, after: &Run) -> Option<u32> {
    let both = execution_ms(&before.explain)? + execution_ms(&after.explain)?;
    (1..=MOST_PAIRS).rev().find(|pairs| f64::from(*pairs) * both <= PATIENCE_MS)
}

fn execution_ms(explain: &str) -> Option<f64> {
    let parsed = perf_look_analyzers::postgres::parse::parse(explain).ok()?;
    parsed.plans.first()?.statement.execution_ms
}

async fn size(session: &Session) -> Result<Option<i64>, WorkbenchError> {
    let rows = session.client.query_typed(SIZE, &[(&Built::NAME, Type::TEXT)]).await;
    let rows = rows.map_err(|error| WorkbenchError::Server { what: "measure the index", why: describe(&error) })?;
    Ok(rows.first().and_then(|row| row.try_get(0).ok()))
}

/// A text of our own, one statement.
async fn run(session: &Session, what: &'static str, text: &str) -> Result<(), WorkbenchError> {
    let done = session.client.batch_execute(text).await;
    done.map_err(|error| WorkbenchError::Server { what, why: describe(&error) })
}
