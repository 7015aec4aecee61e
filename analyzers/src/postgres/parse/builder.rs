//! Builds a plan out of nodes and properties: the one model behind all formats.
//!
//! Each parser says what it reads in the words of Postgres' JSON: a node opens, has properties
//! (`Node Type`, `Filter`, …), holds nodes, closes.

use std::borrow::Cow;

use super::error::Refused;
use super::groups::{as_text, jit, number, serialization, set_counter, take_counters, text, trigger, workers};
use super::names::{interned, kind, role, type_name};
use crate::postgres::plan::{
    Estimate, Execution, LoopTime, NodeId, NodeKind, PerLoop, Plan, PlanNode, Property, Run, Statement, Value,
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
pub(super) struct DraftRun {
    startup: Option<f64>,
    total: Option<f64>,
    rows: Option<PerLoop>,
    loops: Option<f64>,
}

impl DraftRun {
    /// Takes a property of the run; gives back what is none.
    pub(super) fn set(&mut self, name: &str, value: &Value) -> Result<bool, Refused> {
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

    pub(super) fn finish(&self) -> Execution {
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
