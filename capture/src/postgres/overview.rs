//! What a server says of itself as a whole, in a few questions, all in one transaction that only reads and is rolled back.

use std::future::Future;
use std::time::Duration;

use perf_look_analyzers::postgres::overview::capture::{
    Missing, OverviewCapture, Part, Server, StatementRow, Statements,
};
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use super::connect::{Session, describe};

/// How many statements by each order: time, mean, reading, temporary files.
const MOST_STATEMENTS: i64 = 100;

/// More tables, indexes or keys than this are not read; the largest come first.
const MOST_RELATIONS: usize = 5_000;

/// Why there is no overview.
#[derive(Debug, Error)]
pub enum OverviewError {
    /// The server could not be asked at all.
    #[error("the server could not be asked: {0}")]
    Refused(String),
    /// It did not answer in time.
    #[error("the server did not say within {} s what it is", .0.as_secs_f64())]
    Slow(Duration),
    /// The user stopped it.
    #[error("stopped before all was read")]
    Stopped,
}

impl OverviewError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Slow(_) => Some("allow more with --timeout".to_owned()),
            Self::Refused(_) | Self::Stopped => None,
        }
    }
}

/// Reads it; each question has `timeout`. Where one is not answered, that part says why, and the others are there.
pub async fn overview(
    session: &Session,
    timeout: Duration,
    stop: impl Future<Output = ()>,
) -> Result<OverviewCapture, OverviewError> {
    let reader = Reader { session, timeout, notes: Vec::new() };
    stoppable(session, reader.read(), stop).await
}

/// What `pg_stat_statements` counted alone, and the server that it is of.
pub async fn statements(
    session: &Session,
    timeout: Duration,
    stop: impl Future<Output = ()>,
) -> Result<(Server, Part<Statements>), OverviewError> {
    let mut reader = Reader { session, timeout, notes: Vec::new() };
    let read = async {
        reader.begin().await?;
        let (server, extension) = reader.server().await?;
        let statements = reader.statements(&extension).await?;
        reader.fixed("ROLLBACK").await?;
        Ok((server, statements))
    };
    stoppable(session, read, stop).await
}

/// What is read, unless the user stops it. The connection is ours alone and is closed then, which ends the transaction.
async fn stoppable<T>(
    session: &Session,
    read: impl Future<Output = Result<T, OverviewError>>,
    stop: impl Future<Output = ()>,
) -> Result<T, OverviewError> {
    tokio::select! {
        read = read => read,
        () = stop => {
            let _ = tokio::time::timeout(Duration::from_secs(2), session.cancel.cancel()).await;
            Err(OverviewError::Stopped)
        }
    }
}

struct Reader<'a> {
    session: &'a Session,
    timeout: Duration,
    notes: Vec<String>,
}

