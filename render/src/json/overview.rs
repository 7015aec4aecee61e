//! A server as a whole on the wire.

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::capture::{ForeignKey, Part, Session, StatementRow, Statements};
use perf_look_analyzers::postgres::overview::{Duplicate, Order, Scan, Stale, Step, Unused, WhyStale, WhyUnused};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{List, Number, share, thousandth};

pub(super) struct WireOverview<'r>(pub(super) &'r Overview);

impl Serialize for WireOverview<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let overview = self.0;
        let server = &overview.capture.server;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("server_version", &overview.capture.server_version)?;
        map.serialize_entry("database", &server.database)?;
        map.serialize_entry("role", &server.role)?;
        map.serialize_entry("at", &server.at)?;
        map.serialize_entry("standby", &server.standby)?;
        map.serialize_entry("autovacuum", &server.autovacuum)?;
        map.serialize_entry("counted_since", &server.reset)?;
        map.serialize_entry("counted_s", &server.age_s.map(Number))?;
        map.serialize_entry("statements", &WireStatements(overview))?;
        map.serialize_entry("sessions", &WireSessions(overview))?;
        map.serialize_entry("whole_scans", &List(overview.scans.iter().map(WireScan)))?;
        map.serialize_entry("unindexed_foreign_keys", &List(overview.keys.iter().map(WireKey)))?;
        map.serialize_entry("stale_statistics", &List(overview.stale.iter().map(WireStale)))?;
        map.serialize_entry("unused_indexes", &List(overview.unused.iter().map(WireUnused)))?;
        map.serialize_entry("duplicate_indexes", &List(overview.duplicates.iter().map(WireDuplicate)))?;
        map.serialize_entry(
            "not_read",
            &List(overview.missing().into_iter().map(|(part, why)| NotRead(part, why.to_string()))),
        )?;
        map.serialize_entry("notes", &overview.capture.notes)?;
        map.end()
    }
}

/// Entries of a map, in this order.
macro_rules! entries {
    ($json:expr, $($name:literal: $value:expr),* $(,)?) => {{
        let mut map = $json.serialize_map(None)?;
        $(map.serialize_entry($name, &$value)?;)*
        map.end()
    }};
}

struct NotRead(&'static str, String);

impl Serialize for NotRead {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        entries!(json, "part": self.0, "why": self.1)
    }
}

struct WireStatements<'r>(&'r Overview);

impl Serialize for WireStatements<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let statements = match &self.0.capture.statements {
            Part::Read(statements) => statements,
            Part::Missing(why) => {
                let steps = why.steps().iter().map(|step| match step {
                    Step::Words(text) | Step::Sql(text) => *text,
                });
                return entries!(json, "why_missing": why.to_string(), "steps": List(steps));
            }
        };
        let all = statements.all;
        let times_io = self.0.times_io();
        let worst = statements.by(Order::Total).into_iter().map(|row| WireRow { row, statements, times_io });
        entries!(json,
            "since": statements.reset, "counted_s": statements.age_s.map(Number),
            "evictions": statements.evictions.map(Number), "statements": Number(all.statements),
            "calls": Number(all.calls), "total_ms": thousandth(all.total_ms),
            "hidden": Number(all.hidden), "hidden_ms": all.hidden_ms.map(thousandth), "worst": worst.collect::<Vec<_>>())
    }
}

struct WireRow<'r> {
    row: &'r StatementRow,
    statements: &'r Statements,
    times_io: bool,
}

impl Serialize for WireRow<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let row = self.row;
        let timed = |ms: Option<f64>| ms.filter(|_| self.times_io).map(thousandth);
        entries!(json,
            "id": row.id, "query": row.query, "share": share(self.statements.share(row)), "calls": Number(row.calls),
            "total_ms": thousandth(row.total_ms), "mean_ms": thousandth(row.mean_ms()),
            "min_ms": row.min_ms.map(thousandth), "max_ms": row.max_ms.map(thousandth), "rows": Number(row.rows),
            "hit_blocks": Number(row.hit), "read_blocks": Number(row.read), "dirtied_blocks": Number(row.dirtied),
            "temp_read_blocks": Number(row.temp_read), "temp_written_blocks": Number(row.temp_written),
            "io_ms": timed(row.io_ms), "temp_io_ms": timed(row.temp_io_ms))
    }
}

struct WireSessions<'r>(&'r Overview);

impl Serialize for WireSessions<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let running = &self.0.running;
        entries!(json,
            "active": running.active, "idle_in_transaction": running.idle_in_transaction, "blocked": running.blocked,
            "idle": running.idle, "hidden": running.hidden, "busy": List(running.busy.iter().map(WireSession)))
    }
}

struct WireSession<'r>(&'r Session);

impl Serialize for WireSession<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let session = self.0;
        entries!(json,
            "pid": session.pid, "role": session.role, "application": session.application, "state": session.state,
            "in_state_s": session.in_state_s.map(thousandth), "statement_s": session.query_s.map(thousandth),
            "transaction_s": session.transaction_s.map(thousandth), "wait": session.wait,
            "blocked_by": session.blocked_by, "query": session.query)
    }
}

struct WireScan<'r>(&'r Scan);

impl Serialize for WireScan<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let table = &self.0.table;
        entries!(json,
            "schema": table.schema, "table": table.name, "bytes": Number(table.bytes), "scans": Number(table.scans),
            "rows_read": Number(table.rows_by_scans), "rows_a_scan": thousandth(self.0.rows_a_scan),
            "part_of_table": self.0.part.map(share), "share": share(self.0.share))
    }
}

struct WireKey<'r>(&'r ForeignKey);

impl Serialize for WireKey<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let key = self.0;
        entries!(json,
            "schema": key.schema, "table": key.table, "name": key.name, "columns": key.columns,
            "references": key.references, "bytes": Number(key.bytes), "deleted_there": Number(key.deleted),
            "updated_there": Number(key.updated), "sql": key.sql())
    }
}

struct WireStale<'r>(&'r Stale);

impl Serialize for WireStale<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let table = &self.0.table;
        let why = match self.0.why {
            WhyStale::Never => "never analysed",
            WhyStale::Changed => "changed",
        };
        entries!(json,
            "schema": table.schema, "table": table.name, "why": why, "rows": Number(table.live),
            "changed_rows": Number(table.modified), "autovacuum": table.autovacuum,
            "analyze_at_rows": Number(table.analyze_at), "analysed": table.analysed, "sql": self.0.sql())
    }
}

struct WireUnused<'r>(&'r Unused);

impl Serialize for WireUnused<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let index = &self.0.index;
        let why = match self.0.why {
            WhyUnused::NeverScanned => "never scanned",
            WhyUnused::Invalid => "invalid",
        };
        entries!(json,
            "schema": index.schema, "table": index.table, "index": index.name, "why": why, "bytes": Number(index.bytes),
            "definition": index.definition, "serves_foreign_keys": index.foreign_keys, "sql": self.0.sql())
    }
}

struct WireDuplicate<'r>(&'r Duplicate);

impl Serialize for WireDuplicate<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let (index, by) = (&self.0.index, &self.0.by);
        entries!(json,
            "schema": index.schema, "table": index.table, "index": index.name, "definition": index.definition,
            "bytes": Number(index.bytes), "scans": Number(index.scans), "by": by.name, "by_definition": by.definition,
            "same_keys": self.0.is_same(), "sql": self.0.sql())
    }
}
