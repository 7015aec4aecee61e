//! What rows are sorted by, and which index would give them in that order.

use super::advice;
use super::expression;
use super::plan::{PlanNode, Value};
use crate::finding::Advice;
use crate::rule::Context;

/// What a sort sorts by, as printed: `o.at DESC`. Empty for other nodes.
pub(super) fn sort_keys(sort: &PlanNode) -> Vec<&str> {
    match sort.property("Sort Key") {
        Some(Value::List(keys)) => keys.iter().filter_map(Value::text).collect(),
        _ => Vec::new(),
    }
}

/// An index that gives the rows in a sort's order, where its keys are columns of one table that is read below it.
pub(super) fn index_for(context: &Context<'_>, sort: &PlanNode, why: &str) -> Option<Advice> {
    let (table, columns, _) = index_of(context, sort)?;
    Some(Advice::sql(why, format!("CREATE INDEX ON {table} ({});", columns.join(", "))))
}

/// The same with the columns that are carried along, if they are few: rows that lie elsewhere than the index has them
/// are costly to fetch one by one.
pub(super) fn covering_index_for(context: &Context<'_>, sort: &PlanNode, why: &str) -> Option<Advice> {
    const FEW: usize = 3;
    let (table, columns, scan) = index_of(context, sort)?;
    let output = match sort.property("Output") {
        Some(Value::List(output)) => output.iter().filter_map(Value::text).collect(),
        _ => Vec::new(),
    };
    let carried: Option<Vec<(String, bool)>> =
        output.iter().map(|text| expression::operand(text, scan.alias.as_deref())).collect();
    let carried = carried.unwrap_or_default().into_iter().filter(|(_, is_expression)| !is_expression);
    let carried: Vec<String> = carried.map(|(column, _)| column).filter(|column| !columns.contains(column)).collect();
    let include = if carried.is_empty() || carried.len() > FEW {
        String::new()
    } else {
        format!(" INCLUDE ({})", carried.join(", "))
    };
    Some(Advice::sql(why, format!("CREATE INDEX ON {table} ({}){include};", columns.join(", "))))
}

/// The table, the keys, and the scan of it.
fn index_of<'p>(context: &Context<'p>, sort: &PlanNode) -> Option<(String, Vec<String>, &'p PlanNode)> {
    let keys = sort_keys(sort);
    let owners: Vec<String> = expression::qualifiers(&keys.join(", "));
    let mut tables = context.plan.subtree(sort.id).iter().filter(|node| advice::table(node).is_some());
    let scan = match &owners[..] {
        [] => tables.next().filter(|_| tables.next().is_none())?,
        [owner] => tables.find(|node| node.alias.as_deref() == Some(owner))?,
        _ => return None,
    };
    let columns: Option<Vec<(String, &str)>> = keys.iter().map(|key| index_key(key, scan.alias.as_deref())).collect();
    let mut columns = columns.filter(|columns| !columns.is_empty())?;
    // Read backwards it gives the opposite order.
    if columns.iter().all(|(_, way)| *way == " DESC") {
        for (_, way) in &mut columns {
            *way = "";
        }
    }
    let columns: Vec<String> = columns.into_iter().map(|(column, way)| column + way).collect();
    Some((advice::indexed_table(context, scan)?, columns, scan))
}

/// A sort key as an index has it, and which way it goes.
fn index_key<'k>(key: &'k str, alias: Option<&str>) -> Option<(String, &'k str)> {
    let end = [" DESC", " NULLS ", " USING "].iter().filter_map(|word| key.find(word)).min().unwrap_or(key.len());
    let (column, way) = key.split_at(end);
    if way.starts_with(" USING") {
        return None;
    }
    let (column, is_expression) = expression::operand(column, alias)?;
    Some((if is_expression { format!("({column})") } else { column }, way))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_column_or_an_expression_and_a_way() {
        assert_eq!(index_key("m.at DESC", Some("m")), Some(("at".to_owned(), " DESC")));
        assert_eq!(
            index_key("lower(m.name) NULLS FIRST", Some("m")),
            Some(("(lower(name))".to_owned(), " NULLS FIRST"))
        );
        assert_eq!(index_key("m.at USING <<", Some("m")), None);
        assert_eq!(index_key("(count(*))", Some("m")), None);
    }
}
