//! What to do about it, in SQL where the plan's text tells enough: indexes and memory.

use super::expression::{self, Compared, How};
use super::plan::{NodeKind, PlanNode};
use crate::finding::Advice;
use crate::rule::Context;

/// Indexes that would serve the conditions on a node's relation, best first; words where the conditions do not tell.
pub(super) fn index_for(context: &Context<'_>, node: &PlanNode, conditions: &[&str]) -> Vec<Advice> {
    let table = indexed_table(context, node);
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
        if let Some(time) = about_casts(&compared).filter(|_| compared.iter().any(depends_on_settings)) {
            return vec![time];
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
    advice.extend(about_casts(&compared));
    advice
}

/// An index in place of the one that a scan searches by `searched`, which leaves too much to `filter`: columns of both.
/// Words where the filter adds none, since an index on the first alone is there already.
pub(super) fn wider_index_for(context: &Context<'_>, node: &PlanNode, searched: &str, filter: &str) -> Vec<Advice> {
    let alias = node.alias.as_deref();
    let (searched, filtered) = (expression::read(searched, alias).compared, expression::read(filter, alias).compared);
    let mut columns = key_columns(&searched.iter().chain(&filtered).cloned().collect::<Vec<_>>());
    // Behind a range a column narrows no search, but rows are tested in the index and not fetched from the table.
    for column in filtered.iter().filter(|compared| compared.how == How::Range).filter_map(key) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let adds = filtered.iter().filter_map(key).any(|column| columns.contains(&column));
    match indexed_table(context, node).filter(|_| adds) {
        Some(table) => {
            let name = node.relation.as_deref().unwrap_or("the table");
            let text = format!("index what `{name}` is searched by and what its rows are then tested for");
            let mut advice = vec![Advice::sql(text, format!("CREATE INDEX ON {table} ({});", columns.join(", ")))];
            advice.extend(about_casts(&filtered));
            advice
        }
        None => vec![Advice::text(format!(
            "which columns the index lacks could not be told from `{filter}`: rewrite it as comparisons of columns joined \
             by AND, or make a partial index with it as its WHERE"
        ))],
    }
}

/// What stands in the way of an index on the column: a cast, or an expression whose value is the time zone's.
fn about_casts(compared: &[Compared<'_>]) -> Option<Advice> {
    if let Some(time) = compared.iter().find(|compared| depends_on_settings(compared)) {
        return Some(Advice::text(format!(
            "`{}` may depend on the time zone or the locale, and then cannot be indexed: compare the column itself with a \
             range, from the first moment up to the first one behind",
            time.text
        )));
    }
    // A cast within a call is the function's own: it takes text.
    let is_cast = |compared: &&Compared<'_>| compared.is_expression && compared.column.starts_with('(');
    let cast = compared.iter().find(is_cast)?;
    Some(Advice::text(format!(
        "`{}` casts the column, so that an index on the column does not serve: compare with a value of the column's own \
         type",
        cast.text
    )))
}

/// Whether Postgres may refuse to index the expression, since its value is another one in another session.
fn depends_on_settings(compared: &Compared<'_>) -> bool {
    const OF_SESSIONS: &[&str] =
        &["::date", "::time", "date_trunc(", "date_part(", "EXTRACT(", "to_char(", "to_date(", "to_timestamp("];
    compared.is_expression && OF_SESSIONS.iter().any(|word| compared.column.contains(word))
}

/// Columns compared with `=` first, in their order, then one that is compared with a range: no column behind a range
/// narrows the search.
fn key_columns(compared: &[Compared<'_>]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for column in compared.iter().filter(|compared| compared.how == How::Equal).filter_map(key) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let ranges = compared.iter().filter(|compared| matches!(compared.how, How::Range | How::Prefix));
    let range = ranges.filter_map(key).find(|column| !columns.contains(column));
    columns.extend(range);
    columns
}

/// What an index would have as a key for this comparison; none where no ordinary index serves it.
fn key(compared: &Compared<'_>) -> Option<String> {
    match (compared.is_expression, compared.how) {
        (_, How::Pattern | How::Other) => None,
        (true, _) if depends_on_settings(compared) => None,
        (true, _) => Some(format!("({})", compared.column)),
        (false, How::Prefix) => Some(format!("{} text_pattern_ops", compared.column)),
        (false, _) => Some(compared.column.clone()),
    }
}

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

/// The table that an index for a node is made on: of a partition the partitioned one.
pub(super) fn indexed_table(context: &Context<'_>, node: &PlanNode) -> Option<String> {
    let known = context.catalogue.zip(context.relation(node));
    let Some(whole) = known.map(|(catalogue, relation)| catalogue.partitioned(relation)) else {
        return table(node);
    };
    Some(in_schema(Some(&whole.schema), &whole.name))
}

fn in_schema(schema: Option<&str>, name: &str) -> String {
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

/// `work_mem` for one statement, rounded up to a step that people use, in words and SQL.
pub(super) fn work_mem(context: &Context<'_>, needed_kb: f64, why: &str) -> Advice {
    let megabytes = (needed_kb / 1024.0).max(1.0);
    let mut step = 4.0;
    while step < megabytes {
        step *= 2.0;
    }
    let now = context.setting("work_mem").map_or(String::new(), |now| format!(" (now {now})"));
    Advice::sql(
        format!(
            "{why}: give this statement, and only this one, about {step:.0} MB of work_mem{now}; each sort, hash and process takes as much"
        ),
        format!("SET LOCAL work_mem = '{step:.0}MB';"),
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
    fn equality_comes_before_a_range_and_nothing_after() {
        let condition = expression::read("((t > 1) AND (a = 2) AND (u < 3) AND (lower(b) = 'x'::text))", None);
        assert_eq!(key_columns(&condition.compared), ["a", "(lower(b))", "t"]);
    }

    #[test]
    fn an_expression_that_may_not_be_indexed_is_no_key() {
        for text in ["((at)::date = '2024-01-01'::date)", "(date_trunc('day'::text, at) = '2024-01-01'::date)"] {
            let condition = expression::read(text, None);
            assert!(key_columns(&condition.compared).is_empty(), "{text}");
            assert!(about_casts(&condition.compared).is_some_and(|advice| advice.text.contains("time zone")), "{text}");
        }
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(quoted("orders"), "orders");
        assert_eq!(quoted("user"), "\"user\"");
        assert_eq!(quoted("My \"T\""), "\"My \"\"T\"\"\"");
    }
}
