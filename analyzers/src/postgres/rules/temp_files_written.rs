use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::counters::{Counter, Counters};
use crate::postgres::plan::{NodeId, NodeKind, PlanNode, Role, Strategy};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/temp-files-written"),
    summary: "a step keeps its rows in temporary files, since they do not fit into work_mem",
    docs: include_str!("temp_files_written.md"),
    thresholds: &[Threshold {
        name: "min_blocks",
        default: 8_192.0,
        unit: "blocks",
        reason: "64 MiB to and from disk are felt even where the operating system caches them",
    }],
    check: Check::Plan(&[Need::Analyze, Need::Buffers], check),
};

/// What a row takes in memory beside what it takes in a file: its allocation and its place in a list (measured: 40 bytes).
const ROW_IN_MEMORY: f64 = 48.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    // These have rules of their own, which know how much memory they need.
    let is_other = |kind| {
        matches!(
            kind,
            NodeKind::Sort
                | NodeKind::IncrementalSort
                | NodeKind::Hash
                | NodeKind::HashJoin
                | NodeKind::Aggregate(Strategy::Hashed | Strategy::Mixed)
        )
    };
    context.plan.nodes_of(|kind| !is_other(kind)).filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let own = context.attribution.own_counters(node)?;
    if own.temp_blocks() < context.limit("min_blocks") {
        return None;
    }
    let name = node.text("CTE Name").map(str::to_owned).or_else(|| node.relation_and_alias());
    let name = name.map_or(String::new(), |name| format!(" on {name}"));
    let stored = stored(context, node);
    let bytes = |counter| Quantity::Bytes(own[counter] * 8_192.0);
    let back = if own[Counter::TempRead] > 0.0 { format!(" and read {} back", bytes(Counter::TempRead)) } else { String::new() };
    let headline = format!("{}{name} wrote {} to temporary files{back}", node.type_name, bytes(Counter::TempWritten));
    let mut problem = Problem::new(node.id, headline).caused_by(cause(node, stored), Matter::Memory).evidence(Evidence::against(
        "temporary blocks",
        Quantity::Blocks(own.temp_blocks()),
        Quantity::Blocks(context.limit("min_blocks")),
    ));
    if let Some(rows) = node.rows() {
        problem = problem.evidence(Evidence::of("rows given", Quantity::Rows(rows.mid())));
    }
    Some(
        problem
            .advice(advice::work_mem(context, memory(node, stored, own), "to keep them in memory"))
            .advice(Advice::text(instead(node.kind))),
    )
}

/// Two that read one WITH query store its rows once.
fn cause(node: &PlanNode, stored: &PlanNode) -> NodeId {
    if node.kind == NodeKind::CteScan { stored.id } else { node.id }
}

/// What made the rows that are stored: all that read a WITH query read the same.
fn stored<'p>(context: &Context<'p>, node: &'p PlanNode) -> &'p PlanNode {
    let query = node.text("CTE Name").map(|query| format!("CTE {query}"));
    let query = query.and_then(|query| context.plan.nodes().iter().find(|node| node.subplan_name.as_deref() == Some(&query)));
    query.or_else(|| context.plan.child(node.id, Role::Outer)).unwrap_or(node)
}

/// Memory for all of it, in KiB: `Maximum Storage` says what was stored since PostgreSQL 18.
fn memory(node: &PlanNode, stored: &PlanNode, own: &Counters) -> f64 {
    let loops = |node: &PlanNode| node.run().map_or(1.0, |run| run.loops.max(1.0));
    let written = own[Counter::TempWritten] * 8.0;
    let in_file = node.number("Maximum Storage").unwrap_or(written / loops(node));
    let discarded = stored.rows_of("Rows Removed by Filter").filter(|_| stored.id == node.id);
    let rows = stored.rows().map_or(0.0, |rows| rows.high) + discarded.map_or(0.0, |rows| rows.high);
    in_file + rows / loops(stored) * ROW_IN_MEMORY / 1024.0
}

/// How to store less, or nothing.
fn instead(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::FunctionScan | NodeKind::TableFunctionScan => {
            "a function in FROM is stored whole before its first row is used: call it in the SELECT list of a subquery, where rows come \
             one by one, or make a table of it"
        }
        NodeKind::CteScan => {
            "what is read twice is stored: carry fewer columns and rows through the WITH query, or write NOT MATERIALIZED to have it \
             done again instead"
        }
        NodeKind::WindowAgg => "a window over all rows is stored whole: give it PARTITION BY, a smaller frame, or fewer columns",
        NodeKind::Materialize => "the inner side of a join is stored to be read again: an index on what the join compares makes that needless",
        _ => "carry fewer columns and rows to this step",
    }
}
