//! The table `plan_nodes`: a row a node of a plan, in the plan's order.

use parquet_derive::ParquetRecordWriter;
use perf_look_analyzers::postgres::counters::Counter;
use perf_look_analyzers::postgres::plan::{Execution, Role};
use perf_look_analyzers::postgres::{NodeId, PlanNode};
use perf_look_analyzers::quantity::Interval;
use perf_look_analyzers::{Report, Subject};

use super::{Day, Keys};

#[derive(ParquetRecordWriter)]
pub(super) struct Row {
    statement: Option<String>,
    plan: String,
    subject: String,
    node: i64,
    parent: Option<i64>,
    r#type: String,
    parallel: bool,
    role: Option<String>,
    schema: Option<String>,
    relation: Option<String>,
    alias: Option<String>,
    index: Option<String>,
    loops: Option<f64>,
    plan_rows: Option<f64>,
    rows: Option<f64>,
    total_ms: Option<f64>,
    self_ms: Option<f64>,
    cost: Option<f64>,
    self_shared_hit: Option<f64>,
    self_shared_read: Option<f64>,
    self_temp_read: Option<f64>,
    self_temp_written: Option<f64>,
    filter: Option<String>,
    rows_removed_by_filter: Option<f64>,
    never_executed: bool,
}

pub(super) fn rows(report: &Report) -> impl Iterator<Item = (Day, Row)> {
    report.subjects.iter().enumerate().flat_map(|(place, subject)| {
        let keys = Keys::of(report, place);
        subject.plan.nodes().iter().map(move |node| (keys.day.clone(), row(&keys, subject, node)))
    })
}

fn row(keys: &Keys, subject: &Subject, node: &PlanNode) -> Row {
    let number = |id: NodeId| i64::from(id.number());
    let time = subject.attribution.time(node.id);
    let known = subject.plan.known_counters();
    let own = subject.attribution.own_counters(node);
    let counter = |counter: Counter| known.has(counter).then(|| own.map_or(0.0, |counters| counters[counter]));
    Row {
        statement: keys.statement.clone(),
        plan: keys.plan.clone(),
        subject: subject.name.clone(),
        node: number(node.id),
        parent: node.parent.map(number),
        r#type: node.type_name.to_string(),
        parallel: node.parallel,
        role: node.role.map(Role::as_str).map(str::to_owned),
        schema: node.schema.as_deref().map(str::to_owned),
        relation: node.relation.as_deref().map(str::to_owned),
        alias: node.alias.as_deref().map(str::to_owned),
        index: node.index.as_deref().map(str::to_owned),
        loops: match &node.execution {
            Execution::NotMeasured => None,
            Execution::NeverRan => Some(0.0),
            Execution::Ran(run) => Some(run.loops),
        },
        plan_rows: node.estimate.map(|estimate| estimate.rows),
        rows: node.rows().map(Interval::mid),
        total_ms: time.map(|time| time.total.0),
        self_ms: time.map(|time| time.own.0),
        cost: node.estimate.map(|estimate| estimate.total_cost),
        self_shared_hit: counter(Counter::SharedHit),
        self_shared_read: counter(Counter::SharedRead),
        self_temp_read: counter(Counter::TempRead),
        self_temp_written: counter(Counter::TempWritten),
        filter: node.text("Filter").map(str::to_owned),
        rows_removed_by_filter: node.rows_of("Rows Removed by Filter").map(Interval::mid),
        never_executed: node.execution == Execution::NeverRan,
    }
}
