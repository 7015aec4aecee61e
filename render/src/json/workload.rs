//! The workload of a report on the wire.

use perf_look_analyzers::workload::{Beyond, LogSource, PlanShape, Source, Spread, Tally, Times, WorkloadStatement};
use perf_look_analyzers::{Report, Workload};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{List, share, thousandth};

pub(super) struct WireWorkload<'r> {
    pub(super) workload: &'r Workload,
    pub(super) report: &'r Report,
}

impl Serialize for WireWorkload<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let Self { workload, report } = *self;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("source", &WireSource(&workload.source))?;
        tally(&mut map, workload.whole)?;
        let statements = workload.statements.iter();
        let wire = statements.map(|statement| WireStatement { statement, workload, report });
        map.serialize_entry("statements", &List(wire))?;
        map.serialize_entry("others", &workload.others.map(|others| WireOthers(others.statements, others.tally)))?;
        map.end()
    }
}

fn tally<M: SerializeMap>(map: &mut M, tally: Tally) -> Result<(), M::Error> {
    map.serialize_entry("calls", &tally.calls)?;
    map.serialize_entry("total_ms", &thousandth(tally.total.0))
}

fn times<M: SerializeMap>(map: &mut M, times: Option<Times>) -> Result<(), M::Error> {
    map.serialize_entry("calls", &times.map(|times| times.tally.calls))?;
    map.serialize_entry("total_ms", &times.map(|times| thousandth(times.tally.total.0)))?;
    let mean = times.and_then(|times| times.tally.mean());
    map.serialize_entry("mean_ms", &mean.map(|ms| thousandth(ms.0)))?;
    let spread = |of: fn(Spread) -> f64| times.and_then(|times| times.spread).map(|spread| thousandth(of(spread)));
    map.serialize_entry("p50_ms", &spread(|spread| spread.p50.0))?;
    map.serialize_entry("p95_ms", &spread(|spread| spread.p95.0))?;
    map.serialize_entry("max_ms", &times.map(|times| thousandth(times.max.0)))
}

struct WireSource<'r>(&'r Source);

impl Serialize for WireSource<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(None)?;
        match self.0 {
            Source::Log(log) => {
                map.serialize_entry("kind", "log")?;
                wire_log(&mut map, log)?;
            }
            Source::PgStatStatements { since } => {
                map.serialize_entry("kind", "pg_stat_statements")?;
                map.serialize_entry("since", since)?;
            }
        }
        map.end()
    }
}

fn wire_log<M: SerializeMap>(map: &mut M, log: &LogSource) -> Result<(), M::Error> {
    map.serialize_entry("files", &log.files)?;
    map.serialize_entry("bytes", &log.bytes)?;
    map.serialize_entry("from", &log.span.as_ref().map(|(first, _)| first))?;
    map.serialize_entry("to", &log.span.as_ref().map(|(_, last)| last))?;
    map.serialize_entry("with_plan", &log.with_plan)?;
    map.serialize_entry("without_plan", &log.without_plan)?;
    map.serialize_entry("not_counted", &log.phases)?;
    map.serialize_entry("made_by_functions", &log.nested)?;
    map.serialize_entry("inside_callers_ms", &thousandth(log.inside.0))?;
    map.serialize_entry("beyond_bounds", &log.beyond.as_ref().map(WireBeyond))?;
    map.serialize_entry("rejected", &log.rejected)
}

struct WireBeyond<'r>(&'r Beyond);

impl Serialize for WireBeyond<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let Beyond { statements, is_exact, plans, bounds } = *self.0;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("statements", &statements.map(|others| WireOthers(others.statements, others.tally)))?;
        map.serialize_entry("exact", &is_exact)?;
        map.serialize_entry("other_plans", &WireTally(plans))?;
        map.serialize_entry("bound_statements", &bounds.statements)?;
        map.serialize_entry("bound_plans_of_a_statement", &bounds.plans)?;
        map.serialize_entry("bound_bytes", &bounds.bytes)?;
        map.end()
    }
}

struct WireTally(Tally);

impl Serialize for WireTally {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(None)?;
        tally(&mut map, self.0)?;
        map.end()
    }
}

struct WireStatement<'r> {
    statement: &'r WorkloadStatement,
    workload: &'r Workload,
    report: &'r Report,
}

impl Serialize for WireStatement<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let statement = self.statement;
        let mut map = json.serialize_map(None)?;
        // As text: Postgres' numbers have 64 bits, which JavaScript's do not.
        map.serialize_entry("id", &statement.id.to_string())?;
        map.serialize_entry("text", &statement.text)?;
        map.serialize_entry("share", &share(self.workload.share(statement.times.tally.total)))?;
        times(&mut map, Some(statement.times))?;
        map.serialize_entry("rows", &statement.rows.map(thousandth))?;
        map.serialize_entry("read_blocks", &statement.io.map(|io| io.read_blocks))?;
        map.serialize_entry("temp_blocks", &statement.io.map(|io| io.temp_blocks))?;
        let io_ms = statement.io.and_then(|io| io.time).map(|ms| thousandth(ms.0));
        map.serialize_entry("io_ms", &io_ms)?;
        let plans = statement.plans.iter().map(|plan| WirePlan { plan, report: self.report });
        map.serialize_entry("plans", &List(plans))?;
        map.serialize_entry("other_plans", &WireTally(statement.other_plans))?;
        map.end()
    }
}

struct WirePlan<'r> {
    plan: &'r PlanShape,
    report: &'r Report,
}

impl Serialize for WirePlan<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("fingerprint", &self.plan.fingerprint)?;
        let subject = self.report.subjects.get(self.plan.subject);
        map.serialize_entry("subject", &subject.map(|subject| &subject.name))?;
        times(&mut map, self.plan.times)?;
        map.end()
    }
}

struct WireOthers(u64, Tally);

impl Serialize for WireOthers {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("statements", &self.0)?;
        tally(&mut map, self.1)?;
        map.end()
    }
}
