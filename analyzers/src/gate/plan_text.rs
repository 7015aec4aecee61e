//! A plan as Postgres' TEXT format prints it, with the figures that another run repeats and without the others: a node a
//! line, so that a change of the plan can be read in the difference of two files, and so that it can be read back.

use std::fmt::Write as _;

use crate::postgres::counters::{Counter, Counters};
use crate::postgres::plan::{Execution, Plan, PlanNode, Value};

/// What of a node's properties belongs to the plan or is counted exactly. Left out is what depends on the machine or is
/// long and says nothing of the work: memory, `Output`.
const KEPT: [&str; 32] = [
    "Index Cond",
    "Recheck Cond",
    "Order By",
    "TID Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "One-Time Filter",
    "Run Condition",
    "Sort Key",
    "Presorted Key",
    "Group Key",
    "Cache Key",
    "Cache Mode",
    "Function Name",
    "CTE Name",
    "Conflict Resolution",
    "Conflict Arbiter Indexes",
    "Subplans Removed",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Conflict Filter",
    "Heap Fetches",
    "Index Searches",
    "Hash Batches",
    "Original Hash Batches",
    "HashAgg Batches",
    "Tuples Inserted",
    "Conflicting Tuples",
    "Remote SQL",
];

/// The lines of a plan.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let mut writer = Writer { plan, lines: Vec::new() };
    writer.node(plan.root(), 0);
    writer.lines
}

struct Writer<'p> {
    plan: &'p Plan,
    lines: Vec<String>,
}

impl Writer<'_> {
    /// A node whose name stands at this column, and all below it. Without recursion: plans go deep.
    fn node(&mut self, root: &PlanNode, column: usize) {
        let mut open = vec![(root, column)];
        while let Some((node, column)) = open.pop() {
            let mut indent = column;
            if let Some(name) = node.subplan_name.as_deref().filter(|_| node.parent.is_some()) {
                self.lines.push(format!("{:indent$}{name}", ""));
                indent += 2;
            }
            let arrow = if node.parent.is_some() { "->  " } else { "" };
            self.lines.push(format!("{:indent$}{arrow}{}", "", headline(node)));
            let inside = indent + arrow.len() + 2;
            self.properties(node, inside);
            let children: Vec<_> = self.plan.children(node.id).collect();
            open.extend(children.into_iter().rev().map(|child| (child, inside)));
        }
    }

    fn properties(&mut self, node: &PlanNode, indent: usize) {
        for property in node.properties.iter().filter(|property| KEPT.contains(&&*property.name)) {
            if let Some(value) = value(&property.value) {
                self.lines.push(format!("{:indent$}{}: {value}", "", property.name));
            }
        }
        if let Some(counters) = node.counters.as_deref() {
            self.lines.push(format!("{:indent$}Buffers: {}", "", buffers(counters)));
        }
    }
}

/// `Index Scan using orders_pkey on public.orders o  (cost=0.29..8.31 rows=1 width=4) (actual rows=1 loops=1)`.
fn headline(node: &PlanNode) -> String {
    let mut line = String::new();
    if node.parallel {
        line.push_str("Parallel ");
    }
    line.push_str(&node.type_name);
    if let Some(index) = &node.index {
        line.push_str(if node.relation.is_some() { " using " } else { " on " });
        line.push_str(&quoted(index));
    }
    if let Some(relation) = node.relation.as_deref().or(node.alias.as_deref()) {
        let schema = node.schema.as_deref().map_or(String::new(), |schema| format!("{}.", quoted(schema)));
        // Writing to a string cannot fail.
        let _ = write!(line, " on {schema}{}", quoted(relation));
        if let Some(alias) = node.alias.as_deref().filter(|alias| *alias != relation) {
            let _ = write!(line, " {}", quoted(alias));
        }
    }
    if let Some(estimate) = node.estimate {
        let _ = write!(
            line,
            "  (cost={:.2}..{:.2} rows={} width={})",
            estimate.startup_cost, estimate.total_cost, estimate.rows, estimate.width
        );
    }
    match &node.execution {
        Execution::NotMeasured => {}
        Execution::NeverRan => line.push_str(" (never executed)"),
        Execution::Ran(run) => {
            let rows = run.rows.mean;
            // A fraction keeps its decimals: they say how far it is rounded.
            let rows = if run.rows.half < 0.5 { format!("{rows:.2}") } else { format!("{rows}") };
            let _ = write!(line, " (actual rows={rows} loops={})", run.loops);
        }
    }
    line
}

/// What was found in memory and what was read are one sum: which is which is chance.
fn buffers(counters: &Counters) -> String {
    let shared = counters[Counter::SharedHit] + counters[Counter::SharedRead];
    let local = counters[Counter::LocalHit] + counters[Counter::LocalRead];
    let mut text = format!("shared hit={shared}");
    if local > 0.0 {
        let _ = write!(text, ", local hit={local}");
    }
    if counters.temp_blocks() > 0.0 {
        let _ = write!(text, ", temp read={} written={}", counters[Counter::TempRead], counters[Counter::TempWritten]);
    }
    text
}

fn value(value: &Value) -> Option<String> {
    match value {
        Value::Integer(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Value::List(values) => {
            let texts: Option<Vec<_>> = values.iter().map(self::value).collect();
            texts.map(|texts| texts.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Group(_) => None,
    }
}

/// A name as Postgres prints it: in quotes where it would be another one without them.
fn quoted(name: &str) -> String {
    let plain =
        |(place, c): (usize, char)| c.is_ascii_lowercase() || c == '_' || place > 0 && (c.is_ascii_digit() || c == '$');
    // What is no table, such as `*VALUES*`, Postgres quotes as well.
    if !name.is_empty() && name.chars().enumerate().all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::parse;

    const PLAN: &str = r#"Hash Join  (cost=1.50..40.00 rows=10 width=8) (actual rows=7 loops=1)
  Hash Cond: (o.customer = c.id)
  Buffers: shared hit=12 read=3, temp read=1 written=2
  InitPlan 1 (returns $0)
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (actual rows=1 loops=1)
  ->  Seq Scan on public."Orders" o  (cost=0.00..35.50 rows=10 width=8) (actual rows=7 loops=1)
        Filter: (status = 'it''s: open'::text)
        Rows Removed by Filter: 93
        Buffers: shared hit=10
  ->  Hash  (cost=1.10..1.10 rows=10 width=4) (never executed)
        ->  Seq Scan on public.customer c  (cost=0.00..1.10 rows=10 width=4) (never executed)
"#;

    #[test]
    fn a_written_plan_is_read_back_as_it_was() {
        let plan = parse::parse(PLAN).unwrap().plans.remove(0);
        let written = lines(&plan).join("\n");
        let again = parse::parse(&written).unwrap().plans.remove(0);
        assert_eq!(lines(&again).join("\n"), written);
        insta::assert_snapshot!(written);
        assert_eq!(again.nodes().len(), plan.nodes().len());
        assert!((again.root().counters.as_ref().unwrap().touched_blocks() - 15.0).abs() < 0.5);
    }
}
