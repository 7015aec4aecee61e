//! Calls of statements as their entries come, counted in groups; what cannot be read goes to the rejects.

use std::collections::BTreeMap;

use super::block::Block;
use super::frame::Entry;
use super::groups::{Groups, Place, date};
use super::message::{Message, run_into};
use super::rejects::Rejects;
use super::sql;
use super::whole::fingerprint;
use crate::digest::hash;
use crate::quantity::Ms;
use crate::workload::{LogSource, Tally};

/// What is known by a glance is forgotten beyond that many: it is found again by a closer look.
const KNOWN: usize = 1 << 16;
/// More backends than a server has.
const SESSIONS: usize = 1 << 14;

/// All that was read of a log.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) groups: Groups,
    pub(super) rejects: Rejects,
    pub(super) source: LogSource,
    /// All calls together.
    pub(super) whole: Tally,
    /// Of texts that were seen, the statement.
    by_sql: BTreeMap<u64, u64>,
    /// Of a statement and a shape that was seen, the plan.
    by_shape: BTreeMap<(u64, u64), Box<str>>,
    /// What each backend did last.
    sessions: BTreeMap<u64, Last>,
    last_time: Vec<u8>,
}

/// What the last entry of a backend said, which the next one may say more of.
#[derive(Debug, Clone, Copy)]
enum Last {
    /// The plan of a call; its time may come once more.
    Planned(u64),
    /// A statement, whose time may come.
    Begun(u64),
}

impl Calls {
    /// Counts an entry.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        match run_into(entry.message) {
            None => self.message(entry),
            Some(begins) => {
                let (first, second) = entry.message.split_at(begins);
                let lines = memchr::memchr_iter(b'\n', first).count();
                self.message(&Entry { message: first, ..*entry });
                self.entry(&Entry { message: second, line: entry.line + lines, nested: false, ..*entry });
            }
        }
    }

    /// Keeps why something cannot be read.
    pub(super) fn reject(&mut self, line: usize, why: &str) {
        let file = self.source.files.last().map_or("", String::as_str);
        self.rejects.add(file, line, why);
    }

    /// The time of the first entry and of the last one, as the log writes them.
    pub(super) fn span(&self) -> Option<(String, String)> {
        let last = String::from_utf8_lossy(&self.last_time).into_owned();
        self.source.span.as_ref().map(|(first, _)| (first.clone(), last))
    }

    fn message(&mut self, entry: &Entry<'_>) {
        let counted = match Message::of(entry.message) {
            Message::Other => return,
            Message::Cut => Err("the entry is cut off".into()),
            Message::Plan { ms, block } => self.plan(entry, ms, block),
            Message::Call { ms, sql } => {
                self.call(entry, ms, sql);
                Ok(())
            }
            Message::Begin { sql } => {
                let statement = self.statement(sql);
                self.remember(entry.session, Some(Last::Begun(statement)));
                Ok(())
            }
            Message::Time { ms } => {
                self.time(entry, ms);
                Ok(())
            }
            Message::Phase => {
                self.source.phases += 1;
                Ok(())
            }
        };
        match counted {
            Ok(()) => self.clock(entry.time),
            Err(why) => self.reject(entry.line, &why),
        }
    }

    fn clock(&mut self, time: &[u8]) {
        if time.is_empty() {
            return;
        }
        if self.source.span.is_none() {
            let first = String::from_utf8_lossy(time).into_owned();
            self.source.span = Some((first, String::new()));
        }
        self.last_time.clear();
        self.last_time.extend_from_slice(time);
    }

    /// A call with its plan.
    fn plan(&mut self, entry: &Entry<'_>, ms: f64, block: &[u8]) -> Result<(), String> {
        let read = Block::of(block)?;
        let key = read.sql_key();
        let statement = match self.by_sql.get(&key).filter(|statement| self.groups.has(**statement)) {
            Some(statement) => *statement,
            None => self.meet(key, &read.sql()?),
        };
        let shape = self.by_shape.get(&(statement, read.key)).filter(|_| !read.doubtful);
        let is_known = shape.is_some_and(|shape| self.groups.count_known(statement, shape, Ms(ms)));
        if !is_known {
            let text = String::from_utf8_lossy(block);
            let fingerprint = fingerprint(&text, ms)?;
            if self.by_shape.len() >= KNOWN {
                self.by_shape.clear();
            }
            self.by_shape.insert((statement, read.key), fingerprint.as_str().into());
            let place = Place { file: self.source.files.len().saturating_sub(1), line: entry.line, time: time(entry) };
            self.groups.count_plan(statement, &fingerprint, Ms(ms), (&text, place));
        }
        self.groups.identify(statement, read.query_id);
        self.remember(entry.session, Some(Last::Planned(statement)));
        self.count(statement, ms, entry);
        self.source.with_plan += 1;
        Ok(())
    }

    /// A call without a plan; where the plan stands in the entry before, that one counts.
    fn call(&mut self, entry: &Entry<'_>, ms: f64, sql: &[u8]) {
        let statement = self.statement(sql);
        let last = self.sessions.get(&entry.session).copied();
        self.remember(entry.session, None);
        if !matches!(last, Some(Last::Planned(planned)) if planned == statement) {
            self.source.without_plan += 1;
            self.count(statement, ms, entry);
        }
    }

    /// A time alone: that of the statement that the backend logged before.
    fn time(&mut self, entry: &Entry<'_>, ms: f64) {
        let last = self.sessions.get(&entry.session).copied();
        self.remember(entry.session, None);
        match last {
            Some(Last::Planned(_)) => {}
            Some(Last::Begun(statement)) if self.groups.has(statement) => {
                self.source.without_plan += 1;
                self.count(statement, ms, entry);
            }
            _ => self.source.phases += 1,
        }
    }

    fn count(&mut self, statement: u64, ms: f64, entry: &Entry<'_>) {
        let call = Tally { calls: 1, total: Ms(ms) };
        self.whole.add(call);
        self.source.nested += u64::from(entry.nested);
        self.groups.count(statement, Ms(ms), date(entry.time));
    }

    fn remember(&mut self, session: u64, last: Option<Last>) {
        if self.sessions.len() >= SESSIONS {
            self.sessions.clear();
        }
        match last {
            Some(last) => drop(self.sessions.insert(session, last)),
            None => drop(self.sessions.remove(&session)),
        }
    }

    /// The statement of a text as it was sent.
    fn statement(&mut self, sql: &[u8]) -> u64 {
        let key = sql::key(sql);
        match self.by_sql.get(&key).filter(|statement| self.groups.has(**statement)) {
            Some(statement) => *statement,
            None => self.meet(key, &String::from_utf8_lossy(sql)),
        }
    }

    /// A text that was not seen before, or is forgotten.
    fn meet(&mut self, key: u64, sql: &str) -> u64 {
        let text = sql::normalised(sql);
        let statement = hash([text.as_bytes()]);
        self.groups.meet(statement, text);
        if self.by_sql.len() >= KNOWN {
            self.by_sql.clear();
        }
        self.by_sql.insert(key, statement);
        statement
    }
}

fn time(entry: &Entry<'_>) -> String {
    String::from_utf8_lossy(entry.time).into_owned()
}
