//! What to do about it, in SQL where the plan's text tells enough: indexes and memory.

use super::expression::{self, Compared, How};
use super::plan::{Plan, PlanNode};
use crate::finding::Advice;

/// Indexes that would serve the conditions on a node's relation, best first; words where the conditions do not tell.
pub(super) fn index_for(node: &PlanNode, conditions: &[&str]) -> Vec<Advice> {
    let table = table(node);
    let name = node.relation.as_deref().unwrap_or("the table");
    let read = conditions.iter().map(|condition| expression::read(condition, node.alias.as_deref()));
    let compared: Vec<Compared<'_>> = read.flat_map(|condition| condition.compared).collect();
    let Some(table) = table else {
        return vec![Advice::text(format!("index what the condition compares: {}", conditions.join(" AND ")))];
    };
    let mut advice = Vec::new();
    let columns = key_columns(&compared);
    if columns.is_empty() {
        if let Some(pattern) = compared.iter().find(|compared| compared.how == How::Pattern) {
            advice.push(Advice::sql(
                format!("a pattern that does not begin with fixed text needs a trigram index on `{name}`"),
                format!(
                    "CREATE EXTENSION IF NOT EXISTS pg_trgm;\nCREATE INDEX ON {table} USING gin ({} gin_trgm_ops);",
                    pattern.column
                ),
            ));
            return advice;
        }
        let text = conditions.join(" AND ");
        advice.push(Advice::text(format!(
            "which columns of `{name}` an index should have could not be told from `{text}`: rewrite it as comparisons of \
             columns joined by AND, or index its expression"
        )));
        return advice;
    }
    advice.push(Advice::sql(
        format!("index what `{name}` is searched by"),
        format!("CREATE INDEX ON {table} ({});", columns.join(", ")),
    ));
    if let Some(cast) = compared.iter().find(|compared| compared.is_expression && compared.column.contains("::")) {
        advice.push(Advice::text(format!(
            "`{}` casts the column, so that an index on the column does not serve: compare with a value of the column's own \
             type",
            cast.text
        )));
    }
    advice
}

/// Columns compared with `=` first, in their order, then one that is compared with a range: no column behind a range
/// narrows the search.
fn key_columns(compared: &[Compared<'_>]) -> Vec<String> {
    let shown = |compared: &Compared<'_>| match (compared.is_expression, compared.how) {
        (true, _) => format!("({})", compared.column),
        (false, How::Prefix) => format!("{} text_pattern_ops", compared.column),
        (false, _) => compared.column.clone(),
    };
    let mut columns: Vec<String> = Vec::new();
    for equal in compared.iter().filter(|compared| compared.how == How::Equal) {
        let column = shown(equal);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let range = compared.iter().find(|compared| matches!(compared.how, How::Range | How::Prefix));
    columns.extend(range.map(shown).filter(|column| !columns.contains(column)));
    columns
}

/// The table of a node as SQL names it; none where the node reads none.
pub(super) fn table(node: &PlanNode) -> Option<String> {
    let relation = quoted(node.relation.as_deref()?);
    Some(match node.schema.as_deref() {
        Some(schema) if schema != "public" => format!("{}.{relation}", quoted(schema)),
        _ => relation,
    })
}

/// A name in double quotes where it needs them.
pub(super) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let needs_none = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty();
    if needs_none { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `work_mem` for one statement, rounded up to a step that people use, in words and SQL.
pub(super) fn work_mem(plan: &Plan, needed_kb: f64, why: &str) -> Advice {
    let megabytes = (needed_kb / 1024.0).max(1.0);
    let mut step = 4.0;
    while step < megabytes {
        step *= 2.0;
    }
    let now = setting(plan, "work_mem").map_or(String::new(), |now| format!(" (now {now})"));
    Advice::sql(
        format!(
            "{why}: give this statement, and only this one, about {step:.0} MB of work_mem{now}; each sort, hash and process takes as much"
        ),
        format!("SET LOCAL work_mem = '{step:.0}MB';"),
    )
}

/// A setting that EXPLAIN (SETTINGS) printed: one that differs from its default.
pub(super) fn setting<'p>(plan: &'p Plan, name: &str) -> Option<&'p str> {
    plan.statement.settings.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_comes_before_a_range_and_nothing_after() {
        let condition = expression::read("((t > 1) AND (a = 2) AND (u < 3) AND (lower(b) = 'x'::text))", None);
        assert_eq!(key_columns(&condition.compared), ["a", "(lower(b))", "t"]);
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(quoted("orders"), "orders");
        assert_eq!(quoted("My \"T\""), "\"My \"\"T\"\"\"");
    }
}
