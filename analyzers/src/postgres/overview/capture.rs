//! What a server said of itself as a whole: values as they were read, to be judged later.

use serde::{Deserialize, Serialize};

/// A server, seen from one of its databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverviewCapture {
    /// `SHOW server_version`.
    pub server_version: String,
    /// The server.
    pub server: Server,
    /// What `pg_stat_statements` counted.
    pub statements: Part<Statements>,
    /// The database's tables, the largest first.
    pub tables: Part<Vec<Table>>,
    /// Their indexes, the largest first; those of partitioned tables without their parts.
    pub indexes: Part<Vec<Index>>,
    /// Foreign keys that no index begins with, those of the largest tables first.
    pub foreign_keys: Part<Vec<ForeignKey>>,
    /// The sessions of others, the oldest transaction first.
    pub sessions: Part<Vec<Session>>,
    /// What a reader should know of how it was read: limits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A part of what was asked for, or why it is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part<T> {
    /// It was read.
    Read(T),
    /// It could not be read.
    Missing(Missing),
}

impl<T> Part<T> {
    /// What was read.
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(part) => Some(part),
            Self::Missing(_) => None,
        }
    }

    /// Why it was not, to be changed.
    pub(crate) fn missing_mut(&mut self) -> Option<&mut Missing> {
        match self {
            Self::Read(_) => None,
            Self::Missing(why) => Some(why),
        }
    }

    /// Why it was not.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Read(_) => None,
            Self::Missing(why) => Some(why),
        }
    }
}

/// Why a part could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The server was started without the library, and the machine has its files.
    NotLoaded,
    /// The server was started without the library, and its files are not installed.
    NotInstalled,
    /// The library counts, but this database has no view of it.
    NotCreated,
    /// The server refused, in its words.
    Refused(String),
}

/// The server and who asked it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "what the server says of itself, as it is")]
pub struct Server {
    /// The database.
    pub database: String,
    /// The role that asked.
    pub role: String,
    /// When, in UTC to the minute: `2026-01-31 09:30`.
    pub at: String,
    /// Whether it is a standby, which counts its own scans and is never analysed.
    pub standby: bool,
    /// Whether the role sees what other roles do.
    pub reads_all_statistics: bool,
    /// `track_io_timing`: whether times of reading are counted.
    pub times_io: bool,
    /// Bytes of a block.
    pub block_bytes: f64,
    /// When the database's statistics were last reset, in UTC; none where that is not known.
    #[serde(default)]
    pub reset: Option<String>,
    /// Seconds since then.
    #[serde(default)]
    pub age_s: Option<f64>,
    /// Whether autovacuum runs and rows are counted for it.
    pub autovacuum: bool,
}

/// What `pg_stat_statements` counted in this database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statements {
    /// All of them together.
    pub all: AllStatements,
    /// The worst by time, mean, reading and temporary files, most time first.
    pub worst: Vec<StatementRow>,
    /// When they were last reset, in UTC; none before version 1.9 of the extension.
    #[serde(default)]
    pub reset: Option<String>,
    /// Seconds since then.
    #[serde(default)]
    pub age_s: Option<f64>,
    /// How often statements were forgotten to make room; none before version 1.9 of the extension.
    #[serde(default)]
    pub evictions: Option<f64>,
}

/// Sums over all statements that were not ours and not run inside others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AllStatements {
    /// How many different ones, as far as this role may see them.
    pub statements: f64,
    /// How often they were called.
    pub calls: f64,
    /// Milliseconds of execution.
    pub total_ms: f64,
    /// Entries of other roles that this one may not see.
    pub hidden: f64,
    /// Their part of `total_ms`; none where there are none.
    #[serde(default)]
    pub hidden_ms: Option<f64>,
}

/// A statement, all roles together. Numbers are sums over its calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementRow {
    /// `queryid`.
    pub id: String,
    /// Its text, with `$1` and up in place of constants.
    pub query: String,
    /// How often it was called.
    pub calls: f64,
    /// Milliseconds of execution.
    pub total_ms: f64,
    /// The fastest call in ms.
    #[serde(default)]
    pub min_ms: Option<f64>,
    /// The slowest call in ms.
    #[serde(default)]
    pub max_ms: Option<f64>,
    /// Rows that it returned or changed.
    pub rows: f64,
    /// Blocks found in memory.
    pub hit: f64,
    /// Blocks asked of the operating system.
    pub read: f64,
    /// Blocks that it changed.
    pub dirtied: f64,
    /// Blocks read from temporary files.
    pub temp_read: f64,
    /// Blocks written to temporary files.
    pub temp_written: f64,
    /// Milliseconds of reading and writing blocks; 0 where `track_io_timing` is off.
    #[serde(default)]
    pub io_ms: Option<f64>,
    /// The same of temporary files; none before version 1.10 of the extension.
    #[serde(default)]
    pub temp_io_ms: Option<f64>,
}

