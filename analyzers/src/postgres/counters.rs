//! What a node used of buffers, I/O and WAL: totals over loops and processes, never averages.

use std::ops::{Index, IndexMut};

/// Something that EXPLAIN counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Postgres' own, see `Counter::property`")]
pub enum Counter {
    SharedHit,
    SharedRead,
    SharedDirtied,
    SharedWritten,
    LocalHit,
    LocalRead,
    LocalDirtied,
    LocalWritten,
    TempRead,
    TempWritten,
    SharedReadTime,
    SharedWriteTime,
    LocalReadTime,
    LocalWriteTime,
    TempReadTime,
    TempWriteTime,
    WalRecords,
    WalFpi,
    WalBytes,
    WalBuffersFull,
    WalFpiBytes,
}

/// Each counter: Postgres' name in JSON, and the name of the exclusive field in our report.
const NAMES: [(Counter, &str, &str); 21] = [
    (Counter::SharedHit, "Shared Hit Blocks", "self_shared_hit"),
    (Counter::SharedRead, "Shared Read Blocks", "self_shared_read"),
    (Counter::SharedDirtied, "Shared Dirtied Blocks", "self_shared_dirtied"),
    (Counter::SharedWritten, "Shared Written Blocks", "self_shared_written"),
    (Counter::LocalHit, "Local Hit Blocks", "self_local_hit"),
    (Counter::LocalRead, "Local Read Blocks", "self_local_read"),
    (Counter::LocalDirtied, "Local Dirtied Blocks", "self_local_dirtied"),
    (Counter::LocalWritten, "Local Written Blocks", "self_local_written"),
    (Counter::TempRead, "Temp Read Blocks", "self_temp_read"),
    (Counter::TempWritten, "Temp Written Blocks", "self_temp_written"),
    (Counter::SharedReadTime, "Shared I/O Read Time", "self_shared_read_ms"),
    (Counter::SharedWriteTime, "Shared I/O Write Time", "self_shared_write_ms"),
    (Counter::LocalReadTime, "Local I/O Read Time", "self_local_read_ms"),
    (Counter::LocalWriteTime, "Local I/O Write Time", "self_local_write_ms"),
    (Counter::TempReadTime, "Temp I/O Read Time", "self_temp_read_ms"),
    (Counter::TempWriteTime, "Temp I/O Write Time", "self_temp_write_ms"),
    (Counter::WalRecords, "WAL Records", "self_wal_records"),
    (Counter::WalFpi, "WAL FPI", "self_wal_fpi"),
    (Counter::WalBytes, "WAL Bytes", "self_wal_bytes"),
    (Counter::WalBuffersFull, "WAL Buffers Full", "self_wal_buffers_full"),
    (Counter::WalFpiBytes, "WAL FPI Bytes", "self_wal_fpi_bytes"),
];

impl Counter {
    /// Those that are times in I/O.
    pub const TIMES: [Self; 6] = [
        Self::SharedReadTime,
        Self::SharedWriteTime,
        Self::LocalReadTime,
        Self::LocalWriteTime,
        Self::TempReadTime,
        Self::TempWriteTime,
    ];

    /// All of them, in Postgres' order.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(counter, _, _)| *counter)
    }

    /// Postgres' name in JSON (of PostgreSQL 17 and later, where they differ).
    pub fn property(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The name of the inclusive field in our JSON report.
    pub fn field(self) -> &'static str {
        &NAMES[self as usize].2["self_".len()..]
    }

    /// The name of the exclusive field in our JSON report.
    pub fn self_field(self) -> &'static str {
        NAMES[self as usize].2
    }

    /// The counter of that property.
    pub fn of_property(name: &str) -> Option<Self> {
        // Up to PostgreSQL 16 shared and local times were one pair.
        match name {
            "I/O Read Time" => return Some(Self::SharedReadTime),
            "I/O Write Time" => return Some(Self::SharedWriteTime),
            _ if !name.ends_with("Blocks") && !name.ends_with("Time") && !name.starts_with("WAL ") => return None,
            _ => {}
        }
        NAMES.iter().find(|(_, property, _)| *property == name).map(|(counter, _, _)| *counter)
    }
}

/// A value for each [`Counter`]: blocks of 8 KiB, ms, bytes or records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counters {
    values: [f64; NAMES.len()],
    known: Known,
}

/// Which counters a plan has, zeros among them: EXPLAIN leaves out what was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known(u32);

impl Known {
    /// Blocks of all kinds are counted together or not at all, but TEXT leaves out zeros.
    const BLOCKS: u32 = (1 << (Counter::TempWritten as u32 + 1)) - 1;

    /// What either has.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let both = self.0 | other.0;
        Self(if both & Self::BLOCKS == 0 { both } else { both | Self::BLOCKS })
    }

    /// Whether the counter is among them.
    pub fn has(self, counter: Counter) -> bool {
        self.0 & (1 << counter as u32) != 0
    }
}

impl Index<Counter> for Counters {
    type Output = f64;
    fn index(&self, counter: Counter) -> &f64 {
        &self.values[counter as usize]
    }
}

impl IndexMut<Counter> for Counters {
    fn index_mut(&mut self, counter: Counter) -> &mut f64 {
        self.known.0 |= 1 << counter as u32;
        &mut self.values[counter as usize]
    }
}

impl Counters {
    /// Nothing at all.
    pub const ZERO: Self = Self { values: [0.0; NAMES.len()], known: Known(0) };

    /// Which of them were set.
    pub fn known(&self) -> Known {
        self.known
    }

    /// What is left when `below` is taken away.
    pub fn subtract(&mut self, below: &Self) {
        for (mine, theirs) in self.values.iter_mut().zip(below.values) {
            *mine -= theirs;
        }
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.values.iter_mut().zip(other.values) {
            *mine += theirs;
        }
    }

    /// Negative values become zero: what is left of rounding.
    pub fn clamp(&mut self) {
        for mine in &mut self.values {
            *mine = mine.max(0.0);
        }
    }

    /// Blocks of all kinds that were asked for: hits and reads.
    pub fn touched_blocks(&self) -> f64 {
        self[Counter::SharedHit] + self[Counter::SharedRead] + self[Counter::LocalHit] + self[Counter::LocalRead]
    }

    /// Blocks of temporary files, read and written.
    pub fn temp_blocks(&self) -> f64 {
        self[Counter::TempRead] + self[Counter::TempWritten]
    }

    /// Time in I/O in ms, with `track_io_timing`.
    pub fn io_ms(&self) -> f64 {
        Counter::TIMES.iter().map(|counter| self[*counter]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (place, (counter, property, _)) in NAMES.iter().enumerate() {
            assert_eq!(*counter as usize, place);
            assert_eq!(Counter::of_property(property), Some(*counter));
        }
    }
}
