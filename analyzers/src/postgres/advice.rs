//! What to do about it, in SQL where the plan's text tells enough: indexes and memory.

mod index;
pub(super) mod statistics;

use super::plan::{NodeKind, PlanNode};
use crate::finding::Advice;
use crate::rule::Context;
pub(super) use index::{depends_on_settings, index_for, indexed_table, key, ordered_index_for, wider_index_for};
pub(super) use statistics::statistics_for;

/// The table of a node as SQL names it; none where the node reads none: functions and WITH queries have names, too.
pub(super) fn table(node: &PlanNode) -> Option<String> {
    let is_other = matches!(
        node.kind,
        NodeKind::CteScan
            | NodeKind::FunctionScan
            | NodeKind::NamedTuplestoreScan
            | NodeKind::SubqueryScan
            | NodeKind::TableFunctionScan
            | NodeKind::ValuesScan
            | NodeKind::WorkTableScan
    );
    if is_other {
        return None;
    }
    Some(in_schema(node.schema.as_deref(), node.relation.as_deref()?))
}

/// A name with its schema, where that is not `public`.
pub(super) fn in_schema(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) if schema != "public" => format!("{}.{}", quoted(schema), quoted(name)),
        _ => quoted(name),
    }
}

/// A name in double quotes where it needs them.
pub(super) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_plain = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty();
    let needs_none = is_plain && !RESERVED.contains(&name);
    if needs_none { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Keywords that name no table without quotes (`pg_get_keywords()`: R and T, PostgreSQL 18).
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch",
    "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner",
    "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime",
    "localtimestamp", "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps",
    "placing", "primary", "references", "returning", "right", "select", "session_user", "similar", "some",
    "symmetric", "system_user", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique", "user",
    "using", "variadic", "verbose", "when", "where", "window", "with",
];

/// In MB: from here on memory for one sort is that of other statements.
const MUCH: f64 = 1_024.0;

/// `work_mem` for one statement, rounded up to a step that people use, in words and SQL.
pub(super) fn work_mem(context: &Context<'_>, needed_kb: f64, why: &str) -> Advice {
    let megabytes = (needed_kb / 1024.0).max(1.0);
    let mut step = 4.0;
    while step < megabytes {
        step *= 2.0;
    }
    let now = context.setting("work_mem").map_or(String::new(), |now| format!(" (now {now})"));
    let (size, unit) = if step < MUCH { (step, "MB") } else { (step / MUCH, "GB") };
    let spare = if step < MUCH { "" } else { ", if the server can spare it, which few can" };
    Advice::sql(
        format!(
            "{why}: give this statement, and only this one, about {size:.0} {unit} of work_mem{now}{spare}; each sort, hash and process takes as much"
        ),
        format!("SET LOCAL work_mem = '{size:.0}{unit}';"),
    )
}

/// A hash may take `work_mem` times this. Its default was 1 before PostgreSQL 15 and is 2 since; where neither it nor the
/// version is known 1 is assumed: the advice is then for too much memory rather than too little.
pub(super) fn hash_mem_multiplier(context: &Context<'_>) -> f64 {
    let set = context.setting("hash_mem_multiplier").and_then(|value| value.parse().ok());
    let default = if context.major().is_some_and(|major| major >= 15) { 2.0 } else { 1.0 };
    f64::max(set.unwrap_or(default), 1.0)
}

/// `work_mem` in KiB; none where it is not known.
pub(super) fn work_mem_kb(context: &Context<'_>) -> Option<f64> {
    let value = context.setting("work_mem")?;
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: f64 = value[..value.len() - unit.len()].parse().ok()?;
    let factor = match unit {
        "" | "kB" => 1.0,
        "MB" => 1024.0,
        "GB" => 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(quoted("orders"), "orders");
        assert_eq!(quoted("user"), "\"user\"");
        assert_eq!(quoted("My \"T\""), "\"My \"\"T\"\"\"");
    }
}
