//! A database in a state that can be made again: all rows visible to all, statistics of all rows and not of a sample.

use std::time::Duration;

use perf_look_analyzers::postgres::catalogue::Relation;
use thiserror::Error;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::catalogue::{self, RelationName};
use super::connect::{Session, describe};

/// Vacuums and analyses all of the database, as its server would have done by and by, until all blocks are visible to all:
/// of a scratch server, which commits asynchronously, none is after the first VACUUM, so that an index-only scan would visit
/// the table for each row and look worse than it is.
pub async fn all_visible(session: &Session) -> Result<(), SettleError> {
    run(session, "the session", "SET synchronous_commit = on").await?;
    let done = everything(session).await;
    run(session, "the session", "RESET synchronous_commit").await?;
    done
}

async fn everything(session: &Session) -> Result<(), SettleError> {
    const INVISIBLE: &str = "select exists (select from pg_catalog.pg_class where relkind in ('r', 'm') \
        and oid >= 16384 and relallvisible < relpages)";
    for _ in 0..TRIES {
        // What ANALYZE writes takes the commits before it to the disk.
        run(session, "the database", "ANALYZE").await?;
        run(session, "the database", "VACUUM").await?;
        let rows = ask(session, "the database", INVISIBLE, &[]).await?;
        if rows.first().is_some_and(|row| matches!(row.try_get(0), Ok(false))) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Which tables are settled, always with all that inherit from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables<'a> {
    /// All of the user's.
    All,
    /// These, as SQL names them: `orders`, `shop."Order Lines"`.
    Named(&'a [String]),
}

/// What was done, and what the catalogue says of it afterwards.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled {
    /// By schema and name.
    pub tables: Vec<SettledTable>,
    /// Tables that were left as they are, `schema.name` as SQL writes them: this role may not vacuum them.
    pub skipped: Vec<String>,
    /// What could not be verified, and why.
    pub notes: Vec<String>,
}

/// A table after VACUUM and ANALYZE.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledTable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Rows; none where the server does not say.
    pub rows: Option<f64>,
    /// Blocks; none where it holds nothing itself.
    pub pages: Option<i64>,
    /// The share of its blocks that are all-visible, 0 to 1; none where it has no blocks. What is below 1 after several
    /// tries is held back by a transaction of another session.
    pub all_visible: Option<f64>,
    /// The statistics target that it was analysed with.
    pub statistics_target: u32,
    /// See [`Relation::statistics_digest`].
    pub statistics_digest: String,
}

impl Settled {
    /// Whether all blocks of all tables are visible to all.
    pub fn is_settled(&self) -> bool {
        self.tables.iter().all(|table| table.all_visible.is_none_or(|share| share >= 1.0))
    }
}

/// Why tables were not settled.
#[derive(Debug, Error)]
pub enum SettleError {
    /// There is no such table.
    #[error("there is no table {name}")]
    Missing {
        /// As it was named.
        name: String,
    },
    /// The server refuses.
    #[error("could not settle {what}: {why}")]
    Server {
        /// The table, or what was being done.
        what: String,
        /// The server's words.
        why: String,
    },
}

/// ANALYZE reads 300 rows for each unit of its target: with that many it reads all of them, and finds the same each time.
const ROWS_A_TARGET: f64 = 300.0;

/// The largest that Postgres takes; of tables with more than 3 million rows ANALYZE reads a sample.
const MOST_TARGET: u32 = 10_000;

/// Rows of an asynchronous commit become visible to all once it is on disk, which takes the server up to 0.6 s.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// Vacuums and analyses tables, with a statistics target for each at which ANALYZE reads all of its rows, and says what the
/// catalogue then knows of them. The session's `synchronous_commit` and `default_statistics_target` are the server's
/// afterwards.
pub async fn settle(session: &Session, tables: Tables<'_>) -> Result<Settled, SettleError> {
    let found = list(session, tables).await?;
    let (allowed, refused): (Vec<Table>, Vec<Table>) = found.into_iter().partition(|table| table.allowed);
    run(session, "the session", "SET synchronous_commit = on").await?;
    let done = each(session, &allowed).await;
    run(session, "the session", "RESET synchronous_commit; RESET default_statistics_target").await?;
    let mut settled = verify(session, &allowed, &done?).await;
    settled.skipped = refused.into_iter().map(|table| table.sql).collect();
    Ok(settled)
}

/// A table that is to be settled.
struct Table {
    /// As SQL writes it, with its schema.
    sql: String,
    name: RelationName,
    /// Whether it has rows of its own.
    stores: bool,
    /// Whether this role may vacuum it.
    allowed: bool,
}

/// Parents before what inherits from them.
const FROM_WANTED: &str = "from wanted w join pg_catalog.pg_class c on c.oid = w.oid \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace order by c.relkind = 'p' desc, 2, 3";

async fn list(session: &Session, tables: Tables<'_>) -> Result<Vec<Table>, SettleError> {
    let named = match tables {
        Tables::All => None,
        Tables::Named(names) => Some(named(session, names).await?),
    };
    let maintain = if session.server_version_num >= 170_000 { "or has_table_privilege(c.oid, 'MAINTAIN')" } else { "" };
    let sql = format!("{} {maintain} {FROM_WANTED}", include_str!("settle/tables.sql"));
    let rows = ask(session, "the list of tables", &sql, &[(&named, Type::OID_ARRAY)]).await?;
    Ok(rows.iter().filter_map(table).collect())
}

fn table(row: &Row) -> Option<Table> {
    let name = (row.try_get(1).ok()?, row.try_get(2).ok()?);
    Some(Table { sql: row.try_get(0).ok()?, name, stores: row.try_get(3).ok()?, allowed: row.try_get(4).ok()? })
}