impl Reader<'_> {
    async fn begin(&self) -> Result<(), OverviewError> {
        // Names in answers are found in `pg_catalog` only, and all others are written with their schema.
        let begin = format!(
            "BEGIN /* perf-look */ TRANSACTION READ ONLY; SET /* perf-look */ LOCAL search_path = pg_catalog, pg_temp; \
             SET /* perf-look */ LOCAL statement_timeout = {}; SET /* perf-look */ LOCAL lock_timeout = 2000; \
             SET /* perf-look */ LOCAL idle_in_transaction_session_timeout = 60000",
            self.timeout.as_millis()
        );
        self.fixed(&begin).await
    }

    async fn read(mut self) -> Result<OverviewCapture, OverviewError> {
        self.begin().await?;
        let (server, extension) = self.server().await?;
        let sessions = self.rows("sessions", include_str!("overview/sessions.sql")).await?;
        let statements = self.statements(&extension).await?;
        let tables = self.largest("tables", include_str!("overview/tables.sql")).await?;
        let indexes = self.largest("indexes", include_str!("overview/indexes.sql")).await?;
        let foreign_keys = self.largest("foreign keys", include_str!("overview/foreign_keys.sql")).await?;
        self.fixed("ROLLBACK").await?;
        let server_version = self.session.server_version.clone();
        let notes = self.notes;
        Ok(OverviewCapture { server_version, server, statements, tables, indexes, foreign_keys, sessions, notes })
    }

    /// A text of our own.
    async fn fixed(&self, text: &str) -> Result<(), OverviewError> {
        self.session.client.batch_execute(text).await.map_err(|error| OverviewError::Refused(describe(&error)))
    }

    async fn server(&self) -> Result<(Server, Extension), OverviewError> {
        let sql = include_str!("overview/server.sql");
        let failed = |error: &tokio_postgres::Error| match error.code() {
            Some(&SqlState::QUERY_CANCELED) => OverviewError::Slow(self.timeout),
            _ => OverviewError::Refused(describe(error)),
        };
        let rows = self.session.client.query_typed(sql, &[]).await.map_err(|error| failed(&error))?;
        let refused = || OverviewError::Refused("it says nothing of itself".to_owned());
        let row = rows.first().ok_or_else(refused)?;
        let read = || Some((json(row, 0)?, Extension::of(row)?));
        read().ok_or_else(refused)
    }

    /// Asks behind a savepoint: where the server refuses, the transaction goes on.
    async fn ask(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Result<Vec<Row>, Missing>, OverviewError> {
        self.fixed("SAVEPOINT perf_look").await?;
        match self.session.client.query_typed(sql, parameters).await {
            Ok(rows) => Ok(Ok(rows)),
            Err(error) if self.session.client.is_closed() => Err(OverviewError::Refused(describe(&error))),
            Err(error) => {
                self.fixed("ROLLBACK TO perf_look").await?;
                Ok(Err(self.missing(&error)))
            }
        }
    }

    fn missing(&self, error: &tokio_postgres::Error) -> Missing {
        Missing::Refused(match error.code() {
            Some(&SqlState::QUERY_CANCELED) => {
                format!("no answer within {} s; allow more with --timeout", self.timeout.as_secs_f64())
            }
            _ => describe(error),
        })
    }

    /// Each row's first column, as a value.
    async fn rows<T: DeserializeOwned>(&self, what: &str, sql: &str) -> Result<Part<Vec<T>>, OverviewError> {
        Ok(values(what, self.ask(sql, &[]).await?))
    }

    /// The same for what there can be very many of.
    async fn largest<T: DeserializeOwned>(&mut self, what: &str, sql: &str) -> Result<Part<Vec<T>>, OverviewError> {
        let most = i64::try_from(MOST_RELATIONS).unwrap_or(i64::MAX) + 1;
        let mut part = values(what, self.ask(sql, &[(&most, Type::INT8)]).await?);
        if let Part::Read(rows) = &mut part
            && rows.len() > MOST_RELATIONS
        {
            rows.truncate(MOST_RELATIONS);
            self.notes.push(format!("there are more {what}: the {MOST_RELATIONS} largest were looked at"));
        }
        Ok(part)
    }

    async fn statements(&mut self, extension: &Extension) -> Result<Part<Statements>, OverviewError> {
        let schema = match extension {
            Extension::Missing(why) => return Ok(Part::Missing(why.clone())),
            Extension::In(schema) => schema,
        };
        let sql = include_str!("overview/statements.sql").replace("{schema}", schema);
        let rows = match self.ask(&sql, &[(&MOST_STATEMENTS, Type::INT8)]).await? {
            Ok(rows) => rows,
            Err(why) => return Ok(Part::Missing(why)),
        };
        let Some(all) = rows.first().and_then(|row| json(row, 1)) else {
            return Ok(Part::Missing(Missing::Refused(unknown("statements"))));
        };
        let worst = rows.iter().filter_map(|row| json::<StatementRow>(row, 0)).collect();
        let (reset, age_s, evictions) = self.since(schema).await?;
        Ok(Part::Read(Statements { all, worst, reset, age_s, evictions }))
    }

    /// Since when statements are counted, and how often some were forgotten; the extension knows since its version 1.9.
    async fn since(&self, schema: &str) -> Result<(Option<String>, Option<f64>, Option<f64>), OverviewError> {
        let sql = format!(
            "select /* perf-look */ to_char(i.stats_reset at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), \
             extract(epoch from now() - i.stats_reset)::float8, i.dealloc::float8 from {schema}.pg_stat_statements_info i"
        );
        let rows = self.ask(&sql, &[]).await?.unwrap_or_default();
        let Some(row) = rows.first() else { return Ok((None, None, None)) };
        Ok((row.try_get(0).ok(), row.try_get(1).ok(), row.try_get(2).ok()))
    }
}

/// Where the view of `pg_stat_statements` is.
enum Extension {
    /// In this schema, as SQL writes it.
    In(String),
    /// Nowhere.
    Missing(Missing),
}

impl Extension {
    fn of(row: &Row) -> Option<Self> {
        let schema: Option<String> = row.try_get(1).ok()?;
        let (is_loaded, is_installed): (bool, bool) = (row.try_get(2).ok()?, row.try_get(3).ok()?);
        Some(match schema {
            Some(schema) if is_loaded => Self::In(schema),
            None if is_loaded => Self::Missing(Missing::NotCreated),
            _ if is_installed => Self::Missing(Missing::NotLoaded),
            _ => Self::Missing(Missing::NotInstalled),
        })
    }
}

fn values<T: DeserializeOwned>(what: &str, rows: Result<Vec<Row>, Missing>) -> Part<Vec<T>> {
    let values = rows.and_then(|rows| {
        let read: Option<Vec<T>> = rows.iter().map(|row| json(row, 0)).collect();
        read.ok_or_else(|| Missing::Refused(unknown(what)))
    });
    match values {
        Ok(values) => Part::Read(values),
        Err(why) => Part::Missing(why),
    }
}

fn unknown(what: &str) -> String {
    format!("the server describes its {what} in words that are not known")
}

/// What our own SQL wrote, as a value.
fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Option<T> {
    serde_json::from_str(row.try_get::<_, Option<&str>>(column).ok()??).ok()
}