/// A table, a materialized view, or a partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The same as SQL writes it, with its schema.
    pub quoted: String,
    /// Whether another session has it for itself, so that neither its size nor its indexes could be looked at.
    pub locked: bool,
    /// Bytes of the rows, without indexes and TOAST; as last counted where it is locked.
    pub bytes: f64,
    /// `reltuples`; none where that was never counted.
    #[serde(default)]
    pub rows: Option<f64>,
    /// Rows that live, estimated.
    pub live: f64,
    /// Rows that are dead and not yet removed, estimated.
    pub dead: f64,
    /// How often it was scanned as a whole since the statistics were reset.
    pub scans: f64,
    /// Live rows that those scans read.
    pub rows_by_scans: f64,
    /// Rows changed since the last ANALYZE.
    pub modified: f64,
    /// From how many on autovacuum analyses it.
    pub analyze_at: f64,
    /// Whether autovacuum may.
    pub autovacuum: bool,
    /// When it was last analysed, in UTC; none where that is not known to have happened.
    #[serde(default)]
    pub analysed: Option<String>,
    /// Whether there are column statistics that this role may see.
    pub has_statistics: bool,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the catalogue's columns, as they are")]
pub struct Index {
    /// The schema of the table, which is the index's too.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The same as SQL writes it, with its schema.
    pub quoted: String,
    /// The table as SQL writes it.
    pub quoted_table: String,
    /// Whether it is of a partitioned table, so that it cannot be dropped concurrently.
    pub partitioned: bool,
    /// `CREATE INDEX …`.
    pub definition: String,
    /// `btree`, `gin`, ….
    pub method: String,
    /// The columns and expressions that it is ordered or searched by.
    pub keys: Vec<String>,
    /// Columns that it only holds.
    pub included: Vec<String>,
    /// Of each key its operator class, collation and order, by the catalogue's numbers.
    pub manners: Vec<String>,
    /// The condition of a partial index.
    #[serde(default)]
    pub predicate: Option<String>,
    /// Whether queries may use it.
    pub valid: bool,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it is the primary key's.
    pub primary: bool,
    /// Whether a constraint is made of it: a primary key, UNIQUE, EXCLUDE.
    pub constraint: bool,
    /// Whether foreign keys lead to its columns.
    pub referenced: bool,
    /// Whether replication knows rows by it.
    pub identity: bool,
    /// Foreign keys of its table whose rows it finds.
    pub foreign_keys: Vec<String>,
    /// In bytes.
    pub bytes: f64,
    /// How often it was scanned since the statistics were reset.
    pub scans: f64,
}

/// A foreign key without an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The schema of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The constraint.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The same as SQL writes them.
    pub quoted: Vec<String>,
    /// The table as SQL writes it.
    pub quoted_table: String,
    /// Whether the table is partitioned, so that no index can be made concurrently.
    pub partitioned: bool,
    /// The table it leads to, as SQL writes it.
    pub references: String,
    /// Bytes of the table's rows.
    pub bytes: f64,
    /// Rows that were deleted from the table that it leads to.
    pub deleted: f64,
    /// Rows that were updated there.
    pub updated: f64,
}

/// A session of somebody else in this database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The process of the server.
    pub pid: i64,
    /// Who.
    #[serde(default)]
    pub role: Option<String>,
    /// `application_name`.
    #[serde(default)]
    pub application: Option<String>,
    /// `active`, `idle in transaction`, …; none where this role may not see it.
    #[serde(default)]
    pub state: Option<String>,
    /// Seconds in that state.
    #[serde(default)]
    pub in_state_s: Option<f64>,
    /// Seconds since its statement began.
    #[serde(default)]
    pub query_s: Option<f64>,
    /// Seconds since its transaction began; none where there is none.
    #[serde(default)]
    pub transaction_s: Option<f64>,
    /// What it waits for: `Lock: transactionid`.
    #[serde(default)]
    pub wait: Option<String>,
    /// The sessions that hold what it waits for.
    #[serde(default)]
    pub blocked_by: Vec<i64>,
    /// Its statement, or the last one; cut by the server at `track_activity_query_size`.
    #[serde(default)]
    pub query: Option<String>,
}
