//! What is not run unless it is asked for: statements that write, lock, or call functions that do anything.

use std::collections::BTreeSet;

use perf_look_analyzers::postgres::plan::{NodeKind, Value};
use perf_look_analyzers::postgres::{Plan, PlanNode};

/// Why a statement is not run, and the flag that allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `it writes (Delete on orders)`.
    pub why: String,
    /// `--allow-writes`, `--allow-volatile`.
    pub flag: &'static str,
}

const WRITES: &str = "--allow-writes";
const VOLATILE: &str = "--allow-volatile";

impl Refusal {
    pub(super) fn writes(why: impl Into<String>) -> Self {
        Self { why: why.into(), flag: WRITES }
    }

    pub(super) fn volatile(function: &str) -> Self {
        let why = format!(
            "it calls the volatile function {function}, which may do anything, also what ROLLBACK does not undo"
        );
        Self { why, flag: VOLATILE }
    }
}

/// Whether a plan writes, locks rows, or changes something on another server.
pub(super) fn writes(plan: &Plan) -> Option<Refusal> {
    plan.nodes().iter().find_map(|node| match node.kind {
        NodeKind::ModifyTable => Some(Refusal::writes(format!("it writes ({})", node.label()))),
        NodeKind::LockRows => Some(Refusal::writes("it locks rows (FOR UPDATE or FOR SHARE)")),
        NodeKind::ForeignScan if is_foreign_write(node) => {
            Some(Refusal::writes(format!("it writes on another server ({})", node.label())))
        }
        _ => None,
    })
}

fn is_foreign_write(node: &PlanNode) -> bool {
    node.text("Operation").is_some_and(|operation| operation != "Select")
}

/// Functions of `pg_catalog` that are volatile by their label and leave nothing behind.
pub(super) const HARMLESS: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_uuid",
    "lastval",
    "pg_column_size",
    "pg_current_xact_id",
    "pg_current_xact_id_if_assigned",
    "pg_database_size",
    "pg_indexes_size",
    "pg_relation_size",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
    "random",
    "random_normal",
    "setseed",
    "statement_timestamp",
    "timeofday",
    "txid_current",
    "txid_current_if_assigned",
    "uuidv4",
    "uuidv7",
];

/// Names that a plan calls: each word before a `(` in its expressions, the functions that it scans, and operators.
/// More than are functions, since types and keywords look alike: the catalogue tells.
pub(super) fn called(plan: &Plan) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for node in plan.nodes() {
        for property in &node.properties {
            if property.name == "Function Name"
                && let Some(name) = property.value.text()
            {
                names.insert(name.to_owned());
            }
            called_in(&property.value, &mut names);
        }
    }
    names
}

fn called_in(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Text(text) => {
            names_before_parentheses(text, names);
            operators(text, names);
        }
        Value::List(values) => values.iter().for_each(|value| called_in(value, names)),
        Value::Group(group) => group.iter().for_each(|property| called_in(&property.value, names)),
        _ => {}
    }
}

fn operators(text: &str, names: &mut BTreeSet<String>) {
    let is_operator = |word: &&str| word.chars().all(|c| "+-*/<>=~!@#%^&|`?".contains(c));
    names.extend(text.split([' ', '(', ')']).filter(|word| !word.is_empty()).filter(is_operator).map(str::to_owned));
}

fn names_before_parentheses(text: &str, names: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let name = if let Some(quoted) = before.strip_suffix('"') {
            &quoted[quoted.rfind('"').map_or(0, |quote| quote + 1)..]
        } else {
            let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            &before[before.trim_end_matches(word).len()..]
        };
        if !name.is_empty() {
            names.insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_before_parentheses() {
        let mut names = BTreeSet::new();
        names_before_parentheses(r#"((a.f(x) > 3) AND public."My Fn"(lower(b)) AND (c = ANY (d)))"#, &mut names);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(names, ["My Fn", "f", "lower"]);
    }
}
