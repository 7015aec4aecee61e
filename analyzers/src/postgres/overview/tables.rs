//! What counters say of tables: which are scanned whole, and whose statistics are old.

use super::capture::Table;

/// Fewer rows than this, all scans together, are read in milliseconds.
const FEW_ROWS: f64 = 10_000.0;

/// Statistics of a table with fewer rows than this are hardly ever so wrong that it matters.
const SMALL: f64 = 1_000.0;

/// A table that is scanned whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// The table.
    pub table: Table,
    /// Live rows that a scan read on average.
    pub rows_a_scan: f64,
    /// The same as a part of its rows now, 0 to 1; none where those are not known.
    pub part: Option<f64>,
    /// Its part of all rows that such scans read in this database, 0 to 1.
    pub share: f64,
}

impl Scan {
    pub(super) fn all_of(tables: &[Table], small: f64) -> Vec<Self> {
        let all: f64 = tables.iter().map(|table| table.rows_by_scans).sum();
        let worth = |table: &&Table| table.bytes >= small && table.scans > 0.0 && table.rows_by_scans >= FEW_ROWS;
        let mut scans: Vec<Self> = tables.iter().filter(worth).map(|table| Self::of(table, all)).collect();
        scans.sort_by(|left, right| right.table.rows_by_scans.total_cmp(&left.table.rows_by_scans));
        scans
    }

    fn of(table: &Table, all: f64) -> Self {
        let rows_a_scan = table.rows_by_scans / table.scans;
        let rows = table.live.max(table.rows.unwrap_or(0.0));
        let part = (rows > 0.0).then(|| (rows_a_scan / rows).min(1.0));
        Self { table: table.clone(), rows_a_scan, part, share: table.rows_by_scans / all }
    }
}

/// A table whose statistics no longer say what is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// The table.
    pub table: Table,
    /// In which way.
    pub why: WhyStale,
}

/// Why statistics are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyStale {
    /// Nothing says that ANALYZE ever looked at it.
    Never,
    /// More rows changed than autovacuum waits for.
    Changed,
}

impl Stale {
    /// What makes them new.
    pub fn sql(&self) -> String {
        format!("ANALYZE {}", self.table.quoted)
    }

    pub(super) fn all_of(tables: &[Table]) -> Vec<Self> {
        let mut stale: Vec<Self> = tables.iter().filter_map(Self::of).collect();
        stale.sort_by(|left, right| right.table.modified.total_cmp(&left.table.modified));
        stale
    }

    fn of(table: &Table) -> Option<Self> {
        if table.live.max(table.modified) < SMALL {
            return None;
        }
        let why = if table.analysed.is_none() && !table.has_statistics {
            WhyStale::Never
        } else if table.modified > table.analyze_at {
            WhyStale::Changed
        } else {
            return None;
        };
        Some(Self { table: table.clone(), why })
    }
}
