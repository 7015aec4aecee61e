//! `perf-look.comparison/1`: the names here are a contract with others (`comparison.schema.json`).

use std::io::{self, Write};

use perf_look_analyzers::compare::{Difference, Figures, JoinOrder, Noise, Outside, Pair, Setting};
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::quantity::{Interval, Ms};
use perf_look_analyzers::report::Reject;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::{Comparison, Finding, Subject};
use serde::Serialize;

use super::page::WirePage;
use crate::json::{Number, thousandth, write_json};

pub(super) fn render(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    write_json(&Document::of(comparison), out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'c> {
    schema: &'static str,
    perf_look: &'static str,
    statements: Vec<Statement<'c>>,
    only_before: Vec<&'c str>,
    only_after: Vec<&'c str>,
    pages: Vec<WirePage<'c>>,
    pages_only_before: Vec<&'c str>,
    pages_only_after: Vec<&'c str>,
    rejects: Vec<WireReject<'c>>,
}

#[derive(Serialize)]
struct Statement<'c> {
    before: Side<'c>,
    after: Side<'c>,
    verdict: String,
    noise: WireNoise,
    changes: usize,
    join_order: WireJoinOrder<'c>,
    steps: Vec<Step<'c>>,
    frames: Vec<WireOutside<'c>>,
    fixed: Vec<WireFinding<'c>>,
    new: Vec<WireFinding<'c>>,
    remaining: Vec<Remaining<'c>>,
    settings: Vec<WireSetting<'c>>,
    tables: WireTables<'c>,
}

#[derive(Serialize)]
struct Side<'c> {
    name: &'c str,
    server_version: Option<&'c str>,
    planning_ms: Option<Number>,
    execution_ms: Option<Number>,
    runs_ms: &'c [f64],
}

#[derive(Serialize)]
struct WireNoise {
    kind: &'static str,
    before_ms: Option<[Number; 2]>,
    after_ms: Option<[Number; 2]>,
}

#[derive(Serialize)]
struct WireJoinOrder<'c> {
    kind: &'static str,
    before: Option<&'c [String]>,
    after: Option<&'c [String]>,
}

#[derive(Serialize)]
struct Step<'c> {
    change: &'static str,
    before: Option<Node>,
    after: Option<Node>,
    delta_ms: Option<Number>,
    moved: Vec<WireMoved<'c>>,
}

#[derive(Serialize)]
struct WireOutside<'c> {
    name: &'c str,
    before_ms: Option<Number>,
    after_ms: Option<Number>,
    delta_ms: Number,
}

#[derive(Serialize)]
struct Node {
    id: u32,
    label: String,
    self_ms: Option<Number>,
    rows: Option<Number>,
    self_blocks: Option<Number>,
}

#[derive(Serialize)]
struct WireMoved<'c> {
    condition: &'c str,
    from: &'static str,
    to: &'static str,
}

#[derive(Serialize)]
struct WireFinding<'c> {
    rule: &'static str,
    severity: &'static str,
    headline: &'c str,
    node: Option<u32>,
    impact_ms: Option<Number>,
    fingerprint: &'c str,
}

#[derive(Serialize)]
struct Remaining<'c> {
    before: WireFinding<'c>,
    after: WireFinding<'c>,
}

#[derive(Serialize)]
struct WireSetting<'c> {
    name: &'c str,
    before: Option<&'c str>,
    after: Option<&'c str>,
}

#[derive(Serialize)]
struct WireTables<'c> {
    compared: usize,
    differ: Vec<WireTable<'c>>,
}

#[derive(Serialize)]
struct WireTable<'c> {
    relation: &'c str,
    before_rows: Number,
    after_rows: Number,
}

#[derive(Serialize)]
struct WireReject<'c> {
    source: &'c str,
    line: Option<usize>,
    why: &'c str,
}

impl<'c> Document<'c> {
    fn of(comparison: &'c Comparison) -> Self {
        let name = |subjects: &'c [Subject], places: &[usize]| -> Vec<&'c str> {
            places.iter().map(|place| subjects[*place].name.as_str()).collect()
        };
        let page = |pages: &'c [Page], places: &[usize]| -> Vec<&'c str> {
            places.iter().map(|place| pages[*place].name()).collect()
        };
        let rejects = comparison.before.rejects.iter().chain(&comparison.after.rejects);
        Self {
            schema: "perf-look.comparison/1",
            perf_look: env!("CARGO_PKG_VERSION"),
            statements: comparison.differences.iter().map(|difference| Statement::of(comparison, difference)).collect(),
            only_before: name(&comparison.before.subjects, &comparison.only_before),
            only_after: name(&comparison.after.subjects, &comparison.only_after),
            pages: comparison.pages.iter().map(|difference| WirePage::of(comparison, difference)).collect(),
            pages_only_before: page(&comparison.before.pages, &comparison.pages_only_before),
            pages_only_after: page(&comparison.after.pages, &comparison.pages_only_after),
            rejects: rejects.map(WireReject::of).collect(),
        }
    }
}

impl<'c> WireReject<'c> {
    fn of(reject: &'c Reject) -> Self {
        Self { source: &reject.source, line: reject.line, why: &reject.why }
    }
}

