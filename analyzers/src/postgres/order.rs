//! What rows are sorted by, and which index would give them in that order.

use super::advice;
use super::catalogue::Index;
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
    let wanted = Ordered::of(context, sort)?;
    Some(wanted.not_taken(context).unwrap_or_else(|| wanted.proposal(why, "")))
}

/// The same with the columns that are carried along, if they are few: rows that lie elsewhere than the index has them
/// are costly to fetch one by one.
pub(super) fn covering_index_for(context: &Context<'_>, sort: &PlanNode, why: &str) -> Vec<Advice> {
    const FEW: usize = 3;
    let Some(wanted) = Ordered::of(context, sort) else { return Vec::new() };
    let carried = wanted.carried(sort);
    let (include, why) = match carried.len() {
        1..=FEW => (
            format!(" INCLUDE ({})", carried.join(", ")),
            format!("{why}; with {} it is read alone", carried.join(", ")),
        ),
        _ => (String::new(), why.to_owned()),
    };
    let not_taken = wanted.not_taken(context);
    let is_new = not_taken.is_none() || !include.is_empty();
    not_taken.into_iter().chain(is_new.then(|| wanted.proposal(&why, &include))).collect()
}

/// What a sort would need of an index.
struct Ordered<'p> {
    table: String,
    scan: &'p PlanNode,
    /// As an index has them: `at`, `id DESC`, `(lower(name))`.
    columns: Vec<String>,
}

impl<'p> Ordered<'p> {
    fn of(context: &Context<'p>, sort: &PlanNode) -> Option<Self> {
        let keys = sort_keys(sort);
        let owners: Vec<String> = expression::qualifiers(&keys.join(", "));
        let mut tables = context.plan.subtree(sort.id).iter().filter(|node| advice::table(node).is_some());
        let scan = match &owners[..] {
            [] => tables.next().filter(|_| tables.next().is_none())?,
            [owner] => tables.find(|node| node.alias.as_deref() == Some(owner))?,
            _ => return None,
        };
        let columns: Option<Vec<(String, &str)>> =
            keys.iter().map(|key| index_key(key, scan.alias.as_deref())).collect();
        let mut columns = columns.filter(|columns| !columns.is_empty())?;
        // Read backwards it gives the opposite order.
        if columns.iter().all(|(_, way)| *way == " DESC") {
            for (_, way) in &mut columns {
                *way = "";
            }
        }
        let columns = columns.into_iter().map(|(column, way)| column + way).collect();
        Some(Self { table: advice::indexed_table(context, scan)?, scan, columns })
    }

    fn proposal(&self, why: &str, include: &str) -> Advice {
        Advice::sql(why, format!("CREATE INDEX ON {} ({}){include};", self.table, self.columns.join(", ")))
    }

    /// Columns that the sort hands on beside its keys; none where it hands on more than columns of the table.
    fn carried(&self, sort: &PlanNode) -> Vec<String> {
        let Some(Value::List(output)) = sort.property("Output") else { return Vec::new() };
        let texts = output.iter().filter_map(Value::text);
        let read: Option<Vec<(String, bool)>> =
            texts.map(|text| expression::operand(text, self.scan.alias.as_deref())).collect();
        let Some(read) = read.filter(|read| read.iter().all(|(_, is_expression)| !is_expression)) else {
            return Vec::new();
        };
        read.into_iter().map(|(column, _)| column).filter(|column| !self.columns.contains(column)).collect()
    }

    /// What to say of an index that has this order already.
    fn not_taken(&self, context: &Context<'_>) -> Option<Advice> {
        let wanted = self.columns.join(", ");
        let has_order = |index: &&Index| {
            let rest = index.keys_as_declared().and_then(|keys| keys.strip_prefix(&wanted));
            index.serves_all()
                && index.method == "btree"
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
        };
        let index = context.relation(self.scan)?.indexes.iter().find(has_order)?;
        Some(Advice::text(format!(
            "`{}` has the rows in this order, but the planner preferred to sort: without the other columns that are needed each \
             row has to be fetched from the table; where that is in memory, a lower random_page_cost says so",
            index.name
        )))
    }
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
