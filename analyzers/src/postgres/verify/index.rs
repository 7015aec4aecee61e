//! An index that could be made.

use serde::{Deserialize, Serialize};

use crate::postgres::advice::quoted;
use crate::postgres::catalogue::{Index, Relation};
use crate::postgres::expression::without_parentheses;

/// An ordinary index (btree) on columns or expressions of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexDefinition {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// What it is ordered by, as SQL writes it: columns quoted where they must be, expressions in parentheses.
    pub keys: Vec<String>,
    /// Columns that it only holds, so that the table need not be visited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
}

impl IndexDefinition {
    /// `CREATE INDEX ON orders (status)`, as advice shows it: without the schema `public`.
    pub fn shown(&self) -> String {
        let schema = if self.schema == "public" { String::new() } else { format!("{}.", quoted(&self.schema)) };
        self.on(&schema)
    }

    /// The same with the schema always, as it is sent to a server.
    pub fn sql(&self) -> String {
        self.on(&format!("{}.", quoted(&self.schema)))
    }

    fn on(&self, schema: &str) -> String {
        let include = match self.include.as_slice() {
            [] => String::new(),
            columns => format!(" INCLUDE ({})", columns.join(", ")),
        };
        format!("CREATE INDEX ON {schema}{} ({}){include}", quoted(&self.table), self.keys.join(", "))
    }

    /// The same with a name of its own.
    pub fn sql_named(&self, name: &str) -> String {
        self.sql().replacen("CREATE INDEX ON", &format!("CREATE INDEX {} ON", quoted(name)), 1)
    }

    /// The table, as SQL writes it.
    pub fn table(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }

    /// Whether statistics on it tell more than those of its columns.
    pub fn has_expressions(&self) -> bool {
        self.keys.iter().any(|key| key.starts_with('('))
    }

    /// How many columns it holds.
    pub fn width(&self) -> usize {
        self.keys.len() + self.include.len()
    }

    /// Whether the relation has an index already that serves wherever this one would.
    pub(super) fn is_in(&self, relation: &Relation) -> bool {
        relation.indexes.iter().any(|index| self.is_covered_by(index))
    }

    fn is_covered_by(&self, index: &Index) -> bool {
        let bare = |key: &String| without_parentheses(key).to_owned();
        let (mine, its): (Vec<String>, Vec<String>) =
            (self.keys.iter().map(bare).collect(), index.keys.iter().map(bare).collect());
        let serves = index.valid && index.method == "btree" && index.predicate.is_none();
        let held = |column: &String| its.contains(column) || includes(&index.definition, column);
        serves && its.starts_with(&mine) && self.include.iter().all(held)
    }
}

/// Whether `CREATE INDEX … INCLUDE (…)` names the column.
fn includes(definition: &str, column: &str) -> bool {
    let behind = definition.rsplit_once(" INCLUDE (").map(|(_, behind)| behind);
    let inner = behind.and_then(|behind| behind.split(')').next());
    inner.is_some_and(|columns| columns.split(", ").any(|known| known == column))
}
