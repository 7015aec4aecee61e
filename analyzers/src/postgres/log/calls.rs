//! Calls of statements as their entries come, counted in groups; what cannot be read goes to the rejects.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::aside::Counts;
use super::block::Block;
use super::frame::Entry;
use super::groups::{Groups, Place, Slowest, date, plan_key};
use super::message::{Message, run_into};
use super::rejects::Rejects;
use super::sessions::{Last, Sessions};
use super::sql;
use super::whole::fingerprint;
use crate::digest::hash;
use crate::quantity::Ms;
use crate::workload::{Bounds, LogSource, Tally};

/// What is known by a glance is forgotten beyond that many: it is found again by a closer look.
const KNOWN: usize = 1 << 16;

/// All that was read of a log.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) groups: Groups,
    pub(super) rejects: Rejects,
    pub(super) source: LogSource,
    /// All calls, whether one was made by another or not.
    whole: Tally,
    /// Of texts that were seen, the statement.
    by_sql: BTreeMap<u64, u64>,
    /// Of a statement and a shape that was seen, the plan.
    by_shape: BTreeMap<(u64, u64), u64>,
    sessions: Sessions,
    last_time: Vec<u8>,
}

impl Calls {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { groups: Groups::new(bounds), ..Self::default() }
    }

    /// Counts an entry.
    pub(super) fn entry(&mut self, entry: &Entry<'_>) {
        match run_into(entry.message) {
            None => self.message(entry),
            Some(begins) => {
                let (first, second) = entry.message.split_at(begins);
                let lines = memchr::memchr_iter(b'\n', first).count();
                self.message(&Entry { message: first, ..*entry });
                self.entry(&Entry { message: second, line: entry.line + lines, depth: 0, ..*entry });
            }
        }
    }

    /// Keeps why something cannot be read.
    pub(super) fn reject(&mut self, line: usize, why: impl Into<Cow<'static, str>>) {
        self.rejects.add(self.source.files.len().saturating_sub(1), Some(line), why.into());
    }

    /// Keeps why the rest of a file cannot be read.
    pub(super) fn reject_rest(&mut self, why: String) {
        self.rejects.add(self.source.files.len().saturating_sub(1), None, why.into());
    }

    /// All calls together, each millisecond once: what functions called is in what their callers took.
    pub(super) fn whole(&self) -> Tally {
        let Tally { calls, total } = self.whole;
        Tally { calls, total: Ms((total - self.source.inside).0.max(0.0)) }
    }

    /// The time of the first entry and of the last one, as the log writes them.
    pub(super) fn span(&self) -> Option<(String, String)> {
        let last = String::from_utf8_lossy(&self.last_time).into_owned();
        self.source.span.as_ref().map(|(first, _)| (first.clone(), last))
    }

    fn message(&mut self, entry: &Entry<'_>) {
        let counted = match Message::of(entry.message) {
            Message::Other => return,
            Message::Cut => Err(Cow::Borrowed("the entry is cut off")),
            Message::Plan { ms, block } => self.plan(entry, ms, block),
            Message::Call { ms, sql } => {
                self.call(entry, ms, sql);
                Ok(())
            }
            Message::Begin { sql } => {
                let statement = self.statement(sql, None);
                self.sessions.remember(entry.session, Some(Last::Begun(statement)));
                self.groups.make_room();
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
            Err(why) => self.reject(entry.line, why),
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
    fn plan(&mut self, entry: &Entry<'_>, ms: f64, block: &[u8]) -> Result<(), Cow<'static, str>> {
        let read = Block::of(block)?;
        let key = read.sql_key();
        let statement = match self.seen(key, Some(Ms(ms))) {
            Some(statement) => statement,
            None => self.meet(key, &read.sql()?),
        };
        let shape = self.by_shape.get(&(statement, read.key)).filter(|_| !read.doubtful);
        let is_known = shape.is_some_and(|shape| self.groups.count_known(statement, *shape, Ms(ms)));
        // Of a statement that is only counted no plan is kept, but each of its shapes must have been whole.
        let is_counted = shape.is_some() && !self.groups.has(statement);
        if !is_known && !is_counted {
            self.look_closer(entry, ms, block, (statement, read.key))?;
        }
        self.groups.identify(statement, read.query_id);
        self.sessions.remember(entry.session, Some(Last::Planned(statement)));
        self.count(statement, Counts::planned(Ms(ms)), entry);
        self.source.with_plan += 1;
        Ok(())
    }

    /// Parses a plan: its shape may be new, it may be the slowest one, it may not be whole.
    fn look_closer(
        &mut self,
        entry: &Entry<'_>,
        ms: f64,
        block: &[u8],
        (statement, shape): (u64, u64),
    ) -> Result<(), Cow<'static, str>> {
        let text = String::from_utf8_lossy(block);
        let fingerprint = fingerprint(&text, ms)?;
        if self.by_shape.len() >= KNOWN {
            self.by_shape.clear();
        }
        self.by_shape.insert((statement, shape), plan_key(&fingerprint));
        let file = self.source.files.len().saturating_sub(1);
        let place = Place { file, line: entry.line, time: time(entry) };
        self.groups.count_plan(statement, &fingerprint, Slowest { text: text.into(), time: Ms(ms), place });
        Ok(())
    }

    /// A call without a plan; where the plan stands in the entry before, that one counts.
    fn call(&mut self, entry: &Entry<'_>, ms: f64, sql: &[u8]) {
        let statement = self.statement(sql, Some(Ms(ms)));
        let last = self.sessions.last(entry.session);
        self.sessions.remember(entry.session, None);
        if last != Some(Last::Planned(statement)) {
            self.source.without_plan += 1;
            self.count(statement, Counts::call(Ms(ms)), entry);
        }
    }

    /// A time alone: that of the statement that the backend logged before.
    fn time(&mut self, entry: &Entry<'_>, ms: f64) {
        let last = self.sessions.last(entry.session);
        self.sessions.remember(entry.session, None);
        match last {
            Some(Last::Planned(_)) => {}
            Some(Last::Begun(statement)) => {
                self.source.without_plan += 1;
                self.count(statement, Counts::call(Ms(ms)), entry);
            }
            None => self.source.phases += 1,
        }
    }

    fn count(&mut self, statement: u64, counts: Counts, entry: &Entry<'_>) {
        self.whole.add(counts.tally);
        self.source.nested += u64::from(entry.depth > 0);
        self.source.inside += self.sessions.inside(entry.session, entry.depth, counts.tally.total);
        self.groups.count(statement, counts, date(entry.time));
    }

    /// The statement of a text as it was sent, of which a call took so long, where that is known.
    fn statement(&mut self, sql: &[u8], time: Option<Ms>) -> u64 {
        let key = sql::key(sql);
        self.seen(key, time).unwrap_or_else(|| self.meet(key, &String::from_utf8_lossy(sql)))
    }

    /// The statement of a text that is kept, or is only counted and stays so.
    fn seen(&self, key: u64, time: Option<Ms>) -> Option<u64> {
        let stays_aside = |statement| time.is_some_and(|time| self.groups.stays_aside(statement, time));
        let statement = self.by_sql.get(&key).copied();
        statement.filter(|statement| self.groups.has(*statement) || stays_aside(*statement))
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