/// The object numbers of tables that the user named.
async fn named(session: &Session, names: &[String]) -> Result<Vec<u32>, SettleError> {
    let mut found = Vec::new();
    for name in names {
        let rows = ask(session, name, "select pg_catalog.to_regclass($1)::oid", &[(name, Type::TEXT)]).await?;
        let oid: Option<u32> = rows.first().and_then(|row| row.try_get(0).ok().flatten());
        found.push(oid.ok_or_else(|| SettleError::Missing { name: name.clone() })?);
    }
    Ok(found)
}

/// Settles them in their order and says with which statistics targets.
async fn each(session: &Session, tables: &[Table]) -> Result<Vec<u32>, SettleError> {
    for table in tables.iter().filter(|table| table.stores) {
        vacuum(session, table).await?;
    }
    // Parents first: their ANALYZE looks at what inherits from them too, which then gets a target of its own.
    let mut targets = Vec::new();
    for table in tables {
        let target = target(session, table).await?;
        run(session, &table.sql, &format!("SET default_statistics_target = {target}")).await?;
        run(session, &table.sql, &format!("ANALYZE {}", table.sql)).await?;
        targets.push(target);
    }
    Ok(targets)
}

/// Vacuums until all blocks are visible to all, a few times at most.
async fn vacuum(session: &Session, table: &Table) -> Result<(), SettleError> {
    // It writes what it finds, and with that the commits before it reach the disk.
    run(session, &table.sql, &format!("ANALYZE {}", table.sql)).await?;
    for _ in 0..TRIES {
        run(session, &table.sql, &format!("VACUUM {}", table.sql)).await?;
        let sql = "select relallvisible >= relpages from pg_catalog.pg_class where oid = $1::text::regclass";
        let rows = ask(session, &table.sql, sql, &[(&table.sql, Type::TEXT)]).await?;
        if rows.first().is_some_and(|row| matches!(row.try_get(0), Ok(true))) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// The target at which ANALYZE reads all rows of a table and of what inherits from it; at least the server's own.
async fn target(session: &Session, table: &Table) -> Result<u32, SettleError> {
    let sql = "with recursive tree (oid) as (select $1::text::regclass::oid \
               union select i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.oid) \
               select coalesce(sum(greatest(c.reltuples, 0)), 0)::double precision, \
               (select reset_val::int from pg_catalog.pg_settings where name = 'default_statistics_target') \
               from tree t join pg_catalog.pg_class c on c.oid = t.oid where c.relkind <> 'p'";
    let rows = ask(session, &table.sql, sql, &[(&table.sql, Type::TEXT)]).await?;
    let row = rows.first();
    let rows: f64 = row.and_then(|row| row.try_get(0).ok()).unwrap_or(0.0);
    let usual: i32 = row.and_then(|row| row.try_get(1).ok()).unwrap_or(100);
    Ok(target_of(rows, usual.unsigned_abs()))
}

fn target_of(rows: f64, usual: u32) -> u32 {
    let wanted = (rows / ROWS_A_TARGET).ceil().clamp(0.0, f64::from(MOST_TARGET));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 10,000")]
    let wanted = wanted as u32;
    wanted.max(usual).min(MOST_TARGET)
}

/// How many relations are asked for at once.
const CHUNK: usize = 100;

async fn verify(session: &Session, tables: &[Table], targets: &[u32]) -> Settled {
    let mut settled = Settled::default();
    for (tables, targets) in tables.chunks(CHUNK).zip(targets.chunks(CHUNK)) {
        let names: Vec<RelationName> = tables.iter().map(|table| table.name.clone()).collect();
        let known = catalogue::read(session, &names, None).await;
        for (table, target) in tables.iter().zip(targets) {
            let (schema, name) = &table.name;
            match known.relation(Some(schema), name) {
                Some(relation) => settled.tables.push(settled_table(relation, *target)),
                None => settled.notes.push(format!("{} could not be verified", table.sql)),
            }
        }
        settled.notes.extend(known.notes);
    }
    settled.tables.sort_by(|left, right| (&left.schema, &left.name).cmp(&(&right.schema, &right.name)));
    settled
}

fn settled_table(relation: &Relation, statistics_target: u32) -> SettledTable {
    SettledTable {
        schema: relation.schema.clone(),
        name: relation.name.clone(),
        rows: relation.size.rows,
        pages: relation.size.pages,
        all_visible: relation.all_visible_fraction(),
        statistics_target,
        statistics_digest: relation.statistics_digest(),
    }
}

async fn ask(
    session: &Session,
    what: &str,
    sql: &str,
    parameters: &[(&(dyn ToSql + Sync), Type)],
) -> Result<Vec<Row>, SettleError> {
    session.client.query_typed(sql, parameters).await.map_err(|error| failed(what, &error))
}

/// A text of our own; names in it are written by the server.
async fn run(session: &Session, what: &str, text: &str) -> Result<(), SettleError> {
    session.client.batch_execute(text).await.map_err(|error| failed(what, &error))
}

fn failed(what: &str, error: &tokio_postgres::Error) -> SettleError {
    SettleError::Server { what: what.to_owned(), why: describe(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_lets_analyze_read_all_rows_and_is_never_less_than_usual() {
        assert_eq!(target_of(0.0, 100), 100);
        assert_eq!(target_of(30_001.0, 100), 101);
        assert_eq!(target_of(1e12, 100), MOST_TARGET);
        assert_eq!(target_of(10.0, 5000), 5000);
    }
}
