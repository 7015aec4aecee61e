//! What statistics would mend an estimate, and whether those that there are can be blamed.

use super::{quoted, table};
use crate::finding::Advice;
use crate::postgres::catalogue::Relation;
use crate::postgres::expression::{self, Compared};
use crate::postgres::plan::PlanNode;
use crate::quantity::Quantity;
use crate::rule::Context;

/// Where fewer rows have changed, ANALYZE finds what it found before.
const FRESH: f64 = 0.01;

/// The statistics target that is advised: ten times as many values as by default.
const TARGET: i64 = 1_000;

/// What would let the planner expect what a node gives; words where the node reads no table.
pub(in crate::postgres) fn statistics_for(context: &Context<'_>, node: &PlanNode) -> Vec<Advice> {
    let Some(table) = table(node) else {
        return vec![Advice::text(
            "the number is wrong from the join or grouping on: ANALYZE the tables below, and look for columns that depend on \
             each other; extended statistics do not cover joins, so a rewrite (a temporary table with ANALYZE) may be needed",
        )];
    };
    let relation = context.relation(node);
    let compared = compared(node);
    let mut advice = vec![age(relation, &table)];
    if let Some(expression) = compared.iter().find(|compared| compared.is_expression) {
        advice.push(of_expression(relation, node, &table, &expression.column));
    }
    match columns(&compared)[..] {
        [] => {}
        [column] => advice.extend(of_column(relation, &table, column)),
        ref columns => advice.push(of_columns(relation, node, &table, columns)),
    }
    advice
}

/// What a node compares with constants and with what comes from elsewhere.
pub(in crate::postgres) fn compared(node: &PlanNode) -> Vec<Compared<'_>> {
    let conditions = ["Filter", "Index Cond", "Recheck Cond"].iter().filter_map(|name| node.text(name));
    conditions.flat_map(|text| expression::read(text, node.alias.as_deref()).compared).collect()
}

/// The columns that are compared with constants. What is compared with another table's column is a join, which statistics
/// on one table do not cover.
fn columns<'c>(compared: &'c [Compared<'_>]) -> Vec<&'c str> {
    let mut columns: Vec<&str> = Vec::new();
    for compared in compared.iter().filter(|compared| !compared.is_expression && compared.constant.is_some()) {
        if !columns.contains(&compared.column.as_str()) {
            columns.push(&compared.column);
        }
    }
    columns
}

/// Whether the statistics are old: what the catalogue says, or advice to look.
pub(in crate::postgres) fn age(relation: Option<&Relation>, table: &str) -> Advice {
    let sql = format!("ANALYZE {table};");
    let Some(relation) = relation else {
        return Advice::sql("look at the table again, in case its statistics are old", sql);
    };
    if !relation.is_analysed() {
        return Advice::sql(format!("`{}` was never analysed, so that the planner can only guess", relation.name), sql);
    }
    match relation.changed() {
        Some(changed) if changed < FRESH => {
            Advice::text(format!("statistics of `{}` are fresh, so that ANALYZE alone will not mend it", relation.name))
        }
        Some(_) if !relation.bears_out_changes() => Advice::sql(
            format!(
                "{} of `{}` count as changed since ANALYZE, but it is as large as then and none is dead: most likely it was \
                 analysed while it was filled and is fresh; to be sure",
                Quantity::Rows(relation.activity.modified_since_analyze as f64),
                relation.name
            ),
            sql,
        ),
        Some(_) => Advice::sql(changes(relation), sql),
        None => Advice::sql(format!("nobody ever counted the rows of `{}`", relation.name), sql),
    }
}

/// `statistics of `orders` are 20,000 rows of changes old, in a table of 30,000 rows then`.
pub(in crate::postgres) fn changes(relation: &Relation) -> String {
    let changed = relation.activity.modified_since_analyze as f64;
    let then = relation.rows().map_or(String::new(), |rows| format!(", in a table of {} then", Quantity::Rows(rows)));
    format!("statistics of `{}` are {} of changes old{then}", relation.name, Quantity::Rows(changed))
}

fn of_expression(relation: Option<&Relation>, node: &PlanNode, table: &str, expression: &str) -> Advice {
    if let Some(there) = existing(relation, table, &[expression]) {
        return there;
    }
    Advice::sql(
        "nothing is known of an expression unless it is asked for (PostgreSQL 14 and later)",
        format!("CREATE STATISTICS {} ON ({expression}) FROM {table};\nANALYZE {table};", name(node, &["expression"])),
    )
}

fn of_column(relation: Option<&Relation>, table: &str, column: &str) -> Option<Advice> {
    let target = relation.and_then(|relation| relation.column(column)?.statistics_target);
    (target.is_none_or(|target| target < TARGET)).then(|| {
        Advice::sql(
            "keep more of the column's common values",
            format!("ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {TARGET};\nANALYZE {table};"),
        )
    })
}

/// Statistics on columns that depend on each other.
pub(in crate::postgres) fn of_columns(
    relation: Option<&Relation>,
    node: &PlanNode,
    table: &str,
    columns: &[&str],
) -> Advice {
    if let Some(there) = existing(relation, table, columns) {
        return there;
    }
    Advice::sql(
        "the columns are taken for independent: let Postgres learn how they depend on each other",
        format!(
            "CREATE STATISTICS {} (dependencies, mcv, ndistinct) ON {} FROM {table};\nANALYZE {table};",
            name(node, columns),
            columns.join(", ")
        ),
    )
}

/// Words on statistics that are there already.
fn existing(relation: Option<&Relation>, table: &str, columns: &[&str]) -> Option<Advice> {
    let relation = relation?;
    let there = relation.extended_statistics.iter().find(|statistics| {
        let on = statistics.definition.split_once(" ON ").map_or("", |(_, on)| on);
        let on = on.rsplit_once(" FROM ").map_or(on, |(on, _)| on);
        let listed: Vec<String> = expression::list(on).into_iter().map(expression::canonical).collect();
        columns.iter().all(|column| listed.contains(&expression::canonical(column)))
    })?;
    let name = &there.name;
    if !relation.is_analysed() {
        return Some(Advice::sql(
            format!("`{name}` is made for this, but was never filled"),
            format!("ANALYZE {table};"),
        ));
    }
    // All kinds are not listed.
    let kinds = there.definition.split_once(" ON ").and_then(|(before, _)| before.split_once('('));
    Some(match kinds.map(|(_, kinds)| kinds.trim_end_matches(')')) {
        Some(kinds) if !kinds.contains("mcv") => Advice::sql(
            format!(
                "`{name}` is on these columns already, but only holds {kinds}: make it anew with what values go together"
            ),
            format!(
                "DROP STATISTICS {name};\nCREATE STATISTICS {name} (dependencies, mcv, ndistinct) ON {} FROM {table};\nANALYZE {table};",
                columns.join(", ")
            ),
        ),
        _ => Advice::sql(
            format!("`{name}` is on these columns already: let it hold more values (PostgreSQL 13 and later)"),
            format!("ALTER STATISTICS {name} SET STATISTICS {TARGET};\nANALYZE {table};"),
        ),
    })
}

/// Before PostgreSQL 16 statistics must have a name.
fn name(node: &PlanNode, columns: &[&str]) -> String {
    let bare = columns.iter().map(|column| column.trim_matches('"'));
    let words: Vec<&str> = node.relation.as_deref().into_iter().chain(bare).collect();
    quoted(&words.join("_"))
}
