//! `perf-look.report/1`: the wire format, written as it is read from the report, without a tree of values between.
//!
//! The names here are a contract with others (`report.schema.json`); the model's names are not.

mod overview;
mod page;
mod verified;
mod workload;

use std::io::{self, Write};

use perf_look_analyzers::finding::{Advice, Evidence, Finding};
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::counters::{Counter, Counters, Known};
use perf_look_analyzers::postgres::plan::{Execution, Property, Value};
use perf_look_analyzers::report::{Reject, Skipped};
use perf_look_analyzers::{Report, Subject};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use overview::WireOverview;
use page::WirePage;
use verified::WireVerified;
use workload::WireWorkload;

/// The schema of the document.
const SCHEMA: &str = "perf-look.report/1";
/// The schema of a line.
const LINE_SCHEMA: &str = "perf-look.finding/1";

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_json(&Document(report), out)?;
    out.write_all(b"\n")
}

/// A line a finding, each complete in itself.
pub(crate) fn render_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        write_json(&WireFinding { finding, report, alone: true }, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

pub(crate) fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut buffered = io::BufWriter::with_capacity(1 << 16, out);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut buffered, Inert))?;
    buffered.flush()
}

/// JSON that a terminal does not obey either: what moves the cursor or reorders text is escaped, not only C0.
struct Inert;

impl serde_json::ser::Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let hostile = |c: char| c == '\u{7f}' || (!c.is_ascii() && perf_look_analyzers::safe::is_hostile(c));
        if fragment.is_ascii() && !fragment.contains('\u{7f}') {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| hostile(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

/// A number as JSON shows it best: whole ones without a point, others to a thousandth (of a ms, a row, a share in
/// millionths).
pub(crate) struct Number(pub(crate) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        if !self.0.is_finite() {
            return json.serialize_none();
        }
        if self.0.fract() == 0.0 && self.0.abs() < WHOLE {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            return json.serialize_i64(self.0 as i64);
        }
        json.serialize_f64(self.0)
    }
}

/// Times and rows: to a thousandth, which is what Postgres prints.
pub(crate) fn thousandth(number: f64) -> Number {
    Number((number * 1000.0).round() / 1000.0)
}

fn share(share: f64) -> Number {
    Number((share * 1e6).round() / 1e6)
}

/// A sequence out of an iterator.
struct List<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_seq(self.0.clone())
    }
}

struct Document<'r>(&'r Report);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("schema", SCHEMA)?;
        map.serialize_entry("perf_look", env!("CARGO_PKG_VERSION"))?;
        map.serialize_entry("subjects", &Subjects(report))?;
        let findings = report.findings.iter().map(|finding| WireFinding { finding, report, alone: false });
        map.serialize_entry("findings", &List(findings))?;
        if let Some(overview) = &report.overview {
            map.serialize_entry("overview", &WireOverview(overview))?;
        }
        map.serialize_entry("skipped", &List(report.skipped.iter().map(|skipped| WireSkipped { skipped, report })))?;
        map.serialize_entry("rejects", &List(report.rejects.iter().map(WireReject)))?;
        if let Some(workload) = &report.workload {
            map.serialize_entry("workload", &WireWorkload { workload, report })?;
        }
        map.end()
    }
}

/// The plans, then the pages.
struct Subjects<'r>(&'r Report);

impl Serialize for Subjects<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut list = json.serialize_seq(None)?;
        for subject in &self.0.subjects {
            list.serialize_element(&WireSubject(subject))?;
        }
        for page in &self.0.pages {
            list.serialize_element(&WirePage(page))?;
        }
        list.end()
    }
}

struct WireSubject<'r>(&'r Subject);

impl Serialize for WireSubject<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let subject = self.0;
        let statement = &subject.plan.statement;
        let mut map = json.serialize_map(None)?;
        // Names are unique in a report.
        map.serialize_entry("id", &subject.name)?;
        map.serialize_entry("name", &subject.name)?;
        map.serialize_entry("kind", "plan")?;
        map.serialize_entry("server_version", &subject.server_version)?;
        map.serialize_entry("query", &subject.query)?;
        map.serialize_entry("planning_ms", &statement.planning_ms.map(thousandth))?;
        map.serialize_entry("execution_ms", &statement.execution_ms.map(thousandth))?;
        map.serialize_entry("remainder_ms", &subject.attribution.remainder.map(|rest| thousandth(rest.0)))?;
        map.serialize_entry("runs_ms", &List(subject.runs_ms.iter().map(|ms| thousandth(*ms))))?;
        map.serialize_entry("settings", &Settings(&statement.settings))?;
        map.serialize_entry("notes", &subject.notes)?;
        map.serialize_entry("frames", &List(subject.attribution.frames.iter().map(WireFrame)))?;
        map.serialize_entry("nodes", &List(subject.plan.nodes().iter().map(|node| WireNode { node, subject })))?;
        map.serialize_entry("properties", &Properties(&statement.properties))?;
        map.end()
    }
}

