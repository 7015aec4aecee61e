//! What a node is called, what it does and what it is to its parent, out of the words of Postgres' JSON.

use std::borrow::Cow;

use crate::postgres::plan::{NodeKind, PlanNode, Role, Strategy};

/// `ModifyTable`'s input is called "Member" up to PostgreSQL 13 and "Outer" later.
pub(super) fn role(relationship: Option<&str>, subplan_name: Option<&str>, parent: Option<&str>) -> Option<Role> {
    match (relationship, parent) {
        (Some("InitPlan"), _) if subplan_name.is_some_and(|name| name.starts_with("CTE ")) => Some(Role::Cte),
        (Some("InitPlan"), _) => Some(Role::InitPlan),
        (Some("SubPlan"), _) => Some(Role::SubPlan),
        (Some("Inner"), _) => Some(Role::Inner),
        (Some("Outer" | "Subquery"), _) | (Some("Member"), Some("ModifyTable")) | (None, Some(_)) => Some(Role::Outer),
        (Some(_), _) => Some(Role::Member),
        (None, None) => None,
    }
}

pub(super) fn kind(node_type: &str, node: &PlanNode) -> NodeKind {
    match node_type {
        "Aggregate" => NodeKind::Aggregate(match node.text("Strategy") {
            Some("Sorted") => Strategy::Sorted,
            Some("Hashed") => Strategy::Hashed,
            Some("Mixed") => Strategy::Mixed,
            _ => Strategy::Plain,
        }),
        "Append" => NodeKind::Append,
        "BitmapAnd" => NodeKind::BitmapAnd,
        "Bitmap Heap Scan" => NodeKind::BitmapHeapScan,
        "Bitmap Index Scan" => NodeKind::BitmapIndexScan,
        "BitmapOr" => NodeKind::BitmapOr,
        "CTE Scan" => NodeKind::CteScan,
        "Custom Scan" => NodeKind::CustomScan,
        "Foreign Scan" => NodeKind::ForeignScan,
        "Function Scan" => NodeKind::FunctionScan,
        "Gather" => NodeKind::Gather,
        "Gather Merge" => NodeKind::GatherMerge,
        "Group" => NodeKind::Group,
        "Hash" => NodeKind::Hash,
        "Hash Join" => NodeKind::HashJoin,
        "Incremental Sort" => NodeKind::IncrementalSort,
        "Index Only Scan" => NodeKind::IndexOnlyScan,
        "Index Scan" => NodeKind::IndexScan,
        "Limit" => NodeKind::Limit,
        "LockRows" => NodeKind::LockRows,
        "Materialize" => NodeKind::Materialize,
        "Memoize" => NodeKind::Memoize,
        "Merge Append" => NodeKind::MergeAppend,
        "Merge Join" => NodeKind::MergeJoin,
        "ModifyTable" => NodeKind::ModifyTable,
        "Named Tuplestore Scan" => NodeKind::NamedTuplestoreScan,
        "Nested Loop" => NodeKind::NestedLoop,
        "ProjectSet" => NodeKind::ProjectSet,
        "Recursive Union" => NodeKind::RecursiveUnion,
        "Result" => NodeKind::Result,
        "Sample Scan" => NodeKind::SampleScan,
        "Seq Scan" => NodeKind::SeqScan,
        "SetOp" => NodeKind::SetOp,
        "Sort" => NodeKind::Sort,
        "Subquery Scan" => NodeKind::SubqueryScan,
        "Table Function Scan" => NodeKind::TableFunctionScan,
        "Tid Range Scan" => NodeKind::TidRangeScan,
        "Tid Scan" => NodeKind::TidScan,
        "Unique" => NodeKind::Unique,
        "Values Scan" => NodeKind::ValuesScan,
        "WindowAgg" => NodeKind::WindowAgg,
        "WorkTable Scan" => NodeKind::WorkTableScan,
        _ => NodeKind::Other,
    }
}

