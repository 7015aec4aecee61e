//! Whether a relation has an index for a condition already, and why it was not used.

use super::catalogue::{Catalogue, Index, Relation};
use super::expression::{self, Compared, How};

/// What the catalogue says of an index for a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing<'c> {
    /// Nobody asked the catalogue.
    Unknown,
    /// It is there and serves: the planner preferred another way.
    Preferred(&'c Index),
    /// It would serve if it were whole.
    Invalid(&'c Index),
    /// It holds some rows only, and the condition does not say that it wants no others.
    OtherRows { index: &'c Index, predicate: &'c str },
    /// It orders text by a collation that a prefix cannot be found in.
    OtherCollation(&'c Index),
    /// It is on the column, which the condition compares only after it was cast or computed with.
    Hidden { index: &'c Index, column: &'c str, column_type: &'c str, by: String },
    /// It begins with some of the columns, or has them behind others.
    Part(&'c Index),
    /// There is none.
    Missing,
}

/// A condition on a relation, with the keys of an index that would serve it.
pub(super) struct Wanted<'a> {
    pub(super) compared: &'a [Compared<'a>],
    /// As an index has them: `status`, `(lower(email))`, `name text_pattern_ops`.
    pub(super) keys: &'a [String],
    /// The conditions as printed.
    pub(super) conditions: &'a [&'a str],
}

impl Wanted<'_> {
    /// What stands of it.
    pub(super) fn standing<'c>(&self, catalogue: &'c Catalogue, relation: &'c Relation) -> Standing<'c> {
        let begins = self.served(relation).map(|index| self.judge(catalogue, index));
        let best = begins.min_by_key(|standing| match standing {
            Standing::Preferred(_) => 0,
            Standing::Invalid(_) => 1,
            _ => 2,
        });
        let hidden = best.is_none().then(|| self.hidden(relation)).flatten();
        best.or(hidden).or_else(|| self.part(catalogue, relation)).unwrap_or(Standing::Missing)
    }

    /// Indexes that begin with all keys, of a method that can look them up.
    fn served<'c>(&self, relation: &'c Relation) -> impl Iterator<Item = &'c Index> {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let all_equal = self.compared.iter().all(|compared| compared.how == How::Equal);
        let can = move |index: &&Index| match index.method.as_str() {
            "btree" => true,
            "hash" => all_equal,
            _ => false,
        };
        relation.indexes_on(&keys).filter(can).collect::<Vec<_>>().into_iter()
    }

    fn judge<'c>(&self, catalogue: &Catalogue, index: &'c Index) -> Standing<'c> {
        if !index.valid {
            return Standing::Invalid(index);
        }
        if let Some(predicate) = index.predicate.as_deref().filter(|predicate| !self.implies(predicate)) {
            return Standing::OtherRows { index, predicate };
        }
        let by_prefix = self.keys.iter().any(|key| key.ends_with("text_pattern_ops"));
        let plain = catalogue.database.as_ref().is_some_and(|it| matches!(it.collate.as_str(), "C" | "POSIX"));
        if by_prefix
            && !plain
            && !index.definition.contains("_pattern_ops")
            && !index.definition.contains("COLLATE \"C\"")
        {
            return Standing::OtherCollation(index);
        }
        Standing::Preferred(index)
    }

    /// Whether what the conditions say makes the predicate true: each of its parts is one of theirs.
    fn implies(&self, predicate: &str) -> bool {
        let said: Vec<String> =
            self.conditions.iter().flat_map(|text| expression::conjuncts(text)).map(expression::canonical).collect();
        let compares = |column: &str| {
            let same = |compared: &&Compared<'_>| compared.column == column && compared.constant != Some("NULL");
            self.compared.iter().any(|compared| same(&compared))
        };
        expression::conjuncts(predicate).into_iter().all(|part| {
            let not_null = part.strip_suffix(" IS NOT NULL").is_some_and(compares);
            not_null || said.contains(&expression::canonical(part))
        })
    }

    /// A usable index on a column that the condition compares only within an expression.
    fn hidden<'c>(&self, relation: &'c Relation) -> Option<Standing<'c>> {
        self.compared.iter().filter(|compared| compared.is_expression).find_map(|compared| {
            let column =
                relation.columns.iter().find(|column| expression::mentions_column(&compared.column, &column.name))?;
            let written = super::advice::quoted(&column.name);
            let index = relation.indexes_on(&[&written]).find(|index| index.serves_all() && index.method == "btree")?;
            let (column, column_type) = (column.name.as_str(), column.data_type.as_str());
            Some(Standing::Hidden { index, column, column_type, by: compared.column.clone() })
        })
    }

    /// An index that begins with one of the keys: one that is usable, or one of other rows.
    fn part<'c>(&self, catalogue: &Catalogue, relation: &'c Relation) -> Option<Standing<'c>> {
        let begins = self.keys.iter().flat_map(|key| relation.indexes_on(&[key]).collect::<Vec<_>>());
        let judged = begins.filter(|index| index.method == "btree").map(|index| self.judge(catalogue, index));
        let parts = judged.filter_map(|standing| match standing {
            Standing::Preferred(index) => Some(Standing::Part(index)),
            Standing::OtherRows { .. } => Some(standing),
            _ => None,
        });
        parts.min_by_key(|standing| u8::from(!matches!(standing, Standing::Part(_))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with these indexes: name, method, keys, definition's end, predicate, valid.
    fn relation(indexes: &[(&str, &str, &str, Option<&str>, bool)]) -> Relation {
        let indexes: Vec<serde_json::Value> = indexes
            .iter()
            .map(|(method, keys, definition, predicate, valid)| {
                serde_json::json!({"name": "it", "definition": definition, "method": method,
                    "keys": keys.split(", ").collect::<Vec<_>>(), "predicate": predicate, "valid": valid, "unique": false,
                    "primary": false, "bytes": 0, "scans": 0})
            })
            .collect();
        let columns: Vec<serde_json::Value> = ["status", "at", "name"]
            .map(|name| serde_json::json!({"name": name, "type": "text", "not_null": false}))
            .into();
        serde_json::from_value(serde_json::json!({"schema": "public", "name": "orders", "kind": "table",
            "columns": columns, "indexes": indexes, "size": {}, "activity":
            {"live": 0, "dead": 0, "modified_since_analyze": 0}}))
        .unwrap()
    }

    #[track_caller]
    fn standing(condition: &str, keys: &[&str], relation: &Relation) -> &'static str {
        let read = expression::read(condition, Some("o"));
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let wanted = Wanted { compared: &read.compared, keys: &keys, conditions: &[condition] };
        match wanted.standing(&Catalogue::default(), relation) {
            Standing::Unknown => "unknown",
            Standing::Preferred(_) => "preferred",
            Standing::Invalid(_) => "invalid",
            Standing::OtherRows { .. } => "other rows",
            Standing::OtherCollation(_) => "other collation",
            Standing::Hidden { .. } => "hidden",
            Standing::Part(_) => "part",
            Standing::Missing => "missing",
        }
    }

    #[test]
    fn an_index_serves_or_it_is_said_why_not() {
        let open = "(o.status = 'open'::text)";
        for (condition, keys, indexes, expected) in [
            (open, &["status"][..], &[][..], "missing"),
            (open, &["status"], &[("btree", "status", "", None, true)], "preferred"),
            (open, &["status"], &[("btree", "at, status", "", None, true)], "missing"),
            (open, &["status"], &[("btree", "status", "", None, false)], "invalid"),
            (open, &["status"], &[("gin", "status", "", None, true)], "missing"),
            (open, &["status"], &[("hash", "status", "", None, true)], "preferred"),
            (open, &["status"], &[("btree", "status", "", Some("(at > 5)"), true)], "other rows"),
            (open, &["status"], &[("btree", "status", "", Some("(status = 'open'::text)"), true)], "preferred"),
            (open, &["status"], &[("btree", "status", "", Some("(status IS NOT NULL)"), true)], "preferred"),
            ("((o.status)::integer = 3)", &["((status)::integer)"], &[("btree", "status", "", None, true)], "hidden"),
            (
                "((o.status)::integer = 3)",
                &["((status)::integer)"],
                &[("btree", "(status)::integer", "", None, true)],
                "preferred",
            ),
            ("((o.at = 3) AND (o.status = 4))", &["at", "status"], &[("btree", "status", "", None, true)], "part"),
            (
                "(o.name ~~ 'x%'::text)",
                &["name text_pattern_ops"],
                &[("btree", "name", "", None, true)],
                "other collation",
            ),
            (
                "(o.name ~~ 'x%'::text)",
                &["name text_pattern_ops"],
                &[("btree", "name", "(name text_pattern_ops)", None, true)],
                "preferred",
            ),
        ] {
            assert_eq!(standing(condition, keys, &relation(indexes)), expected, "{condition} with {indexes:?}");
        }
    }
}
