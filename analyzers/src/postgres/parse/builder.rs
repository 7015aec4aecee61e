//! Builds a plan out of nodes and properties: the one model behind all formats.
//!
//! Each parser says what it reads in the words of Postgres' JSON: a node opens, has properties
//! (`Node Type`, `Filter`, …), holds nodes, closes.

use std::borrow::Cow;

use super::error::Refused;
use crate::postgres::counters::{Counter, Counters};
use crate::postgres::plan::{
    Estimate, Execution, Jit, LoopTime, NodeId, NodeKind, PerLoop, Plan, PlanNode, Property, Role, Run, Serialization,
    Statement, Strategy, Trigger, Value, WorkerRun, find,
};

/// Deeper plans are refused: no planner makes them, and each level costs stack in the formats that nest.
pub const MAX_DEPTH: u32 = 20_000;

/// Larger plans are refused: 40 times a scan of 50,000 partitions.
pub const MAX_NODES: usize = 2_000_000;

/// A plan in the making.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<PlanNode>,
    open: Vec<Draft>,
    statement: Statement,
    refused: Option<Refused>,
}

/// A node whose properties are not all known yet.
struct Draft {
    id: NodeId,
    node_type: Option<Box<str>>,
    relationship: Option<Box<str>>,
    is_async: bool,
    startup_cost: Option<f64>,
    total_cost: Option<f64>,
    rows: Option<f64>,
    width: Option<f64>,
    run: DraftRun,
}

#[derive(Default)]
struct DraftRun {
    startup: Option<f64>,
    total: Option<f64>,
    rows: Option<PerLoop>,
    loops: Option<f64>,
}

