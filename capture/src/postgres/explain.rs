//! EXPLAIN ANALYZE so that nothing of the user's is changed.
//!
//! Always inside a transaction that is rolled back, read-only unless writes are asked for: COMMIT would keep what
//! `CREATE TABLE AS` makes even in a read-only one, and plain EXPLAIN runs functions too. User text goes by the extended
//! protocol only, which takes one statement, and only behind `EXPLAIN (…)` or PREPARE. The statement is planned before it
//! is run, and what would write, lock or call volatile functions is refused.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use perf_look_analyzers::capture::{Run, Statement as Captured};
use perf_look_analyzers::postgres::{Catalogue, parse};
use tokio_postgres::types::{FromSql, ToSql, Type};

use super::catalogue;
use super::connect::Session;
use super::guard::{self, Refusal};
use super::parameter::{self, Parameter};
use super::pin::Pin;
use super::statement::Sql;

mod error;
mod paired;
mod verify;

pub use error::{ExplainError, Place};
pub use paired::{Arm, Pair, Timed, timed_pairs};
pub(in crate::postgres) use verify::SIZE;
pub use verify::{IndexMeans, verify};

/// How a statement is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Run it, or only plan it.
    pub execute: bool,
    /// Run it even if it writes; what it writes is rolled back, but sequences, dead rows and triggers' deeds stay.
    pub allow_writes: bool,
    /// Run it even if it calls volatile functions.
    pub allow_volatile: bool,
    /// `statement_timeout`, for each run.
    pub timeout: Duration,
    /// How often it is run before that without keeping what EXPLAIN says: caches fill, and hint bits are set.
    pub warm_ups: u32,
    /// How often it is run, at least once.
    pub runs: u32,
    /// What is fixed for its runs, so that counters can be compared.
    pub pin: Option<Pin>,
    /// Whether the rows are turned into what is sent too, and the planner's memory told; a server of 17 or later can.
    pub serialize: Option<Serialize>,
    /// The values of `$1` and up, by number.
    pub parameters: BTreeMap<usize, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            execute: true,
            allow_writes: false,
            allow_volatile: false,
            timeout: Duration::from_secs(30),
            warm_ups: 0,
            runs: 1,
            pin: None,
            serialize: None,
            parameters: BTreeMap::new(),
        }
    }
}

/// What rows are turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serialize {
    /// Text, as psql and most drivers ask for.
    Text,
    /// The binary form of each type.
    Binary,
}

impl Serialize {
    /// The first server that has it, as `server_version_num` counts.
    pub const SINCE: u32 = 170_000;

    /// What EXPLAIN is asked for.
    fn asked(self) -> &'static str {
        match self {
            Self::Text => ", SERIALIZE TEXT, MEMORY",
            Self::Binary => ", SERIALIZE BINARY, MEMORY",
        }
    }
}

/// By this the server's counters tell what we ask from what the application does.
const OURS: &str = "/* perf-look */";

/// How long to wait for somebody else's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Settings that matter when a plan is judged.
const SETTINGS: &str = "'work_mem', 'hash_mem_multiplier', 'effective_cache_size', 'shared_buffers', \
    'max_parallel_workers_per_gather', 'max_parallel_workers', 'jit', 'random_page_cost', 'seq_page_cost', 'track_io_timing'";

/// Explains a statement. `begun` is told the number of each run as it begins; when `stop` resolves, the server is made to
/// stop, the transaction is rolled back, and the error says so.
pub async fn explain(
    session: &Session,
    sql: &Sql,
    options: &Options,
    stop: impl Future<Output = ()>,
    mut begun: impl FnMut(u32),
) -> Result<Captured, ExplainError> {
    let stopped = AtomicBool::new(false);
    let asked = Asked { session, sql, options, stopped: &stopped };
    let done = stoppable(Box::pin(asked.run(&mut begun)), stop, &stopped, &[session]).await;
    done.unwrap_or_else(|| Err(ExplainError::Cancelled { name: sql.name.clone() }))
}

