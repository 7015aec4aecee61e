//! Names that are made up: for each one another, always the same in a report.

use std::collections::BTreeMap;

use crate::postgres::clauses::folded_name;
use crate::postgres::plan::Value;
use crate::report::Subject;

/// What is called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Schema,
    Relation,
    Alias,
    Index,
    /// A column, or what else is only known from an expression.
    Column,
    Trigger,
    Constraint,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Schema => "s",
            Self::Relation => "t",
            Self::Alias => "a",
            Self::Index => "i",
            Self::Column => "c",
            Self::Trigger => "trigger",
            Self::Constraint => "constraint",
        }
    }
}

/// The names that were given, by those that they stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: BTreeMap<String, String>,
    counts: BTreeMap<Kind, usize>,
}

impl Names {
    /// With a name for all that the plans say is a relation, an alias or an index, in their order.
    pub(super) fn of(subjects: &[Subject]) -> Self {
        let mut names = Self::default();
        for node in subjects.iter().flat_map(|subject| subject.plan.nodes()) {
            let known = [
                (Kind::Schema, &node.schema),
                (Kind::Relation, &node.relation),
                (Kind::Alias, &node.alias),
                (Kind::Index, &node.index),
            ];
            for (kind, name) in known {
                if let Some(name) = name {
                    names.of_kind(kind, name);
                }
            }
        }
        names
    }

    /// The name that stands for this one.
    pub(super) fn of_kind(&mut self, kind: Kind, name: &str) -> String {
        // `*VALUES*` is Postgres' own, and so is the name of nothing.
        if name.starts_with('*') || name.is_empty() {
            return name.to_owned();
        }
        if let Some(given) = self.given.get(name) {
            return given.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let given = format!("{}{count}", kind.prefix());
        self.given.insert(name.to_owned(), given.clone());
        given
    }

    /// The name that stands for one in SQL or an expression; types and functions that every server has stay.
    pub(super) fn of_text(&mut self, text: &str, before: &str) -> String {
        let name = folded_name(text);
        // Behind a point stands a column, whatever it is called.
        if before != "." && !self.given.contains_key(&name) && is_known(&name) {
            return text.to_owned();
        }
        self.of_kind(Kind::Column, &name)
    }

    pub(super) fn rename(&mut self, kind: Kind, name: &mut Box<str>) {
        *name = self.of_kind(kind, name).into();
    }

    pub(super) fn rename_some(&mut self, kind: Kind, name: &mut Option<Box<str>>) {
        if let Some(name) = name {
            self.rename(kind, name);
        }
    }
}

/// Properties whose texts are words of Postgres: neither names nor expressions.
const WORDS: &[&str] = &[
    "Cache Mode",
    "Command",
    "Conflict Resolution",
    "Join Type",
    "Operation",
    "Partial Mode",
    "Scan Direction",
    "Sort Method",
    "Sort Methods Used",
    "Sort Space Type",
    "Storage",
    "Strategy",
];

/// Whether a property says only what Postgres has words for.
pub(super) fn is_word_of_postgres(name: &str, value: &Value) -> bool {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphabetic() || " -,".contains(c));
    match value {
        Value::Text(text) => WORDS.contains(&name) && plain(text),
        Value::List(values) => values.iter().all(|value| is_word_of_postgres(name, value)),
        _ => false,
    }
}

/// Settings whose values are names.
pub(super) fn is_setting_of_names(name: &str) -> bool {
    matches!(name, "search_path" | "role" | "temp_tablespaces" | "default_tablespace" | "session_authorization")
}

/// Types, functions and words that every server has, sorted: they tell nothing of whose it is, and without them nobody
/// understands a condition.
const KNOWN: &[&str] = &[
    "abs",
    "any",
    "array_agg",
    "array_length",
    "avg",
    "bigint",
    "bit",
    "bool",
    "bool_and",
    "bool_or",
    "boolean",
    "bpchar",
    "btrim",
    "bytea",
    "ceil",
    "char",
    "character",
    "coalesce",
    "concat",
    "count",
    "cte",
    "date",
    "date_part",
    "date_trunc",
    "decimal",
    "dense_rank",
    "double",
    "extract",
    "false",
    "first_value",
    "float4",
    "float8",
    "floor",
    "generate_series",
    "greatest",
    "hashed",
    "initplan",
    "int2",
    "int4",
    "int8",
    "integer",
    "interval",
    "json",
    "json_agg",
    "jsonb",
    "jsonb_agg",
    "jsonb_build_object",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "max",
    "md5",
    "min",
    "not",
    "now",
    "null",
    "nullif",
    "numeric",
    "oid",
    "operator",
    "pg_catalog",
    "power",
    "precision",
    "random",
    "rank",
    "real",
    "regclass",
    "regexp_replace",
    "replace",
    "rescan",
    "returns",
    "right",
    "round",
    "row_number",
    "row_to_json",
    "rtrim",
    "setof",
    "smallint",
    "split_part",
    "sqrt",
    "stddev",
    "string_agg",
    "strpos",
    "subplan",
    "substr",
    "substring",
    "sum",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timestamptz_pl_interval",
    "to_char",
    "to_date",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "trim",
    "true",
    "trunc",
    "unnest",
    "upper",
    "uuid",
    "varchar",
    "variance",
    "varying",
    "without",
    "xml",
    "zone",
];

fn is_known(name: &str) -> bool {
    let of_subplan = name.strip_prefix("col").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    (of_subplan && name.len() > "col".len()) || KNOWN.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_words_are_sorted() {
        assert!(KNOWN.is_sorted());
    }
}
