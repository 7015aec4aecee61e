//! What else differs between two runs: settings, how many rows tables had, how much times vary.

use std::collections::BTreeMap;

use super::pairs::Pair;
use crate::postgres::NodeKind;
use crate::postgres::plan::{Plan, PlanNode, Role};
use crate::quantity::Interval;
use crate::report::Subject;

/// Whether a difference of times can be told from the spread of the runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// One of them was not timed.
    NotTimed,
    /// One of them was run once: nothing is known of how much its time varies.
    SingleRun,
    /// The times of the runs, least to most, in ms; they overlap.
    Overlap(Interval, Interval),
    /// The times of the runs, least to most, in ms; all of one were longer than all of the other.
    Apart(Interval, Interval),
}

impl Noise {
    pub(super) fn of(before: &Subject, after: &Subject) -> Self {
        if before.attribution.execution.is_none() || after.attribution.execution.is_none() {
            return Self::NotTimed;
        }
        let (Some(was), Some(is)) = (spread(&before.runs_ms), spread(&after.runs_ms)) else {
            return Self::SingleRun;
        };
        if was.low <= is.high && is.low <= was.high { Self::Overlap(was, is) } else { Self::Apart(was, is) }
    }
}

fn spread(runs_ms: &[f64]) -> Option<Interval> {
    if runs_ms.len() < 2 {
        return None;
    }
    let low = runs_ms.iter().copied().fold(f64::INFINITY, f64::min);
    let high = runs_ms.iter().copied().fold(0.0, f64::max);
    Some(Interval { low, high })
}

/// A setting that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `work_mem`, `server_version`.
    pub name: String,
    /// None where it is not said; EXPLAIN (SETTINGS) leaves defaults out.
    pub before: Option<String>,
    /// See `before`.
    pub after: Option<String>,
}

/// The settings that both sides say something about, or that one prints as changed.
pub(super) fn settings(before: &Subject, after: &Subject) -> Vec<Setting> {
    let (was, is) = (settings_of(before), settings_of(after));
    let names: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let of =
        |name: &String| Setting { name: name.clone(), before: was.get(name).cloned(), after: is.get(name).cloned() };
    names.into_iter().map(of).filter(|setting| setting.before != setting.after).collect()
}

fn settings_of(subject: &Subject) -> BTreeMap<String, String> {
    let version = subject.server_version.iter().map(|version| ("server_version".to_owned(), version.clone()));
    let captured = subject.settings.iter().cloned();
    let printed = subject.plan.statement.settings.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    version.chain(captured).chain(printed).collect()
}

/// What is known of how large the tables were.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tables {
    /// Those that had another number of rows.
    pub differ: Vec<Table>,
    /// How many could be compared: both plans read them whole.
    pub compared: usize,
}

/// A table that both plans read whole, with another number of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub relation: String,
    /// Rows before.
    pub before: f64,
    /// Rows after.
    pub after: f64,
}

pub(super) fn tables(before: &Plan, after: &Plan, pairs: &[Pair]) -> Tables {
    let mut tables = Tables::default();
    let mut seen = std::collections::BTreeSet::new();
    for pair in pairs {
        let (Some(old), Some(new)) = (pair.before, pair.after) else { continue };
        let (old, new) = (before.node(old), after.node(new));
        let (Some(was), Some(is)) = (rows_of_table(before, old), rows_of_table(after, new)) else { continue };
        let Some(relation) = new.relation.as_deref().filter(|relation| seen.insert(*relation)) else { continue };
        tables.compared += 1;
        if was.low > is.high || is.low > was.high {
            tables.differ.push(Table { relation: relation.to_owned(), before: was.mid(), after: is.mid() });
        }
    }
    tables
}

/// The rows of the table that a scan reads, where it reads all of them once and nothing can have stopped it.
fn rows_of_table(plan: &Plan, node: &PlanNode) -> Option<Interval> {
    let run = node.run().filter(|run| node.kind == NodeKind::SeqScan && (node.parallel || run.loops <= 1.0))?;
    let mut below = node;
    for above in plan.ancestors(node.id) {
        if stops(plan, above, below) {
            return None;
        }
        below = above;
    }
    // EXISTS ends with the first row.
    let is_whole = run.loops >= 1.0 && !matches!(below.role, Some(Role::InitPlan | Role::SubPlan));
    is_whole.then_some(node.rows()? + node.rows_of("Rows Removed by Filter")?)
}

/// Whether a node may end before its input does.
fn stops(plan: &Plan, node: &PlanNode, input: &PlanNode) -> bool {
    let is_empty = |node: &PlanNode| node.rows().is_none_or(|rows| rows.mid() <= 0.0);
    // The next row of a nested loop's other side, or its end, may come after the first match.
    if node.kind == NodeKind::NestedLoop && input.role == Some(Role::Inner) {
        return true;
    }
    match (node.kind, input.role) {
        (_, Some(Role::InitPlan | Role::SubPlan)) | (NodeKind::Limit | NodeKind::MergeJoin, _) => true,
        // Nothing can match an empty table.
        (NodeKind::HashJoin, Some(Role::Outer)) => plan.child(node.id, Role::Inner).is_none_or(is_empty),
        _ => node.type_name.contains("Semi"),
    }
}