struct Settings<'r>(&'r [(Box<str>, Box<str>)]);

impl Serialize for Settings<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct WireFrame<'r>(&'r perf_look_analyzers::postgres::attribution::Frame);

impl Serialize for WireFrame<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("self_ms", &thousandth(self.0.own.0))?;
        map.end()
    }
}

struct WireNode<'r> {
    node: &'r PlanNode,
    subject: &'r Subject,
}

impl Serialize for WireNode<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let node = self.node;
        let charged = self.subject.attribution.node(node.id);
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("id", &node.id.number())?;
        map.serialize_entry("parent", &node.parent.map(perf_look_analyzers::postgres::NodeId::number))?;
        map.serialize_entry("type", &node.type_name)?;
        map.serialize_entry("parallel", &node.parallel)?;
        map.serialize_entry("role", &node.role.map(perf_look_analyzers::postgres::plan::Role::as_str))?;
        map.serialize_entry("subplan_name", &node.subplan_name)?;
        map.serialize_entry("schema", &node.schema)?;
        map.serialize_entry("relation", &node.relation)?;
        map.serialize_entry("alias", &node.alias)?;
        map.serialize_entry("index", &node.index)?;
        let loops = match &node.execution {
            Execution::NotMeasured => None,
            Execution::NeverRan => Some(Number(0.0)),
            Execution::Ran(run) => Some(Number(run.loops)),
        };
        map.serialize_entry("loops", &loops)?;
        map.serialize_entry("plan_rows", &node.estimate.map(|estimate| Number(estimate.rows)))?;
        map.serialize_entry("plan_width", &node.estimate.map(|estimate| Number(estimate.width)))?;
        let never = matches!(node.execution, Execution::NeverRan).then_some(Number(0.0));
        map.serialize_entry("rows", &node.rows().map(|rows| thousandth(rows.mid())).or(never))?;
        map.serialize_entry("total_ms", &charged.time.map(|time| thousandth(time.total.0)))?;
        map.serialize_entry("self_ms", &charged.time.map(|time| thousandth(time.own.0)))?;
        map.serialize_entry("startup_ms", &charged.time.map(|time| thousandth(time.startup.0)))?;
        map.serialize_entry("startup_cost", &node.estimate.map(|estimate| Number(estimate.startup_cost)))?;
        map.serialize_entry("cost", &node.estimate.map(|estimate| Number(estimate.total_cost)))?;
        map.serialize_entry("self_cost", &node.estimate.map(|_| thousandth(charged.own_cost)))?;
        let own = self.subject.attribution.own_counters(node);
        counters(&mut map, self.subject.plan.known_counters(), node.counters.as_deref(), own)?;
        map.serialize_entry("never_executed", &(node.execution == Execution::NeverRan))?;
        map.serialize_entry("approximate", &charged.time.is_some_and(|time| time.approximate))?;
        if !node.workers.is_empty() {
            map.serialize_entry("workers", &List(node.workers.iter().map(WireWorker)))?;
        }
        map.serialize_entry("properties", &Properties(&node.properties))?;
        map.end()
    }
}

/// Inclusive and exclusive, the latter as `self_…`; null for what was not measured.
fn counters<M: SerializeMap>(
    map: &mut M,
    known: Known,
    all: Option<&Counters>,
    own: Option<&Counters>,
) -> Result<(), M::Error> {
    for counter in Counter::all() {
        let of = |counters: Option<&Counters>| {
            known.has(counter).then(|| thousandth(counters.map_or(0.0, |counters| counters[counter])))
        };
        map.serialize_entry(counter.field(), &of(all))?;
        map.serialize_entry(counter.self_field(), &of(own))?;
    }
    Ok(())
}

struct WireWorker<'r>(&'r perf_look_analyzers::postgres::plan::WorkerRun);

