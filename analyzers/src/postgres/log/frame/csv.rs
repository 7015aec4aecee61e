//! csvlog: an entry a record, whose fields hold line ends.

use csv_core::{ReadRecordResult, Reader};
use memchr::memmem;

use super::Entry;
use crate::postgres::log::calls::Calls;
use crate::postgres::log::lines::LONGEST;
use crate::postgres::log::message::depth;
use crate::postgres::log::prefix::is_time;
use crate::postgres::log::sql::Hash;

/// The columns that matter, from 0, the same since PostgreSQL 9.0.
const TIME: usize = 0;
const PROCESS: usize = 3;
const SESSION: usize = 5;
const MESSAGE: usize = 13;
const CONTEXT: usize = 18;
/// As many columns as the oldest version writes; 18 writes 26.
const COLUMNS: usize = 23;
/// No version writes as many.
const MOST: usize = 64;

#[derive(Debug)]
pub(in crate::postgres::log) struct Csv {
    /// Where the record begins.
    line: usize,
    record: Vec<u8>,
    /// The fields of a record without their quotes, one behind the other.
    fields: Vec<u8>,
    /// Kept, since making its tables takes longer than reading a record; a copy of one lacks a part of them.
    reader: Box<Reader>,
}

impl Default for Csv {
    fn default() -> Self {
        // The default of a reader reads nothing: its tables are not made.
        Self { line: 0, record: Vec::new(), fields: Vec::new(), reader: Box::new(Reader::new()) }
    }
}

/// Whether a line begins a record: with a time and a comma, as no line of a statement does.
pub(super) fn begins(line: &[u8]) -> bool {
    const TIME: usize = "2026-11-21 05:03:44".len();
    if !is_time(line) {
        return false;
    }
    let behind = &line[TIME..];
    let Some(comma) = memchr::memchr(b',', &behind[..behind.len().min(24)]) else { return false };
    let is_of_time =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b' ' | b'+' | b'-' | b':' | b'/');
    behind.starts_with(b".") && behind[..comma].iter().all(is_of_time)
}

impl Csv {
    /// A record ends where another begins, whatever its quotes say: so one that is cut off takes no other along.
    pub(super) fn line(&mut self, number: usize, line: &[u8], calls: &mut Calls) {
        if begins(line) {
            self.end(calls);
            self.line = number;
        } else if self.line == 0 {
            // The file begins in the middle of an entry.
            if memmem::find(line, b"(cost=").is_some() || memmem::find(line, b"Node Type").is_some() {
                calls.reject(number, "the entry's first line is missing");
                self.line = number;
            }
            return;
        }
        if self.record.len() <= LONGEST {
            self.record.extend_from_slice(line);
            self.record.push(b'\n');
        }
    }

    pub(super) fn end(&mut self, calls: &mut Calls) {
        if self.record.len() > LONGEST {
            calls.reject(self.line, "an entry of more than 16 MiB is not read");
        } else if memmem::find(&self.record, b",LOG,").is_some() && begins(&self.record) {
            self.entry(calls);
        }
        self.record.clear();
    }

    fn entry(&mut self, calls: &mut Calls) {
        let is_of_statement = [b"duration: ".as_slice(), b"\"statement: ", b"\"execute "];
        if !is_of_statement.iter().any(|sign| memmem::find(&self.record, sign).is_some()) {
            return;
        }
        self.fields.resize(self.record.len() + 1, 0);
        let mut ends = [0; MOST];
        self.reader.reset();
        let (result, _, _, columns) = self.reader.read_record(&self.record, &mut self.fields, &mut ends);
        // Quotes that are not closed take the rest of the record, and no end of it is seen.
        if !matches!(result, ReadRecordResult::Record) || columns < COLUMNS {
            calls.reject(self.line, "the record is cut off or its quotes do not match");
            return;
        }
        let field = |column: usize| &self.fields[column.checked_sub(1).map_or(0, |before| ends[before])..ends[column]];
        let mut session = Hash::default();
        session.bytes(field(PROCESS));
        session.bytes(field(SESSION));
        calls.entry(&Entry {
            line: self.line,
            session: session.0.max(1),
            time: field(TIME),
            depth: depth(field(CONTEXT)),
            message: field(MESSAGE),
        });
    }
}