/// Waits for a run; none where `stop` resolved first, and the servers have stopped and rolled back too.
async fn stoppable<T>(
    run: impl Future<Output = T>,
    stop: impl Future<Output = ()>,
    stopped: &AtomicBool,
    sessions: &[&Session],
) -> Option<T> {
    tokio::pin!(run, stop);
    tokio::select! {
        done = &mut run => return Some(done),
        () = &mut stop => stopped.store(true, Ordering::Relaxed),
    }
    // A request to cancel is lost when it comes between two statements: it is repeated until the run has ended.
    loop {
        for session in sessions {
            // On a network that swallows packets the request itself must not be waited for.
            let _ = tokio::time::timeout(Duration::from_secs(2), session.cancel.cancel()).await;
        }
        tokio::select! {
            _ = &mut run => return None,
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
    }
}

/// EXPLAIN's column, of whatever type, word for word.
struct Raw(String);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

struct Asked<'a> {
    session: &'a Session,
    sql: &'a Sql,
    options: &'a Options,
    stopped: &'a AtomicBool,
}

/// What is known before the run.
struct Prepared {
    parameters: Vec<(Parameter, Type)>,
    /// Parameters that nobody gave values for: planned for any value, not run.
    is_generic: bool,
}

impl Asked<'_> {
    async fn run(&self, begun: &mut impl FnMut(u32)) -> Result<Captured, ExplainError> {
        let (plan, prepared) = self.in_transaction(true, self.plan()).await?;
        let settings = self.in_transaction(true, self.settings()).await?;
        let catalogue = self.catalogue(&plan).await;
        let mut captured = Captured {
            name: self.sql.name.clone(),
            query: self.sql.text.clone(),
            server_version: Some(self.session.server_version.clone()),
            settings,
            catalogue: Some(catalogue),
            runs: Vec::new(),
            notes: Vec::new(),
            trials: None,
        };
        if prepared.is_generic {
            captured.notes.push("no values for its parameters: a generic plan, not run".to_owned());
        } else if !self.options.execute {
            captured.notes.push("planned only, not run".to_owned());
        }
        if prepared.is_generic || !self.options.execute {
            captured.runs.push(Run { number: 1, explain: plan });
            return Ok(captured);
        }
        for _ in 0..self.options.warm_ups {
            self.analyzed(&prepared).await?;
        }
        for number in 1..=self.options.runs.max(1) {
            begun(number);
            let explain = self.analyzed(&prepared).await?;
            captured.runs.push(Run { number, explain });
        }
        self.unlock().await?;
        Ok(captured)
    }

    /// Advisory locks of the session survive ROLLBACK.
    async fn unlock(&self) -> Result<(), ExplainError> {
        self.fixed("select pg_catalog.pg_advisory_unlock_all()").await
    }

    /// Does something between BEGIN and ROLLBACK, whatever comes of it.
    async fn in_transaction<T>(
        &self,
        read_only: bool,
        work: impl Future<Output = Result<T, ExplainError>>,
    ) -> Result<T, ExplainError> {
        let mode = if read_only { "READ ONLY" } else { "READ WRITE" };
        let begin = format!(
            "BEGIN /* perf-look */ TRANSACTION {mode}; SET /* perf-look */ LOCAL statement_timeout = {}; \
             SET /* perf-look */ LOCAL lock_timeout = {}; \
             SET /* perf-look */ LOCAL idle_in_transaction_session_timeout = 60000",
            self.options.timeout.as_millis(),
            LOCK_TIMEOUT.as_millis()
        );
        self.fixed(&begin).await?;
        let done = if self.stopped.load(Ordering::Relaxed) {
            Err(ExplainError::Cancelled { name: self.sql.name.clone() })
        } else {
            self.pinned(work).await
        };
        let rolled_back = self.session.client.batch_execute("ROLLBACK").await;
        let done = done?;
        rolled_back.map_err(|error| self.error(&error))?;
        Ok(done)
    }

    async fn pinned<T>(&self, work: impl Future<Output = Result<T, ExplainError>>) -> Result<T, ExplainError> {
        if let Some(pin) = &self.options.pin {
            pin.set(&self.session.client).await.map_err(|error| self.unplaced(&error))?;
        }
        work.await
    }

    /// Before the runs, since they would count among what was done to the relations.
    async fn catalogue(&self, plan: &str) -> Catalogue {
        catalogue::read(self.session, &catalogue::touched_by(plan), self.options.pin.as_ref()).await
    }

    async fn analyzed(&self, prepared: &Prepared) -> Result<String, ExplainError> {
        self.in_transaction(!self.options.allow_writes, self.analyze(prepared)).await
    }

    /// A text of our own, never the user's: the simple protocol would run several statements.
    async fn fixed(&self, text: &str) -> Result<(), ExplainError> {
        self.session.client.batch_execute(text).await.map_err(|error| self.error(&error))
    }

    fn error(&self, error: &tokio_postgres::Error) -> ExplainError {
        ExplainError::of(error, self.sql, self.options)
    }

    fn refuse<T>(&self, refusal: Refusal) -> Result<T, ExplainError> {
        Err(ExplainError::Refused { name: self.sql.name.clone(), refusal })
    }

    /// Plans the statement and refuses what must not be run.
    async fn plan(&self) -> Result<(String, Prepared), ExplainError> {
        let text = &self.sql.text;
        if text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("explain")) {
            let why = "it is an EXPLAIN already: give the statement alone, or what it printed with --plan";
            return Err(ExplainError::Parameters { name: self.sql.name.clone(), why: why.to_owned() });
        }
        let statement = self.session.client.prepare(text).await.map_err(|error| self.error(&error))?;
        let types = statement.params();
        let values = &self.options.parameters;
        let is_generic = !types.is_empty() && values.is_empty();
        let parameters = parameter::bind(types, values)
            .map_err(|why| ExplainError::Parameters { name: self.sql.name.clone(), why })?;
        let plan = if is_generic {
            self.generic_plan(types.len()).await?
        } else {
            self.ask(&format!("EXPLAIN (FORMAT JSON, VERBOSE) {OURS} {text}"), &parameters).await?
        };
        let runs = self.options.execute && !is_generic;
        if runs && !self.options.allow_writes && statement.columns().is_empty() {
            // Its plan would look like that of a plain SELECT, and running it would make a table.
            let why = "it gives no columns: it writes, or is no plain query (CREATE TABLE AS, SELECT INTO, …)";
            if guard_plan(&plan).is_none() {
                return self.refuse(Refusal::writes(why));
            }
        }
        if runs {
            self.check(&plan).await?;
        }
        Ok((plan, Prepared { parameters, is_generic }))
    }

    async fn check(&self, plan: &str) -> Result<(), ExplainError> {
        if !self.options.allow_writes
            && let Some(refusal) = guard_plan(plan)
        {
            return self.refuse(refusal);
        }
        if self.options.allow_volatile {
            return Ok(());
        }
        let plans = parse::parse(plan).map(|parsed| parsed.plans).unwrap_or_default();
        let called: Vec<String> = plans.iter().flat_map(guard::called).collect();
        match self.volatile(&called).await? {
            Some(function) => self.refuse(Refusal::volatile(&function)),
            None => Ok(()),
        }
    }

    /// The first of the names that is a volatile function with effects that we do not know.
    async fn volatile(&self, names: &[String]) -> Result<Option<String>, ExplainError> {
        // By its own name, as an aggregate's transition or final function, or behind an operator.
        let sql = "select /* perf-look */ p.oid::pg_catalog.regprocedure::text from pg_catalog.pg_proc p \
                   join pg_catalog.pg_namespace n on n.oid = p.pronamespace \
                   where p.provolatile = 'v' and not (n.nspname = 'pg_catalog' and p.proname = any ($2::text[])) \
                   and (p.proname = any ($1::text[]) \
                   or p.oid in (select unnest(array[a.aggtransfn::oid, a.aggfinalfn::oid]) from pg_catalog.pg_aggregate a \
                   join pg_catalog.pg_proc f on f.oid = a.aggfnoid where f.proname = any ($1::text[])) \
                   or p.oid in (select o.oprcode from pg_catalog.pg_operator o where o.oprname = any ($1::text[]))) \
                   order by 1 limit 1";
        let harmless: Vec<&str> = guard::HARMLESS.to_vec();
        let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&names, Type::TEXT_ARRAY), (&harmless, Type::TEXT_ARRAY)];
        let rows = self.session.client.query_typed(sql, &parameters).await.map_err(|error| self.error(&error))?;
        rows.first().map(|row| row.try_get(0)).transpose().map_err(|error| self.error(&error))
    }

    /// A plan for any values: `EXPLAIN EXECUTE` with generic plans forced, since EXPLAIN (GENERIC_PLAN) is not in 12 to 15.
    async fn generic_plan(&self, parameters: usize) -> Result<String, ExplainError> {
        self.ask(&format!("PREPARE perf_look_generic AS {OURS} {}", self.sql.text), &[]).await?;
        self.fixed("SET /* perf-look */ LOCAL plan_cache_mode = force_generic_plan").await?;
        let nulls = vec!["NULL"; parameters].join(", ");
        let plan =
            self.ask(&format!("EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE {OURS} perf_look_generic({nulls})"), &[]).await;
        // It would outlive ROLLBACK; after an error the connection is closed, which ends it too.
        if plan.is_ok() {
            self.fixed("DEALLOCATE perf_look_generic").await?;
        }
        plan
    }

    async fn analyze(&self, prepared: &Prepared) -> Result<String, ExplainError> {
        let version = self.session.server_version_num;
        let settings = if version >= 120_000 { ", SETTINGS" } else { "" };
        let wal = if version >= 130_000 { ", WAL" } else { "" };
        let timing = if self.options.pin.is_some() { ", TIMING OFF" } else { "" };
        let serialize = self.options.serialize.map_or("", Serialize::asked);
        let explain = format!(
            "EXPLAIN (ANALYZE, BUFFERS, VERBOSE{timing}{settings}{wal}{serialize}, FORMAT JSON) {OURS} {}",
            self.sql.text
        );
        self.ask(&explain, &prepared.parameters).await
    }

    /// One statement by the extended protocol, unnamed, and its first column.
    async fn ask(&self, text: &str, parameters: &[(Parameter, Type)]) -> Result<String, ExplainError> {
        let parameters: Vec<_> = parameters.iter().map(|(value, of)| (value as _, of.clone())).collect();
        let rows = self.session.client.query_typed(text, &parameters).await.map_err(|error| self.unplaced(&error))?;
        let Some(row) = rows.first() else {
            return Ok(String::new());
        };
        row.try_get::<_, Raw>(0).map(|raw| raw.0).map_err(|error| self.error(&error))
    }

    /// An error whose position counts from the EXPLAIN in front, and so means nothing to the user.
    fn unplaced(&self, error: &tokio_postgres::Error) -> ExplainError {
        match self.error(error) {
            ExplainError::Sql { name, message, code, hint, .. } => {
                ExplainError::Sql { name, message, code, hint, place: None }
            }
            other => other,
        }
    }

    async fn settings(&self) -> Result<Vec<(String, String)>, ExplainError> {
        let sql = format!(
            "select {OURS} name, pg_catalog.current_setting(name) from pg_catalog.pg_settings where name in ({SETTINGS}) order by name"
        );
        let rows = self.session.client.query_typed(&sql, &[]).await.map_err(|error| self.error(&error))?;
        let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(read).collect::<Result<_, tokio_postgres::Error>>().map_err(|error| self.error(&error))
    }
}

/// What a plan would write; a plan that cannot be read counts as one that writes.
fn guard_plan(plan: &str) -> Option<Refusal> {
    match parse::parse(plan) {
        Ok(parsed) => parsed.plans.iter().find_map(guard::writes),
        Err(error) => Some(Refusal::writes(format!("its plan cannot be read, so it may write ({error})"))),
    }
}
