//! Advice tried on a server: planned again with indexes that nobody builds, run again with more memory, planned again with
//! other statistics. All of it in transactions that are rolled back, and nothing of it is left in the session.

use std::future::Future;
use std::sync::atomic::AtomicBool;

use perf_look_analyzers::postgres::verify::{
    Answer, Built, Explained, IndexDefinition, IndexTrial, IndexTrials, Place, Series, Trial, Trials, Untried, Wanted,
};
use tokio_postgres::types::{ToSql, Type};

use super::{Asked, ExplainError, Options, Prepared, stoppable};
use crate::postgres::connect::Session;
use crate::postgres::statement::{Sql, split};

/// How indexes are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexMeans {
    /// By HypoPG, or not at all.
    Hypothetical,
    /// By HypoPG where that is there; else they are built and rolled back, which locks tables: on a server of our own.
    Built,
    /// Elsewhere.
    Elsewhere,
}

/// Tries what is wanted for a statement that [`super::explain`] explained with the same options. When `stop` resolves, the
/// server is made to stop, nothing stays, and the error says so.
pub async fn verify(
    session: &Session,
    sql: &Sql,
    options: &Options,
    (wanted, means): (&Wanted, IndexMeans),
    stop: impl Future<Output = ()>,
) -> Result<Trials, ExplainError> {
    let stopped = AtomicBool::new(false);
    let asked = Asked { session, sql, options, stopped: &stopped };
    let run = async {
        let mut trials = Trials::default();
        if !wanted.indexes.is_empty() && means != IndexMeans::Elsewhere {
            trials.indexes = Some(asked.indexes(&wanted.indexes, means).await?);
        }
        for sql in &wanted.memory {
            trials.memory.push(Trial { sql: sql.clone(), answer: asked.memory(sql).await? });
        }
        for sql in &wanted.statistics {
            trials.statistics.push(Trial { sql: sql.clone(), answer: asked.statistics(sql).await? });
        }
        Ok(trials)
    };
    let done = stoppable(Box::pin(run), stop, &stopped, &[session]).await;
    done.unwrap_or_else(|| Err(ExplainError::Cancelled { name: sql.name.clone() }))
}

/// The schema that HypoPG's functions are in, as SQL writes it.
struct Hypopg(String);

/// The bytes of an index, with those of its partitions.
pub(in crate::postgres) const SIZE: &str = "select sum(pg_catalog.pg_relation_size(c.oid))::bigint from pg_catalog.pg_class c \
    where c.relname = $1::text or c.oid in (select i.inhrelid from pg_catalog.pg_inherits i \
    join pg_catalog.pg_class p on p.oid = i.inhparent where p.relname = $1::text)";

/// A request to cancel what ran before can hit what comes after.
const TRIES: u32 = 3;