impl<'c> Statement<'c> {
    fn of(comparison: &'c Comparison, difference: &'c Difference) -> Self {
        let (before, after) = comparison.subjects(difference);
        let finding = |findings: &'c [Finding], places: &[usize]| -> Vec<WireFinding<'c>> {
            places.iter().map(|place| WireFinding::of(&findings[*place])).collect()
        };
        Self {
            before: Side::of(before),
            after: Side::of(after),
            verdict: comparison.verdict(difference),
            noise: WireNoise::of(difference.noise),
            changes: difference.changes(),
            join_order: WireJoinOrder::of(&difference.join_order),
            steps: difference.pairs.iter().map(|pair| Step::of(comparison, difference, pair)).collect(),
            frames: difference.outside.iter().map(WireOutside::of).collect(),
            fixed: finding(&comparison.before.findings, &difference.fixed),
            new: finding(&comparison.after.findings, &difference.new),
            remaining: remaining(comparison, difference),
            settings: settings(difference),
            tables: tables(difference),
        }
    }
}

fn remaining<'c>(comparison: &'c Comparison, difference: &Difference) -> Vec<Remaining<'c>> {
    let of = |(old, new): &(usize, usize)| Remaining {
        before: WireFinding::of(&comparison.before.findings[*old]),
        after: WireFinding::of(&comparison.after.findings[*new]),
    };
    difference.remaining.iter().map(of).collect()
}

fn settings(difference: &Difference) -> Vec<WireSetting<'_>> {
    let settings = difference.settings.iter().map(|Setting { name, before, after }| WireSetting {
        name,
        before: before.as_deref(),
        after: after.as_deref(),
    });
    settings.collect()
}

fn tables(difference: &Difference) -> WireTables<'_> {
    let differ = difference.tables.differ.iter().map(|table| WireTable {
        relation: &table.relation,
        before_rows: thousandth(table.before),
        after_rows: thousandth(table.after),
    });
    WireTables { compared: difference.tables.compared, differ: differ.collect() }
}

impl<'c> Side<'c> {
    fn of(subject: &'c Subject) -> Self {
        Self {
            name: &subject.name,
            server_version: subject.server_version.as_deref(),
            planning_ms: subject.plan.statement.planning_ms.map(thousandth),
            execution_ms: subject.attribution.execution.map(|ms| thousandth(ms.0)),
            runs_ms: &subject.runs_ms,
        }
    }
}

impl WireNoise {
    fn of(noise: Noise) -> Self {
        let range = |times: Interval| Some([thousandth(times.low), thousandth(times.high)]);
        match noise {
            Noise::NotTimed => Self { kind: "not timed", before_ms: None, after_ms: None },
            Noise::SingleRun => Self { kind: "single run", before_ms: None, after_ms: None },
            Noise::Overlap(was, is) => Self { kind: "overlap", before_ms: range(was), after_ms: range(is) },
            Noise::Apart(was, is) => Self { kind: "apart", before_ms: range(was), after_ms: range(is) },
        }
    }
}

impl<'c> WireJoinOrder<'c> {
    fn of(order: &'c JoinOrder) -> Self {
        match order {
            JoinOrder::NoJoins => Self { kind: "no joins", before: None, after: None },
            JoinOrder::Same => Self { kind: "same", before: None, after: None },
            JoinOrder::Changed(was, is) => Self { kind: "changed", before: Some(was), after: Some(is) },
        }
    }
}

impl<'c> Step<'c> {
    fn of(comparison: &Comparison, difference: &Difference, pair: &'c Pair) -> Self {
        let (was, is) = comparison.figures(difference, pair);
        let (before, after) = comparison.labels(difference, pair);
        Self {
            change: pair.change.as_str(),
            before: Node::of(pair.before, before, was),
            after: Node::of(pair.after, after, is),
            delta_ms: comparison.delta(difference, pair).map(|ms| thousandth(ms.0)),
            moved: pair
                .moved
                .iter()
                .map(|moved| WireMoved { condition: &moved.condition, from: moved.from, to: moved.to })
                .collect(),
        }
    }
}

impl<'c> WireOutside<'c> {
    fn of(outside: &'c Outside) -> Self {
        let number = |own: Option<Ms>| own.map(|ms| thousandth(ms.0));
        Self {
            name: &outside.name,
            before_ms: number(outside.before),
            after_ms: number(outside.after),
            delta_ms: thousandth(outside.delta().0),
        }
    }
}

impl Node {
    fn of(id: Option<NodeId>, label: Option<String>, figures: Figures) -> Option<Self> {
        let (id, label) = (id?.number(), label?);
        // The number stands beside it.
        let label = label.split_once(' ').map_or_else(String::new, |(_, label)| label.to_owned());
        Some(Self {
            id,
            label,
            self_ms: figures.own.map(|ms| thousandth(ms.0)),
            rows: figures.rows.map(thousandth),
            self_blocks: figures.blocks.map(thousandth),
        })
    }
}

impl<'c> WireFinding<'c> {
    fn of(finding: &'c Finding) -> Self {
        Self {
            rule: finding.rule.0,
            severity: finding.severity.as_str(),
            headline: &finding.headline,
            node: finding.location.node().map(NodeId::number),
            impact_ms: finding.impact.map(|ms| thousandth(ms.0)),
            fingerprint: &finding.fingerprint,
        }
    }
}
