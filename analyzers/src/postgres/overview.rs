//! A server at a glance: what its own counters say is slow, scanned whole, unused, stale or in the way.
//!
//! Nothing here is a finding: the counters know neither plans nor times of single calls. They say where to look.

pub mod capture;
mod indexes;
mod sessions;
mod tables;
pub mod words;

use std::fmt;

use capture::{ForeignKey, Missing, OverviewCapture, StatementRow, Statements};
pub use indexes::{Duplicate, Unused, WhyUnused};
use serde::{Deserialize, Serialize};
pub use sessions::Running;
pub use tables::{Scan, Stale, WhyStale};

/// What follows from an [`OverviewCapture`].
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// What was read.
    pub capture: OverviewCapture,
    /// What runs now.
    pub running: Running,
    /// Tables that are scanned whole, most rows read first.
    pub scans: Vec<Scan>,
    /// Foreign keys without an index, those of the largest tables first.
    pub keys: Vec<ForeignKey>,
    /// Tables whose statistics are old, most rows changed first.
    pub stale: Vec<Stale>,
    /// Indexes that nothing was looked up in, the largest first.
    pub unused: Vec<Unused>,
    /// Indexes that another one makes needless, the largest first.
    pub duplicates: Vec<Duplicate>,
}

/// Tables of fewer blocks than this are read at once, with an index or without.
pub const FEW_BLOCKS: f64 = 64.0;

impl Overview {
    /// Works it out.
    pub fn of(capture: OverviewCapture) -> Self {
        let small = FEW_BLOCKS * capture.server.block_bytes;
        let tables = capture.tables.read().map_or(&[][..], Vec::as_slice);
        let indexes = capture.indexes.read().map_or(&[][..], Vec::as_slice);
        let keys = capture.foreign_keys.read().map_or(&[][..], Vec::as_slice);
        let duplicates = Duplicate::all_of(indexes);
        Self {
            running: Running::of(capture.sessions.read().map_or(&[][..], Vec::as_slice)),
            scans: Scan::all_of(tables, small),
            keys: keys.iter().filter(|key| key.bytes >= small).cloned().collect(),
            // On a standby no changes are counted, and its primary analyses.
            stale: if capture.server.standby { Vec::new() } else { Stale::all_of(tables) },
            unused: Unused::all_of(indexes, &duplicates),
            duplicates,
            capture,
        }
    }

    /// `shop on PostgreSQL 18.4`.
    pub fn name(&self) -> String {
        format!("{} on PostgreSQL {}", self.capture.server.database, self.capture.server_version)
    }

    /// The statements, where they are counted.
    pub fn statements(&self) -> Option<&Statements> {
        self.capture.statements.read()
    }

    /// Whether times of reading were counted: 0 means nothing where they were not.
    pub fn times_io(&self) -> bool {
        self.capture.server.times_io
    }

    /// The parts that could not be read, each with what it is called.
    pub fn missing(&self) -> Vec<(&'static str, &Missing)> {
        let parts = [
            ("statements", self.capture.statements.missing()),
            ("sessions", self.capture.sessions.missing()),
            ("tables", self.capture.tables.missing()),
            ("indexes", self.capture.indexes.missing()),
            ("foreign keys", self.capture.foreign_keys.missing()),
        ];
        parts.into_iter().filter_map(|(name, missing)| Some((name, missing?))).collect()
    }
}

/// By what statements are the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Time of all calls together.
    #[default]
    Total,
    /// Time of a call.
    Mean,
    /// Blocks that were asked of the operating system.
    Io,
    /// Blocks of temporary files.
    Temp,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Total, Self::Mean, Self::Io, Self::Temp];

    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Mean => "mean",
            Self::Io => "io",
            Self::Temp => "temp",
        }
    }

    fn key(self, row: &StatementRow) -> f64 {
        match self {
            Self::Total => row.total_ms,
            Self::Mean => row.mean_ms(),
            Self::Io => row.read,
            Self::Temp => row.temp(),
        }
    }
}

impl Statements {
    /// Worst first; those that have nothing of what is asked for are left out.
    pub fn by(&self, order: Order) -> Vec<&StatementRow> {
        let mut rows: Vec<&StatementRow> = self.worst.iter().filter(|row| order.key(row) > 0.0).collect();
        // The order of rows that are alike is that of the capture.
        rows.sort_by(|left, right| order.key(right).total_cmp(&order.key(left)));
        rows
    }

    /// The part of the database's execution time that a statement took, 0 to 1.
    pub fn share(&self, row: &StatementRow) -> f64 {
        if self.all.total_ms > 0.0 { row.total_ms / self.all.total_ms } else { 0.0 }
    }
}

impl StatementRow {
    /// Milliseconds of a call.
    pub fn mean_ms(&self) -> f64 {
        if self.calls > 0.0 { self.total_ms / self.calls } else { 0.0 }
    }

    /// Blocks of temporary files, read and written.
    pub fn temp(&self) -> f64 {
        self.temp_read + self.temp_written
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotLoaded => "pg_stat_statements is not loaded, so the server does not count statements",
            Self::NotInstalled => "pg_stat_statements is not installed on the server's machine",
            Self::NotCreated => "pg_stat_statements counts, but this database has no view of it",
            Self::Refused(why) => why,
        })
    }
}

impl Missing {
    /// What to do, step by step; nothing where the server's own words are all that is known.
    pub fn steps(&self) -> &'static [Step] {
        const INSTALL: Step =
            Step::Words("install the package with the server's extensions (Debian: postgresql-contrib)");
        const LOAD: Step = Step::Sql("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
        const KEEP: Step = Step::Words("if shared_preload_libraries names others already, name them all, with commas");
        const RESTART: Step = Step::Words("restart the server; a hosted one has a switch for it in its parameters");
        const CREATE: Step = Step::Sql("CREATE EXTENSION pg_stat_statements");
        match self {
            Self::NotInstalled => &[INSTALL, LOAD, KEEP, RESTART, CREATE],
            Self::NotLoaded => &[LOAD, KEEP, RESTART, CREATE],
            Self::NotCreated => &[CREATE],
            Self::Refused(_) => &[],
        }
    }
}

/// A step of what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// In words.
    Words(&'static str),
    /// A statement to run.
    Sql(&'static str),
}
