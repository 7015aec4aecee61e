//! How a server is put into words, so that every format and the screen say the same.

use super::capture::{Session, StatementRow, Statements};
use super::{Duplicate, FEW_BLOCKS, Overview, Running, Stale, Unused, WhyStale, WhyUnused};
use crate::quantity::{Ms, grouped};

const WEEK_S: f64 = 7.0 * 86_400.0;

impl Overview {
    /// Of what and when: `shop on PostgreSQL 18.4, seen by role postgres at 2026-01-31 09:30 UTC`.
    pub fn heading(&self) -> String {
        let server = &self.capture.server;
        let standby = if server.standby { ", a standby" } else { "" };
        format!("{}{standby}, seen by role {} at {} UTC", self.name(), server.role, server.at)
    }

    /// What to know of how it was read.
    pub fn notes(&self) -> Vec<String> {
        let server = &self.capture.server;
        let since = since(server.reset.as_ref(), server.age_s);
        let since = since.unwrap_or_else(|| " since the database was made or the server last crashed".to_owned());
        let since = format!("tables and indexes are counted{since}");
        let mut notes = vec![since];
        if server.age_s.is_some_and(|age| age < WEEK_S) {
            notes.push("that is less than a week: what is rare may not have happened yet".to_owned());
        }
        if server.standby {
            notes.push("a standby counts its own scans only, and is analysed on its primary".to_owned());
        }
        if !server.autovacuum {
            notes.push("autovacuum is off: nothing is analysed or cleaned up by itself".to_owned());
        }
        notes.extend(self.locked());
        notes.extend(self.capture.notes.iter().cloned());
        notes
    }

    /// What another session does not let us see.
    fn locked(&self) -> Option<String> {
        let tables = self.capture.tables.read()?.iter().filter(|table| table.locked);
        let names: Vec<String> = tables.map(|table| named(&table.schema, &table.name)).collect();
        let are = if names.len() == 1 { "is" } else { "are" };
        (!names.is_empty()).then(|| {
            let names = names.join(", ");
            format!(
                "{names} {are} locked by another session: sizes are as last counted, and indexes were not looked at"
            )
        })
    }

    /// Each part that could not be read, but for statements, which have words of their own.
    pub fn unread(&self) -> Vec<String> {
        let missing = self.missing().into_iter().filter(|(part, _)| *part != "statements");
        missing.map(|(part, why)| format!("{part}: {why}")).collect()
    }

    /// What to know of the statements that were counted.
    pub fn of_statements(&self, statements: &Statements) -> Vec<String> {
        let all = statements.all;
        let since = since(statements.reset.as_ref(), statements.age_s).unwrap_or_default();
        if all.calls < 1.0 {
            return vec![format!("pg_stat_statements has counted nothing in this database yet{since}")];
        }
        let took = format!(
            "{} took {} in {}{since}; rows, read and temp are of all calls",
            plural(all.statements, "statement"),
            time(all.total_ms),
            plural(all.calls, "call")
        );
        let mut sentences = vec![took];
        if let Some(hidden) = all.hidden_ms {
            sentences.push(format!(
                "what other roles run is hidden from role {role}: {} with {} of that time; GRANT pg_read_all_stats TO {role} \
                 shows it",
                plural(all.hidden, "statement"),
                time(hidden),
                role = self.capture.server.role
            ));
        }
        if let Some(evictions) = statements.evictions.filter(|evictions| *evictions > 0.0) {
            sentences.push(format!(
                "statements were forgotten {} to make room, so rare ones are missing: raise pg_stat_statements.max",
                plural(evictions, "time")
            ));
        }
        if !self.times_io() {
            sentences.push("reading is not timed, since track_io_timing is off".to_owned());
        }
        sentences
    }
}

/// What is to be known of tables that are scanned whole.
pub const SCANS: &[&str] = &[
    "rows that sequential scans read; a report of all rows needs them, a look-up of few rows needs an index instead",
    "each process of a parallel scan counts as a scan",
];

/// What is to be known of old statistics.
pub const STALE: &[&str] = &["the planner counts on what ANALYZE saw; rows changed since then it does not know"];

/// What is to be known of unused indexes.
pub const UNUSED: &[&str] = &[
    "each write keeps them up to date; primary keys and unique indexes are not listed, since they keep a promise",
    "standbys count on their own: an index that is needed there only looks unused here",
];

/// What is to be known of foreign keys without an index.
pub fn of_keys() -> [String; 2] {
    [
        "each row that is deleted there, or whose key is changed, has all of this table read to look for rows that lead to it"
            .to_owned(),
        format!("tables of fewer than {} blocks are left out", grouped(FEW_BLOCKS)),
    ]
}