impl Serialize for WireWorker<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let worker = self.0;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("number", &worker.number)?;
        map.serialize_entry("loops", &worker.run.map(|run| Number(run.loops)))?;
        map.serialize_entry("rows", &worker.run.map(|run| thousandth(run.rows.total(run.loops).mid())))?;
        let total = worker.run.and_then(|run| Some(run.time?.total * run.loops));
        map.serialize_entry("total_ms", &total.map(thousandth))?;
        map.serialize_entry("properties", &Properties(&worker.properties))?;
        map.end()
    }
}

/// As Postgres named them.
struct Properties<'r>(&'r [Property]);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_map(self.0.iter().map(|property| (&property.name, WireValue(&property.value))))
    }
}

struct WireValue<'r>(&'r Value);

impl Serialize for WireValue<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => json.serialize_none(),
            Value::Bool(yes) => json.serialize_bool(*yes),
            Value::Integer(number) => json.serialize_i64(*number),
            Value::Decimal(number) => Number(*number).serialize(json),
            Value::Text(text) => json.serialize_str(text),
            Value::List(values) => {
                let mut list = json.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&WireValue(value))?;
                }
                list.end()
            }
            Value::Group(group) => Properties(group).serialize(json),
        }
    }
}

struct WireFinding<'r> {
    finding: &'r Finding,
    report: &'r Report,
    /// Whether it stands on a line of its own and so names its schema.
    alone: bool,
}

impl Serialize for WireFinding<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let finding = self.finding;
        let mut map = json.serialize_map(None)?;
        if self.alone {
            map.serialize_entry("schema", LINE_SCHEMA)?;
        }
        map.serialize_entry("rule", finding.rule.0)?;
        map.serialize_entry("severity", finding.severity.as_str())?;
        map.serialize_entry("subject", self.report.name(finding.location.of()))?;
        map.serialize_entry("node", &finding.location.node().map(perf_look_analyzers::postgres::NodeId::number))?;
        map.serialize_entry("location", finding.location.path())?;
        map.serialize_entry("headline", &finding.headline)?;
        map.serialize_entry("impact_ms", &finding.impact.map(|ms| thousandth(ms.0)))?;
        map.serialize_entry("impact_share", &finding.share.map(share))?;
        if self.report.workload.is_some() {
            map.serialize_entry("workload_share", &finding.workload_share.map(share))?;
        }
        map.serialize_entry("confidence", finding.confidence.as_str())?;
        map.serialize_entry("evidence", &List(finding.evidence.iter().map(WireEvidence)))?;
        map.serialize_entry("advice", &List(finding.advice.iter().map(WireAdvice)))?;
        map.serialize_entry("also", &List(finding.also.iter().map(|rule| rule.0)))?;
        map.serialize_entry("fingerprint", &finding.fingerprint)?;
        map.end()
    }
}

struct WireEvidence<'r>(&'r Evidence);

impl Serialize for WireEvidence<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let evidence = self.0;
        let mut map = json.serialize_map(Some(4))?;
        map.serialize_entry("what", evidence.what)?;
        map.serialize_entry("value", &share(evidence.observed.value()))?;
        map.serialize_entry("unit", evidence.observed.unit())?;
        map.serialize_entry("limit", &evidence.limit.map(|limit| share(limit.value())))?;
        map.end()
    }
}

struct WireAdvice<'r>(&'r Advice);

impl Serialize for WireAdvice<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(Some(3))?;
        map.serialize_entry("text", &self.0.text)?;
        map.serialize_entry("sql", &self.0.sql)?;
        map.serialize_entry("verified", &WireVerified::of(&self.0.verified))?;
        map.end()
    }
}

struct WireSkipped<'r> {
    skipped: &'r Skipped,
    report: &'r Report,
}

impl Serialize for WireSkipped<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(Some(3))?;
        map.serialize_entry("rule", self.skipped.rule.0)?;
        map.serialize_entry("subject", self.report.name(self.skipped.of))?;
        map.serialize_entry("why", &self.skipped.why)?;
        map.end()
    }
}

struct WireReject<'r>(&'r Reject);

impl Serialize for WireReject<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut map = json.serialize_map(Some(3))?;
        map.serialize_entry("source", &self.0.source)?;
        map.serialize_entry("line", &self.0.line)?;
        map.serialize_entry("why", &self.0.why)?;
        map.end()
    }
}
