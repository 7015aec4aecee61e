//! What a server's catalogue says of the relations that a plan touches: values as they were read, to be judged later.
//!
//! The most common values and the bounds of histograms are the user's data and are not kept: in their place stand digests,
//! which tell whether two are equal. Who knows what a column may hold could still try candidates against a digest.

mod lookup;

use serde::{Deserialize, Serialize};

use crate::digest::digest;

/// What the planner could know when it planned a statement.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    /// The database; none where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// Settings that planning or execution depend on, by name, as SHOW prints them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<(String, String)>,
    /// The relations of the plan and the parents of its partitions, by schema and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// What could not be read, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How a database compares and stores text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// `UTF8`.
    pub encoding: String,
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// `libc`, `icu` or `builtin`; none before PostgreSQL 15, where it is libc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The locale of a provider other than libc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The version of the collation's provider, which index order depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation_version: Option<String>,
}

/// A table or what is read like one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: RelationKind,
    /// The partitioned table or the table that it inherits from, `schema.name` as SQL writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// In the order of the table.
    pub columns: Vec<Column>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Foreign keys of other tables that lead here: deleting a row looks for theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referenced_by: Vec<Referenced>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended_statistics: Vec<ExtendedStatistics>,
    /// Its size.
    pub size: Size,
    /// What the statistics collector counted.
    pub activity: Activity,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// A table.
    Table,
    /// A table that holds nothing itself.
    PartitionedTable,
    /// A materialized view.
    MaterializedView,
    /// A table of another server.
    ForeignTable,
    /// Something else: a sequence, a TOAST table, ….
    Other,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `character varying(20)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether NOT NULL is declared.
    pub not_null: bool,
    /// Its own statistics target; none where `default_statistics_target` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics_target: Option<i64>,
    /// What ANALYZE found; none where there is nothing, or this role may not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<ColumnStatistics>,
}

/// What ANALYZE found in a column, as far as it is not the data itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnStatistics {
    /// The share of nulls, 0 to 1.
    pub null_fraction: f64,
    /// How many distinct values; where negative, their share of the rows.
    pub distinct: f64,
    /// Mean width in bytes.
    pub width: i64,
    /// How well the order of the values is that of the rows on disk, -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
    /// The share of rows that have the most common value, 0 to 1; none where no value is common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_frequency: Option<f64>,
    /// Whether these are of the table with all that inherit from it.
    pub inherited: bool,
    /// Of everything that is known of the column, common values and histogram included.
    pub digest: String,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `CREATE INDEX …`, as `pg_get_indexdef` writes it.
    pub definition: String,
    /// `btree`, `gin`, ….
    pub method: String,
    /// The columns and expressions that it is ordered or searched by, in their order.
    pub keys: Vec<String>,
    /// The condition of a partial index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// Whether queries may use it: false while it is built, and after that has failed.
    pub valid: bool,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it is the primary key's.
    pub primary: bool,
    /// In bytes.
    pub bytes: i64,
    /// How often it was scanned since the statistics were reset.
    pub scans: i64,
}

/// A foreign key of the relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// `FOREIGN KEY (…) REFERENCES …`.
    pub definition: String,
    /// Its columns here.
    pub columns: Vec<String>,
    /// The table it leads to, `schema.name` as SQL writes them.
    pub references: String,
    /// Whether all rows were checked.
    pub validated: bool,
}

/// A foreign key of another table that leads here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referenced {
    /// The constraint's name.
    pub name: String,
    /// The other table, `schema.name` as SQL writes them.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Whether an index of the other table begins with these columns.
    pub indexed: bool,
}

/// What CREATE STATISTICS made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedStatistics {
    /// Its name.
    pub name: String,
    /// `CREATE STATISTICS …`.
    pub definition: String,
    /// Of what ANALYZE found; none where there is nothing, or this role may not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// How large a relation is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Size {
    /// `reltuples`: rows as last counted or estimated; none where that was never done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<f64>,
    /// `relpages`: blocks as last counted; none where it has no blocks of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<i64>,
    /// `relallvisible`: blocks that an index-only scan need not visit, as last counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_visible: Option<i64>,
    /// Bytes of the rows now, without indexes and TOAST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// Bytes with indexes and TOAST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<i64>,
}

/// What was done to a relation since its statistics were reset. Of the times only their order counts, not how long ago they
/// were; as ISO writes them in UTC they sort as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Activity {
    /// Rows that live, estimated.
    pub live: i64,
    /// Rows that are dead and not yet removed, estimated.
    pub dead: i64,
    /// Rows changed since the last ANALYZE.
    pub modified_since_analyze: i64,
    /// When it was last analysed, by hand or by autovacuum, in UTC; none where that is not known to have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysed: Option<String>,
    /// When it was last vacuumed, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vacuumed: Option<String>,
}

impl Catalogue {
    /// The relation that a plan calls so; with no schema the first of that name.
    pub fn relation(&self, schema: Option<&str>, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|it| it.name == name && schema.is_none_or(|schema| it.schema == schema))
    }

    /// A setting, as SHOW prints it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

impl Relation {
    /// The share of blocks that are all-visible, 0 to 1; none where there are no blocks.
    pub fn all_visible_fraction(&self) -> Option<f64> {
        let (pages, visible) = (self.size.pages?, self.size.all_visible?);
        (pages > 0).then(|| visible as f64 / pages as f64)
    }

    /// Whether ANALYZE is known to have looked at it.
    pub fn is_analysed(&self) -> bool {
        self.activity.analysed.is_some() || self.columns.iter().any(|column| column.statistics.is_some())
    }

    /// A digest of how it is declared: columns, indexes, foreign keys, extended statistics. No sizes, no counters.
    pub fn schema_digest(&self) -> String {
        let columns = self.columns.iter().flat_map(|column| {
            let target = column.statistics_target.map_or(String::new(), |target| target.to_string());
            [column.name.clone(), column.data_type.clone(), column.not_null.to_string(), target]
        });
        let indexes = self.indexes.iter().flat_map(|it| [it.name.clone(), it.definition.clone(), it.valid.to_string()]);
        let keys = self.foreign_keys.iter().flat_map(|it| [it.name.clone(), it.definition.clone()]);
        let extended = self.extended_statistics.iter().flat_map(|it| [it.name.clone(), it.definition.clone()]);
        let names = [self.schema.clone(), self.name.clone()];
        let texts: Vec<String> = names.into_iter().chain(columns).chain(indexes).chain(keys).chain(extended).collect();
        digest(texts.iter().map(String::as_str))
    }

    /// A digest of what ANALYZE found in it. Equal digests with equal [`Size`] mean that the planner knows the same.
    pub fn statistics_digest(&self) -> String {
        let none = "";
        let mut columns: Vec<[&str; 2]> = self
            .columns
            .iter()
            .map(|it| [it.name.as_str(), it.statistics.as_ref().map_or(none, |found| found.digest.as_str())])
            .collect();
        columns.sort_unstable();
        let extended = self.extended_statistics.iter();
        let extended = extended.map(|it| [it.name.as_str(), it.digest.as_deref().unwrap_or(none)]);
        digest(columns.into_iter().chain(extended).flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation() -> Relation {
        let text = r#"{"schema": "public", "name": "orders", "kind": "table",
            "columns": [{"name": "id", "type": "integer", "not_null": true, "statistics": {"null_fraction": 0,
                "distinct": -1, "width": 4, "inherited": false, "digest": "00"}}],
            "indexes": [{"name": "orders_pkey", "definition": "CREATE …", "method": "btree", "keys": ["id"],
                "valid": true, "unique": true, "primary": true, "bytes": 8192, "scans": 3}],
            "size": {"rows": 10, "pages": 4, "all_visible": 3},
            "activity": {"live": 10, "dead": 0, "modified_since_analyze": 0}}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn use_and_size_are_not_part_of_the_schema() {
        let mut used = relation();
        used.indexes[0].scans = 4;
        used.size.pages = Some(5);
        assert_eq!(used.schema_digest(), relation().schema_digest());
        used.indexes[0].valid = false;
        assert_ne!(used.schema_digest(), relation().schema_digest());
    }

    #[test]
    fn statistics_are_the_same_whatever_the_order_of_the_columns() {
        let mut two = relation();
        two.columns.push(Column { name: "a".to_owned(), statistics: None, ..two.columns[0].clone() });
        let mut turned = two.clone();
        turned.columns.reverse();
        assert_eq!(two.statistics_digest(), turned.statistics_digest());
        assert_ne!(two.statistics_digest(), relation().statistics_digest());
    }

    #[test]
    fn a_relation_without_blocks_has_no_visible_share() {
        let mut orders = relation();
        assert_eq!(orders.all_visible_fraction(), Some(0.75));
        orders.size.pages = Some(0);
        assert_eq!(orders.all_visible_fraction(), None);
    }
}