impl StatementRow {
    /// What a call took: `12.3 ms on average, 1.02 ms to 45.0 ms`.
    pub fn a_call(&self) -> String {
        let mean = Ms(self.mean_ms());
        match (self.min_ms, self.max_ms) {
            (Some(min), Some(max)) if self.calls > 1.0 => format!("{mean} on average, {} to {}", Ms(min), Ms(max)),
            _ => mean.to_string(),
        }
    }
}

impl Running {
    /// How many sessions do what; none where nobody else is there.
    pub fn sentence(&self) -> Option<String> {
        let counts = [
            (self.active, "runs a statement", "run a statement"),
            (
                self.idle_in_transaction,
                "has a transaction open and does nothing",
                "have a transaction open and do nothing",
            ),
            (self.blocked, "waits for a lock that another holds", "wait for locks that others hold"),
            (self.idle, "is idle", "are idle"),
            (self.hidden, "is hidden from this role", "are hidden from this role (GRANT pg_read_all_stats shows them)"),
        ];
        let words = |(count, one, many): &(usize, &str, &str)| {
            (*count > 0).then(|| format!("{} {}", count, if *count == 1 { one } else { many }))
        };
        let parts: Vec<String> = counts.iter().filter_map(words).collect();
        let all = self.busy.len() + self.idle + self.hidden;
        let sessions = plural(all as f64, "other session");
        (all > 0).then(|| format!("{sessions} in this database: {}", parts.join(", ")))
    }
}

impl Session {
    /// What it waits for, and who holds that.
    pub fn waits_for(&self) -> String {
        let blocked: Vec<String> = self.blocked_by.iter().map(i64::to_string).collect();
        match (&self.wait, blocked.is_empty()) {
            (Some(wait), false) => format!("{wait}, held by {}", blocked.join(", ")),
            (Some(wait), true) => wait.clone(),
            (None, _) => "nothing".to_owned(),
        }
    }

    /// For how many seconds it has done what it does.
    pub fn since_s(&self) -> Option<f64> {
        if self.state.as_deref() == Some("active") { self.query_s } else { self.in_state_s }
    }
}

impl Stale {
    /// When it was last analysed.
    pub fn analysed(&self) -> String {
        match (self.why, &self.table.analysed) {
            (_, Some(when)) => when.clone(),
            (WhyStale::Never, None) => "never, as far as is known".to_owned(),
            (WhyStale::Changed, None) => "not known".to_owned(),
        }
    }
}

impl Unused {
    /// Why it is of no use.
    pub fn reason(&self) -> String {
        let serves = match self.index.foreign_keys.as_slice() {
            [] => String::new(),
            keys => format!("; but deletes look for {} by it", keys.join(", ")),
        };
        match self.why {
            WhyUnused::NeverScanned => format!("never scanned{serves}"),
            WhyUnused::Invalid => "not built to its end".to_owned(),
        }
    }
}

impl Duplicate {
    /// What makes it needless.
    pub fn reason(&self) -> String {
        let how = if self.is_same() { "has the same keys" } else { "begins with its keys and finds the same rows" };
        format!("{} ({}) {how}", self.by.name, self.by.keys.join(", "))
    }
}

/// What is in `public` needs no schema to be known.
pub fn named(schema: &str, name: &str) -> String {
    if schema == "public" { name.to_owned() } else { format!("{schema}.{name}") }
}

/// The same of a name that is written with its schema.
pub fn without_public(name: &str) -> &str {
    name.strip_prefix("public.").unwrap_or(name)
}

/// A time that may be of a week: `12.3 ms`, `45.1 s`, `12.3 min`, `5.2 h`, `3.1 days`.
pub fn time(ms: f64) -> String {
    let seconds = ms / 1000.0;
    match seconds {
        s if s < 10.0 => Ms(ms).to_string(),
        s if s < 600.0 => format!("{s:.1} s"),
        s if s < 36_000.0 => format!("{:.1} min", s / 60.0),
        s if s < 864_000.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{} days", grouped(s / 86_400.0)),
    }
}

/// ` since 2026-01-31 09:30 UTC (3.1 h)`.
fn since(reset: Option<&String>, age_s: Option<f64>) -> Option<String> {
    Some(format!(" since {} UTC ({})", reset?, time(age_s? * 1000.0)))
}

fn plural(count: f64, what: &str) -> String {
    let count = count.trunc();
    format!("{} {what}{}", grouped(count), if (count - 1.0).abs() < 0.5 { "" } else { "s" })
}
