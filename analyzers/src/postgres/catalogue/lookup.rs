//! What rules ask a catalogue: which indexes there are for columns, which foreign keys have none, how old statistics are.

use super::{Catalogue, Column, ColumnStatistics, ForeignKey, Index, Referenced, Relation};
use crate::postgres::expression;
use crate::postgres::plan::PlanNode;

/// What Postgres reads and writes at once, unless it was built otherwise: where blocks are larger, a table looks as if it
/// had grown, and its counters are believed.
const BLOCK: f64 = 8_192.0;

/// The part of the changed rows that must have left a trace: new rows may be narrower and fill gaps, and dead ones of short
/// updates are cleared away at the next reading.
const TRACE: f64 = 0.1;

impl Catalogue {
    /// The relation that a node reads or writes.
    pub fn of_node(&self, node: &PlanNode) -> Option<&Relation> {
        self.relation(node.schema.as_deref(), node.relation.as_deref()?)
    }

    /// The partitioned table that a relation is a part of, with its indexes; of a part of a part the uppermost.
    pub fn partitioned<'c>(&'c self, relation: &'c Relation) -> &'c Relation {
        let parent =
            relation.parent.as_deref().and_then(|parent| self.relations.iter().find(|it| it.is_called(parent)));
        match parent {
            // A table cannot be above itself, but a file that somebody wrote can say so.
            Some(parent)
                if parent.kind == super::RelationKind::PartitionedTable && parent.parent != relation.parent =>
            {
                self.partitioned(parent)
            }
            _ => relation,
        }
    }
}

impl Relation {
    /// Whether SQL calls it so: `orders`, `sales.orders`, `"My".orders`.
    fn is_called(&self, written: &str) -> bool {
        let quoted = crate::postgres::advice::quoted;
        written == format!("{}.{}", quoted(&self.schema), quoted(&self.name)) || written == quoted(&self.name)
    }

    /// The column that a plan prints so, in quotes where it needs them.
    pub fn column(&self, printed: &str) -> Option<&Column> {
        let bare = unquoted(printed);
        self.columns.iter().find(|column| column.name == bare)
    }

    /// Rows, as the planner last knew; none where nobody ever counted them.
    pub fn rows(&self) -> Option<f64> {
        self.size.rows
    }

    /// Indexes that begin with these columns and expressions, in any order, usable or not.
    pub fn indexes_on<'r>(&'r self, keys: &[&str]) -> impl Iterator<Item = &'r Index> {
        let wanted: Vec<String> = keys.iter().map(|key| expression::canonical(key)).collect();
        self.indexes.iter().filter(move |index| {
            let first: Vec<String> =
                index.keys.iter().take(wanted.len()).map(|key| expression::canonical(key)).collect();
            !wanted.is_empty() && wanted.iter().all(|key| first.contains(key))
        })
    }

    /// Foreign keys of the table whose columns no index begins with: each deletion from the other table reads this one.
    pub fn foreign_keys_without_index(&self) -> impl Iterator<Item = &ForeignKey> {
        self.foreign_keys.iter().filter(|key| {
            let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
            !self.indexes_on(&columns).any(Index::serves_all)
        })
    }

    /// Foreign keys of other tables that lead here and whose columns no index begins with.
    pub fn referenced_without_index(&self) -> impl Iterator<Item = &Referenced> {
        self.referenced_by.iter().filter(|key| !key.indexed)
    }

    /// Rows counted as changed since the last ANALYZE as a part of all: 1 is as many as there were; none where nobody counted.
    pub fn changed(&self) -> Option<f64> {
        let rows = self.rows()?;
        Some(self.activity.modified_since_analyze as f64 / rows.max(1.0))
    }

    /// Whether what is counted as changed since the last ANALYZE has left a trace: blocks, dead rows, fewer rows, or a VACUUM
    /// that has cleared these away.
    ///
    /// A session reports what it changed up to a minute later, and what it changed in a transaction at its end. Rows that are
    /// inserted and analysed at once so count as changed after ANALYZE, for good, though nothing was.
    pub fn bears_out_changes(&self) -> bool {
        let enough = self.activity.modified_since_analyze as f64 * TRACE;
        let grown = self.grown().is_none_or(|grown| grown >= enough);
        let fewer = self.rows().is_none_or(|rows| rows - self.activity.live as f64 >= enough);
        grown || fewer || self.activity.dead as f64 >= enough || self.activity.vacuumed > self.activity.analysed
    }

    /// The rows that the table has room for in the blocks that it got since they were last counted, in rows as there were.
    fn grown(&self) -> Option<f64> {
        let (rows, pages, bytes) = (self.size.rows?, self.size.pages?, self.size.bytes?);
        let now = bytes as f64 / BLOCK;
        (pages > 0).then(|| (now / pages as f64 - 1.0).max(0.0) * rows)
    }
}

impl Index {
    /// Its keys as `CREATE INDEX` has them, with directions and operator classes; none where the definition has no such list.
    pub fn keys_as_declared(&self) -> Option<&str> {
        let (_, list) = self.definition.split_once(" USING ")?.1.split_once('(')?;
        let mut depth = 1_usize;
        let end = list.char_indices().find(|(_, c)| {
            depth = match c {
                '(' => depth + 1,
                ')' => depth - 1,
                _ => depth,
            };
            depth == 0
        });
        end.map(|(end, _)| &list[..end])
    }

    /// Whether any query may use it: it is whole, and not of some rows only.
    pub fn serves_all(&self) -> bool {
        self.valid && self.predicate.is_none()
    }
}

