//! Made-up plans of any size, as EXPLAIN (ANALYZE, VERBOSE, BUFFERS) of PostgreSQL 18 prints them.
//!
//! An Append over partitions, each a hash join of two sequential scans: four nodes a partition, with the properties
//! that Postgres gives such nodes. Times are made so that they add up. The same size gives the same bytes.

pub mod gate_protocol;
mod heap;
pub mod log;
pub mod trace;

pub use heap::heap_snapshot;

use std::fmt::Write as _;

struct Node {
    kind: &'static str,
    role: Option<&'static str>,
    /// Relation and alias.
    scans: Option<(String, String)>,
    ms: f64,
    rows: u64,
    details: Vec<(&'static str, Detail)>,
    children: Vec<Node>,
}

enum Detail {
    Text(String),
    Number(u64),
    List(Vec<String>),
    /// Printed in JSON only.
    Flag(bool),
}

/// EXPLAIN (FORMAT JSON) of a plan of about so many nodes.
pub fn json(nodes: usize) -> String {
    let root = made_up(nodes);
    let mut text = String::from("[\n  {\n    \"Plan\": ");
    json_node(&mut text, &root, 2);
    let _ = write!(
        text,
        ",\n    \"Planning\": {{\n      \"Shared Hit Blocks\": 12\n    }},\n    \"Planning Time\": 4.125,\n    \"Triggers\": [\n    ],\n    \"Execution Time\": {:.3}\n  }}\n]\n",
        root.ms + 0.1
    );
    text
}

/// EXPLAIN's TEXT of the same plan.
pub fn text(nodes: usize) -> String {
    let root = made_up(nodes);
    let mut text = String::new();
    text_node(&mut text, &root, 0);
    let _ = write!(
        text,
        "Planning:\n  Buffers: shared hit=12\nPlanning Time: 4.125 ms\nExecution Time: {:.3} ms\n",
        root.ms + 0.1
    );
    text
}

fn made_up(nodes: usize) -> Node {
    let partitions: Vec<Node> = (0..(nodes / 4).max(1)).map(partition).collect();
    let ms = partitions.iter().map(|partition| partition.ms).sum::<f64>() + 1.0;
    let rows = partitions.iter().map(|partition| partition.rows).sum();
    Node { kind: "Append", role: None, scans: None, ms, rows, details: Vec::new(), children: partitions }
}

fn partition(number: usize) -> Node {
    // Every so many partitions has something to find.
    let bad = number.is_multiple_of(50);
    let rows = 1_000 + (number as u64 * 37) % 500;
    let mut orders = scan("Outer", "orders", number, 2.0 + (number % 7) as f64 / 10.0, rows);
    let column = |name: &str| format!("o_{number}.{name}");
    orders
        .details
        .insert(0, ("Output", Detail::List(["id", "customer_id", "status", "placed_at", "total"].map(column).into())));
    orders.details.push(("Filter", Detail::Text(format!("(o_{number}.status = 'open'::text)"))));
    orders.details.push(("Rows Removed by Filter", Detail::Number(if bad { 90_000 } else { 200 })));
    let mut customers = scan("Outer", "customers", number, 0.5, 100);
    let output = vec![format!("c_{number}.id"), format!("c_{number}.name")];
    customers.details.insert(0, ("Output", Detail::List(output.clone())));
    let hash = Node {
        kind: "Hash",
        role: Some("Inner"),
        scans: None,
        ms: 0.7,
        rows: 100,
        details: vec![
            ("Output", Detail::List(output)),
            ("Hash Buckets", Detail::Number(1024)),
            ("Original Hash Buckets", Detail::Number(1024)),
            ("Hash Batches", Detail::Number(1)),
            ("Original Hash Batches", Detail::Number(1)),
            ("Peak Memory Usage", Detail::Number(16)),
        ],
        children: vec![customers],
    };
    Node {
        kind: "Hash Join",
        role: Some("Member"),
        scans: None,
        ms: orders.ms + hash.ms + 0.4,
        rows,
        details: vec![
            ("Output", Detail::List(vec![column("id"), column("total"), format!("c_{number}.name")])),
            ("Join Type", Detail::Text("Inner".to_owned())),
            ("Inner Unique", Detail::Flag(true)),
            ("Hash Cond", Detail::Text(format!("(o_{number}.customer_id = c_{number}.id)"))),
        ],
        children: vec![orders, hash],
    }
}

fn scan(role: &'static str, table: &str, number: usize, ms: f64, rows: u64) -> Node {
    let alias = format!("{}_{number}", &table[..1]);
    let scans = Some((format!("{table}_p{number}"), alias));
    Node { kind: "Seq Scan", role: Some(role), scans, ms, rows, details: Vec::new(), children: Vec::new() }
}

fn indent(text: &mut String, spaces: usize) {
    text.extend(std::iter::repeat_n(' ', spaces));
}

fn json_node(text: &mut String, node: &Node, level: usize) {
    let pad = level * 2 + 2;
    let mut field = |name: &str, value: &str, first: bool| {
        text.push_str(if first { "{\n" } else { ",\n" });
        indent(text, pad);
        let _ = write!(text, "\"{name}\": {value}");
    };
    field("Node Type", &format!("\"{}\"", node.kind), true);
    if let Some(role) = node.role {
        field("Parent Relationship", &format!("\"{role}\""), false);
    }
    field("Parallel Aware", "false", false);
    field("Async Capable", "false", false);
    if let Some((relation, alias)) = &node.scans {
        field("Relation Name", &format!("\"{relation}\""), false);
        field("Schema", "\"public\"", false);
        field("Alias", &format!("\"{alias}\""), false);
    }
    for (name, number) in [("Startup Cost", 1.5), ("Total Cost", node.ms * 100.0)] {
        field(name, &format!("{number:.2}"), false);
    }
    field("Plan Rows", &node.rows.to_string(), false);
    field("Plan Width", "36", false);
    field("Actual Startup Time", &format!("{:.3}", node.ms / 10.0), false);
    field("Actual Total Time", &format!("{:.3}", node.ms), false);
    field("Actual Rows", &format!("{}.00", node.rows), false);
    field("Actual Loops", "1", false);
    field("Disabled", "false", false);
    for (name, detail) in &node.details {
        let value = match detail {
            Detail::Text(text) => format!("\"{text}\""),
            Detail::Number(number) => number.to_string(),
            Detail::List(list) => format!("[\"{}\"]", list.join("\", \"")),
            Detail::Flag(yes) => yes.to_string(),
        };
        field(name, &value, false);
    }
    for kind in ["Shared", "Local"] {
        for (what, blocks) in [("Hit", blocks(node)), ("Read", 0), ("Dirtied", 0), ("Written", 0)] {
            let blocks = if kind == "Shared" { blocks } else { 0 };
            field(&format!("{kind} {what} Blocks"), &blocks.to_string(), false);
        }
    }
    field("Temp Read Blocks", "0", false);
    field("Temp Written Blocks", "0", false);
    if !node.children.is_empty() {
        field("Plans", "[\n", false);
        for (place, child) in node.children.iter().enumerate() {
            if place > 0 {
                text.push_str(",\n");
            }
            indent(text, pad + 2);
            json_node(text, child, level + 2);
        }
        text.push('\n');
        indent(text, pad);
        text.push(']');
    }
    text.push('\n');
    indent(text, pad - 2);
    text.push('}');
}

/// Inclusive, as Postgres counts.
fn blocks(node: &Node) -> u64 {
    if node.scans.is_some() { node.rows / 20 } else { node.children.iter().map(blocks).sum() }
}

fn text_node(text: &mut String, node: &Node, depth: usize) {
    let pad = if depth == 0 { 2 } else { depth * 6 + 2 };
    if depth > 0 {
        indent(text, depth * 6 - 4);
        text.push_str("->  ");
    }
    text.push_str(node.kind);
    if let Some((relation, alias)) = &node.scans {
        let _ = write!(text, " on public.{relation} {alias}");
    }
    let _ = writeln!(
        text,
        "  (cost=1.50..{:.2} rows={} width=36) (actual time={:.3}..{:.3} rows={}.00 loops=1)",
        node.ms * 100.0,
        node.rows,
        node.ms / 10.0,
        node.ms,
        node.rows
    );
    for (name, detail) in &node.details {
        let line = match (*name, detail) {
            (
                "Join Type" | "Original Hash Buckets" | "Hash Batches" | "Original Hash Batches" | "Peak Memory Usage",
                _,
            ) => continue,
            ("Hash Buckets", _) => "Buckets: 1024  Batches: 1  Memory Usage: 16kB".to_owned(),
            (name, Detail::Text(text)) => format!("{name}: {text}"),
            (name, Detail::Number(number)) => format!("{name}: {number}"),
            (name, Detail::List(list)) => format!("{name}: {}", list.join(", ")),
            (name, Detail::Flag(yes)) => format!("{name}: {yes}"),
        };
        indent(text, pad);
        let _ = writeln!(text, "{line}");
    }
    indent(text, pad);
    let _ = writeln!(text, "Buffers: shared hit={}", blocks(node));
    for child in &node.children {
        text_node(text, child, depth + 1);
    }
}