impl DraftRun {
    /// Takes a property of the run; gives back what is none.
    fn set(&mut self, name: &str, value: &Value) -> Result<bool, Refused> {
        match name {
            "Actual Startup Time" => self.startup = Some(number(name, value)?),
            "Actual Total Time" => self.total = Some(number(name, value)?),
            "Actual Loops" => self.loops = Some(number(name, value)?),
            "Actual Rows" => {
                number(name, value)?;
                self.rows = value.per_loop();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(&self) -> Execution {
        match (self.loops, self.rows) {
            (None, _) => Execution::NotMeasured,
            (Some(loops), _) if loops <= 0.0 => Execution::NeverRan,
            (Some(loops), rows) => Execution::Ran(Run {
                loops,
                rows: rows.unwrap_or(PerLoop { mean: 0.0, half: 0.0 }),
                time: self.total.map(|total| LoopTime { startup: self.startup.unwrap_or(0.0), total }),
            }),
        }
    }
}

impl Builder {
    /// Whether any node was opened.
    pub(super) fn has_nodes(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// How many nodes are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Begins a node below the one that is open.
    pub(super) fn open(&mut self) -> Result<(), Refused> {
        if self.open.len() >= MAX_DEPTH as usize {
            return Err(Refused::new(format!("at most {MAX_DEPTH} levels of nodes"), "one level more"));
        }
        if self.open.is_empty() && self.has_nodes() {
            return Err(Refused::new("one plan for a statement", "a second one"));
        }
        if self.nodes.len() >= MAX_NODES {
            return Err(Refused::new(format!("at most {MAX_NODES} nodes"), "one node more"));
        }
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(PlanNode {
            id,
            parent: self.open.last().map(|above| above.id),
            end: id.0 + 1,
            depth: u32::try_from(self.open.len()).unwrap_or(u32::MAX),
            kind: NodeKind::Other,
            type_name: Cow::Borrowed(""),
            parallel: false,
            role: None,
            subplan_name: None,
            schema: None,
            relation: None,
            alias: None,
            index: None,
            estimate: None,
            execution: Execution::NotMeasured,
            counters: None,
            workers: Vec::new(),
            properties: Vec::new(),
        });
        self.open.push(Draft {
            id,
            node_type: None,
            relationship: None,
            is_async: false,
            startup_cost: None,
            total_cost: None,
            rows: None,
            width: None,
            run: DraftRun::default(),
        });
        Ok(())
    }

    /// Keeps the first reason why there will be no plan, for a parser that goes on.
    pub(super) fn refuse(&mut self, why: Refused) {
        self.refused.get_or_insert(why);
    }

    /// A property of the node that is open, in Postgres' JSON name.
    pub(super) fn set(&mut self, name: &str, value: Value) -> Result<(), Refused> {
        let Some(draft) = self.open.last_mut() else {
            return Err(Refused::new("a node", name));
        };
        let node = &mut self.nodes[draft.id.index()];
        match name {
            "Node Type" => match text(name, value)? {
                empty if empty.trim().is_empty() => {
                    return Err(Refused::new("a node's name as \"Node Type\"", "an empty one"));
                }
                node_type => draft.node_type = Some(node_type),
            },
            "Parent Relationship" => draft.relationship = Some(text(name, value)?),
            "Subplan Name" => node.subplan_name = Some(text(name, value)?),
            "Parallel Aware" => node.parallel = value == Value::Bool(true),
            "Async Capable" => draft.is_async = value == Value::Bool(true),
            "Schema" => node.schema = Some(text(name, value)?),
            "Relation Name" => node.relation = Some(text(name, value)?),
            "Alias" => node.alias = Some(text(name, value)?),
            "Index Name" => node.index = Some(text(name, value)?),
            "Startup Cost" => draft.startup_cost = Some(number(name, &value)?),
            "Total Cost" => draft.total_cost = Some(number(name, &value)?),
            "Plan Rows" => draft.rows = Some(number(name, &value)?),
            "Plan Width" => draft.width = Some(number(name, &value)?),
            "Workers" => node.workers = workers(value)?,
            _ => {
                if draft.run.set(name, &value)? || set_counter(&mut node.counters, name, &value) {
                    return Ok(());
                }
                node.properties.push(Property { name: interned(name), value });
            }
        }
        Ok(())
    }

    /// Ends the node that is open.
    pub(super) fn close(&mut self) -> Result<(), Refused> {
        let Some(draft) = self.open.pop() else {
            return Err(Refused::new("no more ends than beginnings of nodes", "one end more"));
        };
        let end = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let parent = self.open.last().and_then(|above| above.node_type.as_deref());
        let node = &mut self.nodes[draft.id.index()];
        let Some(node_type) = draft.node_type.as_deref() else {
            return Err(Refused::new("a \"Node Type\" in each node", "a node without one"));
        };
        node.end = end;
        node.execution = draft.run.finish();
        node.estimate = draft.total_cost.map(|total_cost| Estimate {
            startup_cost: draft.startup_cost.unwrap_or(0.0),
            total_cost,
            rows: draft.rows.unwrap_or(0.0),
            width: draft.width.unwrap_or(0.0),
        });
        node.kind = kind(node_type, node);
        node.type_name = type_name(node_type, node, draft.is_async);
        node.role = role(draft.relationship.as_deref(), node.subplan_name.as_deref(), parent);
        node.properties.shrink_to_fit();
        Ok(())
    }

    /// A property of the statement, beside `Plan`, in Postgres' JSON name.
    pub(super) fn set_statement(&mut self, name: &str, value: Value) -> Result<(), Refused> {
        let statement = &mut self.statement;
        match (name, value) {
            ("Query Text", Value::Text(sql)) => statement.query = Some(sql),
            ("Planning Time", value) => statement.planning_ms = Some(number(name, &value)?),
            ("Execution Time" | "Total Runtime", value) => statement.execution_ms = Some(number(name, &value)?),
            ("Planning", Value::Group(group)) => {
                let (counters, rest) = take_counters(group);
                statement.planning_counters = counters;
                if !rest.is_empty() {
                    statement.properties.push(Property { name: interned("Planning"), value: Value::Group(rest) });
                }
            }
            ("Triggers", Value::List(list)) => {
                for trigger in list {
                    statement.triggers.push(self::trigger(trigger)?);
                }
            }
            ("JIT", Value::Group(group)) => statement.jit = Some(jit(group)),
            ("Serialization", Value::Group(group)) => statement.serialization = Some(serialization(group)),
            ("Settings", Value::Group(group)) => {
                let settings = group.into_iter().map(|setting| (setting.name.into(), as_text(setting.value)));
                statement.settings.extend(settings);
            }
            (name, value) => statement.properties.push(Property { name: interned(name), value }),
        }
        Ok(())
    }

    /// The plan, when all nodes are closed.
    pub(super) fn finish(self) -> Result<Plan, Refused> {
        if let Some(why) = self.refused {
            return Err(why);
        }
        if self.nodes.is_empty() {
            return Err(Refused::new("a plan with at least one node", "none"));
        }
        if !self.open.is_empty() {
            return Err(Refused::new("the end of the plan's nodes", ""));
        }
        Ok(Plan::new(self.nodes, self.statement))
    }
}

fn number(name: &str, value: &Value) -> Result<f64, Refused> {
    value
        .number()
        .filter(|n| n.is_finite())
        .ok_or_else(|| Refused::new(format!("a number as \"{name}\""), &shown(value)))
}

fn text(name: &str, value: Value) -> Result<Box<str>, Refused> {
    match value {
        Value::Text(text) => Ok(text),
        value => Err(Refused::new(format!("a text as \"{name}\""), &shown(&value))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Decimal(n) => n.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(_) => "a list".to_owned(),
        Value::Group(_) => "a group".to_owned(),
    }
}

fn as_text(value: Value) -> Box<str> {
    match value {
        Value::Text(text) => text,
        value => shown(&value).into(),
    }
}

/// Takes a property that is a counter; says whether it was one.
fn set_counter(counters: &mut Option<Box<Counters>>, name: &str, value: &Value) -> bool {
    let (Some(counter), Some(number)) = (Counter::of_property(name), value.number()) else {
        return false;
    };
    counters.get_or_insert_default()[counter] = number;
    true
}

fn take_counters(group: Vec<Property>) -> (Option<Box<Counters>>, Vec<Property>) {
    let mut counters = None;
    let rest =
        group.into_iter().filter(|property| !set_counter(&mut counters, &property.name, &property.value)).collect();
    (counters, rest)
}

fn workers(value: Value) -> Result<Vec<WorkerRun>, Refused> {
    let Value::List(list) = value else {
        return Err(Refused::new("a list as \"Workers\"", &shown(&value)));
    };
    list.into_iter().map(worker).collect()
}

fn worker(value: Value) -> Result<WorkerRun, Refused> {
    let Value::Group(group) = value else {
        return Err(Refused::new("a group for each of the \"Workers\"", &shown(&value)));
    };
    let mut worker = WorkerRun { number: 0, run: None, counters: None, properties: Vec::new() };
    let mut run = DraftRun::default();
    for Property { name, value } in group {
        if name == "Worker Number" {
            let number = number(&name, &value)?;
            worker.number = format!("{number}").parse().unwrap_or(0);
        } else if !run.set(&name, &value)? && !set_counter(&mut worker.counters, &name, &value) {
            worker.properties.push(Property { name, value });
        }
    }
    if let Execution::Ran(run) = run.finish() {
        worker.run = Some(run);
    }
    Ok(worker)
}

fn trigger(value: Value) -> Result<Trigger, Refused> {
    let Value::Group(group) = value else {
        return Err(Refused::new("a group for each of the \"Triggers\"", &shown(&value)));
    };
    let word = |name: &str| find(&group, name).and_then(Value::text).map(Box::from);
    Ok(Trigger {
        name: word("Trigger Name").unwrap_or_default(),
        constraint: word("Constraint Name"),
        relation: word("Relation"),
        time_ms: find(&group, "Time").and_then(Value::number),
        calls: find(&group, "Calls").and_then(Value::number).unwrap_or(0.0),
    })
}

fn jit(group: Vec<Property>) -> Jit {
    let mut jit = Jit::default();
    for Property { name, value } in group {
        match (&*name, value) {
            ("Functions", value) if value.number().is_some() => jit.functions = value.number().unwrap_or(0.0),
            ("Timing", Value::Group(timing)) => {
                for part in timing {
                    match (&*part.name, &part.value) {
                        ("Total", value) => jit.total_ms = value.number(),
                        // PostgreSQL 17 nests the part that deforms tuples: {"Deform": 0.1, "Total": 0.5}.
                        (_, Value::Group(parts)) => {
                            if let Some(total) = find(parts, "Total").and_then(Value::number) {
                                jit.timing.push((part.name.clone().into(), total));
                            }
                            jit.properties.push(part);
                        }
                        (name, value) => {
                            if let Some(ms) = value.number() {
                                jit.timing.push((name.into(), ms));
                            }
                        }
                    }
                }
            }
            (_, value) => jit.properties.push(Property { name, value }),
        }
    }
    jit
}

fn serialization(group: Vec<Property>) -> Serialization {
    let (counters, rest) = take_counters(group);
    Serialization {
        time_ms: find(&rest, "Time").and_then(Value::number),
        output_kb: find(&rest, "Output Volume").and_then(Value::number).unwrap_or(0.0),
        format: find(&rest, "Format").and_then(Value::text).unwrap_or_default().into(),
        counters,
    }
}

/// `ModifyTable`'s input is called "Member" up to PostgreSQL 13 and "Outer" later.
fn role(relationship: Option<&str>, subplan_name: Option<&str>, parent: Option<&str>) -> Option<Role> {
    match (relationship, parent) {
        (Some("InitPlan"), _) if subplan_name.is_some_and(|name| name.starts_with("CTE ")) => Some(Role::Cte),
        (Some("InitPlan"), _) => Some(Role::InitPlan),
        (Some("SubPlan"), _) => Some(Role::SubPlan),
        (Some("Inner"), _) => Some(Role::Inner),
        (Some("Outer" | "Subquery"), _) | (Some("Member"), Some("ModifyTable")) | (None, Some(_)) => Some(Role::Outer),
        (Some(_), _) => Some(Role::Member),
        (None, None) => None,
    }
}

fn kind(node_type: &str, node: &PlanNode) -> NodeKind {
    match node_type {
        "Aggregate" => NodeKind::Aggregate(match node.text("Strategy") {
            Some("Sorted") => Strategy::Sorted,
            Some("Hashed") => Strategy::Hashed,
            Some("Mixed") => Strategy::Mixed,
            _ => Strategy::Plain,
        }),
        "Append" => NodeKind::Append,
        "BitmapAnd" => NodeKind::BitmapAnd,
        "Bitmap Heap Scan" => NodeKind::BitmapHeapScan,
        "Bitmap Index Scan" => NodeKind::BitmapIndexScan,
        "BitmapOr" => NodeKind::BitmapOr,
        "CTE Scan" => NodeKind::CteScan,
        "Custom Scan" => NodeKind::CustomScan,
        "Foreign Scan" => NodeKind::ForeignScan,
        "Function Scan" => NodeKind::FunctionScan,
        "Gather" => NodeKind::Gather,
        "Gather Merge" => NodeKind::GatherMerge,
        "Group" => NodeKind::Group,
        "Hash" => NodeKind::Hash,
        "Hash Join" => NodeKind::HashJoin,
        "Incremental Sort" => NodeKind::IncrementalSort,
        "Index Only Scan" => NodeKind::IndexOnlyScan,
        "Index Scan" => NodeKind::IndexScan,
        "Limit" => NodeKind::Limit,
        "LockRows" => NodeKind::LockRows,
        "Materialize" => NodeKind::Materialize,
        "Memoize" => NodeKind::Memoize,
        "Merge Append" => NodeKind::MergeAppend,
        "Merge Join" => NodeKind::MergeJoin,
        "ModifyTable" => NodeKind::ModifyTable,
        "Named Tuplestore Scan" => NodeKind::NamedTuplestoreScan,
        "Nested Loop" => NodeKind::NestedLoop,
        "ProjectSet" => NodeKind::ProjectSet,
        "Recursive Union" => NodeKind::RecursiveUnion,
        "Result" => NodeKind::Result,
        "Sample Scan" => NodeKind::SampleScan,
        "Seq Scan" => NodeKind::SeqScan,
        "SetOp" => NodeKind::SetOp,
        "Sort" => NodeKind::Sort,
        "Subquery Scan" => NodeKind::SubqueryScan,
        "Table Function Scan" => NodeKind::TableFunctionScan,
        "Tid Range Scan" => NodeKind::TidRangeScan,
        "Tid Scan" => NodeKind::TidScan,
        "Unique" => NodeKind::Unique,
        "Values Scan" => NodeKind::ValuesScan,
        "WindowAgg" => NodeKind::WindowAgg,
        "WorkTable Scan" => NodeKind::WorkTableScan,
        _ => NodeKind::Other,
    }
}

/// What TEXT prints; see `ExplainNode` in Postgres' `explain.c`.
fn type_name(node_type: &str, node: &PlanNode, is_async: bool) -> Cow<'static, str> {
    let plain = interned(node_type);
    let name = match node.kind {
        NodeKind::Aggregate(strategy) => {
            let name = match strategy {
                Strategy::Plain => "Aggregate",
                Strategy::Sorted => "GroupAggregate",
                Strategy::Hashed => "HashAggregate",
                Strategy::Mixed => "MixedAggregate",
            };
            match node.text("Partial Mode") {
                Some(mode @ ("Partial" | "Finalize")) => Cow::Owned(format!("{mode} {name}")),
                _ => Cow::Borrowed(name),
            }
        }
        NodeKind::ModifyTable => node.text("Operation").map_or(plain, interned),
        NodeKind::NestedLoop => match node.text("Join Type") {
            None | Some("Inner") => plain,
            Some(join) => Cow::Owned(format!("Nested Loop {join} Join")),
        },
        NodeKind::HashJoin | NodeKind::MergeJoin => match node.text("Join Type") {
            None | Some("Inner") => plain,
            Some(join) => Cow::Owned(node_type.replace(" Join", &format!(" {join} Join"))),
        },
        NodeKind::SetOp => {
            let hashed = if node.text("Strategy") == Some("Hashed") { "Hash" } else { "" };
            let command = node.text("Command").map_or(String::new(), |command| format!(" {command}"));
            Cow::Owned(format!("{hashed}SetOp{command}"))
        }
        NodeKind::IndexScan | NodeKind::IndexOnlyScan if node.text("Scan Direction") == Some("Backward") => {
            Cow::Owned(format!("{node_type} Backward"))
        }
        NodeKind::ForeignScan => match node.text("Operation") {
            None | Some("Select") => plain,
            Some(operation) => Cow::Owned(format!("Foreign {operation}")),
        },
        NodeKind::CustomScan => match node.text("Custom Plan Provider") {
            Some(provider) => Cow::Owned(format!("Custom Scan ({provider})")),
            None => plain,
        },
        _ => plain,
    };
    if is_async { Cow::Owned(format!("Async {name}")) } else { name }
}

/// Names that Postgres prints in nearly every plan: kept once, in the program.
/// Short ones first, so that a name is only compared with those of its length; then in the order of the alphabet.
const COMMON: [&str; 66] = [
    "Hash",
    "Sort",
    "Limit",
    "Append",
    "Delete",
    "Filter",
    "Gather",
    "Insert",
    "Output",
    "Result",
    "Update",
    "Command",
    "Memoize",
    "BitmapOr",
    "CTE Name",
    "CTE Scan",
    "Disabled",
    "Seq Scan",
    "Sort Key",
    "Strategy",
    "Aggregate",
    "BitmapAnd",
    "Cache Key",
    "Group Key",
    "Hash Cond",
    "Hash Join",
    "Join Type",
    "Cache Hits",
    "Cache Mode",
    "Index Cond",
    "Index Scan",
    "Merge Cond",
    "Merge Join",
    "Join Filter",
    "Materialize",
    "Nested Loop",
    "Sort Method",
    "Cache Misses",
    "Gather Merge",
    "Hash Batches",
    "Hash Buckets",
    "Heap Fetches",
    "Inner Unique",
    "Partial Mode",
    "Recheck Cond",
    "Function Scan",
    "Index Searches",
    "Scan Direction",
    "Cache Evictions",
    "Cache Overflows",
    "Index Only Scan",
    "Sort Space Type",
    "Sort Space Used",
    "Workers Planned",
    "Bitmap Heap Scan",
    "Workers Launched",
    "Bitmap Index Scan",
    "Exact Heap Blocks",
    "Lossy Heap Blocks",
    "Peak Memory Usage",
    "Planned Partitions",
    "Original Hash Batches",
    "Original Hash Buckets",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
];

/// Where the names of each length begin in [`COMMON`].
const BEGINNINGS: [usize; 32] = {
    let mut beginnings = [COMMON.len(); 32];
    let mut place = COMMON.len();
    while place > 0 {
        place -= 1;
        let mut length = 0;
        while length <= COMMON[place].len() {
            beginnings[length] = place;
            length += 1;
        }
    }
    beginnings
};

pub(super) fn interned(name: &str) -> Cow<'static, str> {
    let same_length = BEGINNINGS.get(name.len()..name.len() + 2).map_or(&[][..], |ends| &COMMON[ends[0]..ends[1]]);
    match same_length.iter().find(|common| **common == name) {
        Some(common) => Cow::Borrowed(common),
        None => Cow::Owned(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_names_are_sorted() {
        assert!(COMMON.is_sorted_by_key(|name| (name.len(), *name)));
        assert!(COMMON.iter().all(|name| matches!(interned(name), Cow::Borrowed(_))));
    }
}