impl Column {
    /// How many distinct values it has of so many rows; none without statistics.
    pub fn distinct(&self, rows: f64) -> Option<f64> {
        self.statistics.as_ref().map(|found| found.distinct_of(rows))
    }

    /// The share of rows that `= value` finds of a value that is there, if all are as frequent; none without statistics.
    pub fn share_of_a_value(&self, rows: f64) -> Option<f64> {
        let found = self.statistics.as_ref()?;
        Some((1.0 - found.null_fraction) / found.distinct_of(rows).max(1.0))
    }
}

impl ColumnStatistics {
    fn distinct_of(&self, rows: f64) -> f64 {
        if self.distinct < 0.0 { -self.distinct * rows } else { self.distinct }
    }
}

/// Without quotes that the name needed.
fn unquoted(printed: &str) -> String {
    match printed.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => printed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Relation {
        let index = |name: &str, keys: &str, rest: &str| {
            format!(
                r#"{{"name": "{name}", "definition": "", "method": "btree", "keys": {keys}, "valid": true, "unique": false,
                "primary": false, "bytes": 8192, "scans": 0{rest}}}"#
            )
        };
        let indexes = [
            index("by_customer_and_day", r#"["customer_id", "day"]"#, ""),
            index("by_mail", r#"["lower(mail)"]"#, ""),
            index("open_by_shop", r#"["shop_id"]"#, r#", "predicate": "open""#),
        ];
        let key = |name: &str, columns: &str| {
            format!(
                r#"{{"name": "{name}", "definition": "", "columns": {columns}, "references": "x", "validated": true}}"#
            )
        };
        let keys = [key("shop", r#"["shop_id"]"#), key("customer", r#"["customer_id"]"#)];
        let text = format!(
            r#"{{"schema": "public", "name": "orders", "kind": "table", "columns": [
                {{"name": "My id", "type": "integer", "not_null": true, "statistics": {{"null_fraction": 0.2, "distinct": -0.5,
                  "width": 4, "inherited": false, "digest": ""}}}}],
            "indexes": [{}], "foreign_keys": [{}], "size": {{"rows": 1000}},
            "activity": {{"live": 1500, "dead": 0, "modified_since_analyze": 500}}}}"#,
            indexes.join(", "),
            keys.join(", ")
        );
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    fn indexes_on(keys: &[&str], expected: &[&str]) {
        let orders = orders();
        let found: Vec<&str> = orders.indexes_on(keys).map(|index| index.name.as_str()).collect();
        assert_eq!(found, expected, "{keys:?}");
    }

    #[test]
    fn an_index_is_found_by_what_it_begins_with() {
        indexes_on(&["customer_id"], &["by_customer_and_day"]);
        indexes_on(&["day", "customer_id"], &["by_customer_and_day"]);
        indexes_on(&["day"], &[]);
        indexes_on(&["(lower((mail)::text))"], &["by_mail"]);
        indexes_on(&[], &[]);
    }

    #[test]
    fn a_partial_index_serves_no_foreign_key() {
        let orders = orders();
        let lacking: Vec<&str> = orders.foreign_keys_without_index().map(|key| key.name.as_str()).collect();
        assert_eq!(lacking, ["shop"]);
    }

    #[track_caller]
    fn bears_out(expected: bool, size: &str, activity: &str) {
        let mut orders = orders();
        orders.size = serde_json::from_str(size).unwrap();
        orders.activity = serde_json::from_str(activity).unwrap();
        assert_eq!(orders.bears_out_changes(), expected, "{size} {activity}");
    }

    const AS_LARGE: &str = r#"{"rows": 1000, "pages": 10, "bytes": 81920}"#;

    #[test]
    fn rows_that_were_counted_after_they_were_analysed_left_no_trace() {
        let added =
            r#"{"live": 2000, "dead": 0, "modified_since_analyze": 1000, "analysed": "2026-01-01 10:00:00.5+00"}"#;
        bears_out(false, AS_LARGE, added);
        bears_out(true, r#"{"rows": 1000, "pages": 10, "bytes": 163840}"#, added);
        bears_out(true, r#"{"rows": 1000, "pages": 10, "bytes": 90112}"#, added);
        // A partitioned table has no blocks of its own.
        bears_out(true, r#"{"rows": 1000}"#, added);
        // Within one transaction the rows themselves count once.
        bears_out(false, AS_LARGE, r#"{"live": 1000, "dead": 0, "modified_since_analyze": 1000}"#);
    }

    #[test]
    fn dead_rows_fewer_rows_and_a_vacuum_are_traces_of_changes() {
        bears_out(true, AS_LARGE, r#"{"live": 1000, "dead": 700, "modified_since_analyze": 700}"#);
        bears_out(true, AS_LARGE, r#"{"live": 500, "dead": 0, "modified_since_analyze": 500}"#);
        let vacuumed = |when: &str| {
            format!(
                r#"{{"live": 1000, "dead": 0, "modified_since_analyze": 500, "analysed": "2026-01-01 10:00:00.5+00",
                "vacuumed": "2026-01-01 10:00:{when}+00"}}"#
            )
        };
        bears_out(true, AS_LARGE, &vacuumed("01"));
        bears_out(false, AS_LARGE, &vacuumed("00.49"));
    }

    #[test]
    fn columns_are_found_as_plans_print_them_and_know_their_values() {
        let orders = orders();
        let id = orders.column("\"My id\"").unwrap();
        assert_eq!(id.distinct(1_000.0), Some(500.0));
        assert_eq!(id.share_of_a_value(1_000.0), Some(0.8 / 500.0));
        assert_eq!(orders.changed(), Some(0.5));
    }
}