impl Asked<'_> {
    async fn indexes(&self, wanted: &[IndexDefinition], means: IndexMeans) -> Result<IndexTrials, ExplainError> {
        match (self.in_transaction(true, self.hypopg()).await?, means) {
            (Ok(hypopg), _) => {
                let series = self.in_transaction(true, self.hypothetical(&hypopg, wanted)).await?;
                Ok(IndexTrials::Hypothetical(series))
            }
            (Err(_), IndexMeans::Built) => {
                Ok(IndexTrials::RolledBack(self.in_transaction(false, self.built(wanted)).await?))
            }
            (Err(untried), _) => Ok(IndexTrials::Untried(untried)),
        }
    }

    /// Where HypoPG is; or why it is not there, and what to do.
    async fn hypopg(&self) -> Result<Result<Hypopg, Untried>, ExplainError> {
        let sql = "select (select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e \
                   join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'hypopg'), \
                   exists (select 1 from pg_catalog.pg_available_extensions where name = 'hypopg')";
        let rows = self.session.client.query_typed(sql, &[]).await.map_err(|error| self.error(&error))?;
        let row = rows.first();
        let schema: Option<String> = row.and_then(|row| row.try_get(0).ok().flatten());
        let is_available = row.is_some_and(|row| matches!(row.try_get(1), Ok(true)));
        Ok(schema.map(Hypopg).ok_or_else(|| not_installed(is_available, &self.session.server_version)))
    }

    /// Hypothetical indexes outlive ROLLBACK. They are forgotten within the transaction, since behind a pooler the next one
    /// may be another server process's, and whatever became of the trials.
    async fn hypothetical(&self, hypopg: &Hypopg, wanted: &[IndexDefinition]) -> Result<Series, ExplainError> {
        self.fixed("SAVEPOINT perf_look_trials").await?;
        let series = self.series(hypopg, wanted).await;
        let reset = format!("ROLLBACK TO SAVEPOINT perf_look_trials; select {}.hypopg_reset()", hypopg.0);
        let mut forgotten = self.fixed(&reset).await;
        for _ in 1..TRIES {
            if forgotten.is_ok() {
                break;
            }
            forgotten = self.fixed(&reset).await;
        }
        let series = series?;
        forgotten?;
        Ok(series)
    }

    async fn series(&self, hypopg: &Hypopg, wanted: &[IndexDefinition]) -> Result<Series, ExplainError> {
        let reset = format!("select {}.hypopg_reset()", hypopg.0);
        self.fixed(&reset).await?;
        let (before, prepared) = self.plan().await?;
        let mut trials = Vec::new();
        for index in wanted {
            self.fixed("SAVEPOINT perf_look_index").await?;
            let made = self.hypothesis(hypopg, index).await;
            trials.push(self.answer(index, made, &prepared).await?);
            self.fixed(&reset).await?;
        }
        Ok(Series { place: Place::Server, before, trials })
    }

    /// The name and the predicted size of an index that the planner is told of.
    async fn hypothesis(
        &self,
        hypopg: &Hypopg,
        index: &IndexDefinition,
    ) -> Result<(String, Option<i64>), ExplainError> {
        let sql = format!(
            "select i.indexname::text, {0}.hypopg_relation_size(i.indexrelid)::bigint from {0}.hypopg_create_index($1) i",
            hypopg.0
        );
        let definition = index.sql();
        let parameters: [(&(dyn ToSql + Sync), Type); 1] = [(&definition, Type::TEXT)];
        let rows = self.session.client.query_typed(&sql, &parameters).await.map_err(|error| self.unplaced(&error))?;
        let row = rows.first().ok_or_else(|| self.no_answer())?;
        Ok((row.try_get(0).map_err(|error| self.error(&error))?, row.try_get(1).ok()))
    }

    fn no_answer(&self) -> ExplainError {
        ExplainError::Lost { name: self.sql.name.clone(), why: "the server gave no answer".to_owned() }
    }

    /// Plans with each index built, and takes it back.
    async fn built(&self, wanted: &[IndexDefinition]) -> Result<Series, ExplainError> {
        let (before, prepared) = self.plan().await?;
        let mut trials = Vec::new();
        for index in wanted {
            self.fixed("SAVEPOINT perf_look_index").await?;
            let made = self.build(index).await;
            trials.push(self.answer(index, made, &prepared).await?);
            self.fixed("ROLLBACK TO SAVEPOINT perf_look_index").await?;
        }
        Ok(Series { place: Place::Scratch, before, trials })
    }

    async fn build(&self, index: &IndexDefinition) -> Result<(String, Option<i64>), ExplainError> {
        self.ask(&index.sql_named(Built::NAME), &[]).await?;
        let rows = self.session.client.query_typed(SIZE, &[(&Built::NAME, Type::TEXT)]).await;
        let rows = rows.map_err(|error| self.error(&error))?;
        Ok((Built::NAME.to_owned(), rows.first().and_then(|row| row.try_get(0).ok())))
    }

    /// The plan with an index. Where the server makes no such index, that is the answer; any other error ends the trials.
    async fn answer(
        &self,
        index: &IndexDefinition,
        made: Result<(String, Option<i64>), ExplainError>,
        prepared: &Prepared,
    ) -> Result<IndexTrial, ExplainError> {
        let answer = match made {
            Ok((name, bytes)) => Answer::Planned { name, bytes, explain: self.plan_again(prepared).await? },
            Err(ExplainError::Sql { message: why, .. } | ExplainError::Denied { message: why, .. }) => {
                self.fixed("ROLLBACK TO SAVEPOINT perf_look_index").await?;
                Answer::Refused { why }
            }
            Err(error) => return Err(error),
        };
        Ok(IndexTrial { index: index.clone(), answer })
    }

    /// Plans the statement as [`Asked::plan`] did, which has checked it.
    async fn plan_again(&self, prepared: &Prepared) -> Result<String, ExplainError> {
        if prepared.is_generic {
            return Ok(self.plan().await?.0);
        }
        self.ask(&format!("EXPLAIN (FORMAT JSON, VERBOSE) {}", self.sql.text), &prepared.parameters).await
    }

    /// Runs the statement with a setting that is gone with the transaction.
    async fn memory(&self, setting: &str) -> Result<Explained, ExplainError> {
        if !self.options.execute {
            return Ok(untried("the statement is only planned", "run it, without --no-execute"));
        }
        let ran = self.in_transaction(!self.options.allow_writes, async {
            let (_, prepared) = self.plan().await?;
            if prepared.is_generic {
                return Ok(untried("its parameters have no values", "give them with --param N=VALUE"));
            }
            self.ask(setting, &[]).await?;
            Ok(Explained::Explain(self.analyze(&prepared).await?))
        });
        self.or_untried(ran.await)
    }

    /// Plans the statement with statistics that are gone with the transaction.
    async fn statistics(&self, sql: &str) -> Result<Explained, ExplainError> {
        if !self.options.allow_writes {
            return Ok(untried(
                "statistics are written",
                "--allow-writes tries it in a transaction that is rolled back",
            ));
        }
        let planned = self.in_transaction(false, async {
            for statement in split("advice", sql).0 {
                self.ask(&statement.text, &[]).await?;
            }
            Ok(Explained::Explain(self.plan().await?.0))
        });
        self.or_untried(planned.await)
    }

    /// What the server refuses is an answer; what ends the session or was asked for by the user is an error.
    fn or_untried(&self, done: Result<Explained, ExplainError>) -> Result<Explained, ExplainError> {
        match done {
            Err(error @ (ExplainError::Cancelled { .. } | ExplainError::Lost { .. })) => Err(error),
            Err(error) if self.stopped.load(std::sync::atomic::Ordering::Relaxed) => Err(error),
            Err(error) => Ok(Explained::Untried(Untried { why: error.to_string(), help: error.help() })),
            Ok(explained) => Ok(explained),
        }
    }
}

fn untried(why: &str, help: &str) -> Explained {
    Explained::Untried(Untried::new(why, help))
}

fn not_installed(is_available: bool, version: &str) -> Untried {
    const SCRATCH: &str = "or --verify-on-scratch DUMP builds them on a server of its own";
    let major = version.split('.').next().unwrap_or(version);
    if is_available {
        let help = format!("a superuser runs CREATE EXTENSION hypopg in this database; {SCRATCH}");
        return Untried::new("the extension hypopg is not in this database", help);
    }
    let help = format!(
        "install it (Debian: postgresql-{major}-hypopg; Red Hat: hypopg_{major}), then CREATE EXTENSION hypopg; {SCRATCH}"
    );
    Untried::new("the extension hypopg is not installed on the server", help)
}