/// What TEXT prints; see `ExplainNode` in Postgres' `explain.c`.
pub(super) fn type_name(node_type: &str, node: &PlanNode, is_async: bool) -> Cow<'static, str> {
    let plain = interned(node_type);
    let name = match node.kind {
        NodeKind::Aggregate(strategy) => {
            let name = match strategy {
                Strategy::Plain => "Aggregate",
                Strategy::Sorted => "GroupAggregate",
                Strategy::Hashed => "HashAggregate",
                Strategy::Mixed => "MixedAggregate",
            };
            match node.text("Partial Mode") {
                Some(mode @ ("Partial" | "Finalize")) => Cow::Owned(format!("{mode} {name}")),
                _ => Cow::Borrowed(name),
            }
        }
        NodeKind::ModifyTable => node.text("Operation").map_or(plain, interned),
        NodeKind::NestedLoop => match node.text("Join Type") {
            None | Some("Inner") => plain,
            Some(join) => Cow::Owned(format!("Nested Loop {join} Join")),
        },
        NodeKind::HashJoin | NodeKind::MergeJoin => match node.text("Join Type") {
            None | Some("Inner") => plain,
            Some(join) => Cow::Owned(node_type.replace(" Join", &format!(" {join} Join"))),
        },
        NodeKind::SetOp => {
            let hashed = if node.text("Strategy") == Some("Hashed") { "Hash" } else { "" };
            let command = node.text("Command").map_or(String::new(), |command| format!(" {command}"));
            Cow::Owned(format!("{hashed}SetOp{command}"))
        }
        NodeKind::IndexScan | NodeKind::IndexOnlyScan if node.text("Scan Direction") == Some("Backward") => {
            Cow::Owned(format!("{node_type} Backward"))
        }
        NodeKind::ForeignScan => match node.text("Operation") {
            None | Some("Select") => plain,
            Some(operation) => Cow::Owned(format!("Foreign {operation}")),
        },
        NodeKind::CustomScan => match node.text("Custom Plan Provider") {
            Some(provider) => Cow::Owned(format!("Custom Scan ({provider})")),
            None => plain,
        },
        _ => plain,
    };
    if is_async { Cow::Owned(format!("Async {name}")) } else { name }
}

/// Names that Postgres prints in nearly every plan: kept once, in the program.
/// Short ones first, so that a name is only compared with those of its length; then in the order of the alphabet.
const COMMON: [&str; 66] = [
    "Hash",
    "Sort",
    "Limit",
    "Append",
    "Delete",
    "Filter",
    "Gather",
    "Insert",
    "Output",
    "Result",
    "Update",
    "Command",
    "Memoize",
    "BitmapOr",
    "CTE Name",
    "CTE Scan",
    "Disabled",
    "Seq Scan",
    "Sort Key",
    "Strategy",
    "Aggregate",
    "BitmapAnd",
    "Cache Key",
    "Group Key",
    "Hash Cond",
    "Hash Join",
    "Join Type",
    "Cache Hits",
    "Cache Mode",
    "Index Cond",
    "Index Scan",
    "Merge Cond",
    "Merge Join",
    "Join Filter",
    "Materialize",
    "Nested Loop",
    "Sort Method",
    "Cache Misses",
    "Gather Merge",
    "Hash Batches",
    "Hash Buckets",
    "Heap Fetches",
    "Inner Unique",
    "Partial Mode",
    "Recheck Cond",
    "Function Scan",
    "Index Searches",
    "Scan Direction",
    "Cache Evictions",
    "Cache Overflows",
    "Index Only Scan",
    "Sort Space Type",
    "Sort Space Used",
    "Workers Planned",
    "Bitmap Heap Scan",
    "Workers Launched",
    "Bitmap Index Scan",
    "Exact Heap Blocks",
    "Lossy Heap Blocks",
    "Peak Memory Usage",
    "Planned Partitions",
    "Original Hash Batches",
    "Original Hash Buckets",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
];

/// Where the names of each length begin in [`COMMON`].
const BEGINNINGS: [usize; 32] = {
    let mut beginnings = [COMMON.len(); 32];
    let mut place = COMMON.len();
    while place > 0 {
        place -= 1;
        let mut length = 0;
        while length <= COMMON[place].len() {
            beginnings[length] = place;
            length += 1;
        }
    }
    beginnings
};

pub(super) fn interned(name: &str) -> Cow<'static, str> {
    let same_length = BEGINNINGS.get(name.len()..name.len() + 2).map_or(&[][..], |ends| &COMMON[ends[0]..ends[1]]);
    match same_length.iter().find(|common| **common == name) {
        Some(common) => Cow::Borrowed(common),
        None => Cow::Owned(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_names_are_sorted() {
        assert!(COMMON.is_sorted_by_key(|name| (name.len(), *name)));
        assert!(COMMON.iter().all(|name| matches!(interned(name), Cow::Borrowed(_))));
    }
}
