//! The shape of a plan without its figures, and three digests of it: of how tables are read, of the tree, of all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compare::conditions;
use crate::digest::digest;
use crate::postgres::plan::{Plan, PlanNode};

/// Digests that are equal where the plans are, whatever constants, costs and numbers of subplans they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// How each table is read: the kind of scan and the index.
    pub access: String,
    /// The tree: what each node does, on what, and where it hangs. A Gather does not count.
    pub tree: String,
    /// The tree with the conditions and keys of each node.
    pub full: String,
}

/// Properties that belong to a node's shape.
const CONDITIONS: [&str; 10] = [
    "Index Cond",
    "Recheck Cond",
    "TID Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "Sort Key",
    "Group Key",
    "Cache Key",
];

impl Shape {
    /// The shape of a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut seen = BTreeMap::new();
        let (mut access, mut tree, mut full) = (Vec::new(), Vec::new(), Vec::new());
        // Depth and role of each node; what hangs below a Gather hangs where the Gather does.
        let mut places: Vec<(u32, &str)> = Vec::with_capacity(plan.nodes().len());
        for node in plan.nodes() {
            let role = node.role.map_or("", |role| role.as_str());
            let place = match node.parent.map(|parent| (plan.node(parent), places[parent.index()])) {
                Some((parent, place)) if parent.kind.is_gather() => place,
                Some((_, (depth, _))) => (depth + 1, role),
                None => (0, role),
            };
            places.push(place);
            if node.kind.is_gather() {
                continue;
            }
            let step = step(node, &mut seen);
            let (depth, role) = place;
            full.push(format!("{depth} {role} {step} {}", asked(node)));
            tree.push(format!("{depth} {role} {step}"));
            if node.relation.is_some() || node.index.is_some() {
                access.push(step);
            }
        }
        access.sort();
        let of = |lines: &[String]| digest(lines.iter().map(String::as_str));
        Self { access: of(&access), tree: of(&tree), full: of(&full) }
    }
}

/// What a node does and on what: of a table that is read more than once, the how manieth time.
fn step<'p>(node: &'p PlanNode, seen: &mut BTreeMap<&'p str, usize>) -> String {
    let index = node.index.as_deref().unwrap_or_default();
    let relation = node.relation.as_deref().map_or(String::new(), |relation| {
        let times = seen.entry(relation).or_default();
        *times += 1;
        format!("{}.{relation}#{times}", node.schema.as_deref().unwrap_or_default())
    });
    format!("{}|{relation}|{index}", node.type_name)
}

fn asked(node: &PlanNode) -> String {
    let text = |name: &&str| Some(format!("{name}={}", conditions::normal(&said(node, name)?, |_| None)));
    CONDITIONS.iter().filter_map(text).collect::<Vec<_>>().join("|")
}

fn said(node: &PlanNode, name: &str) -> Option<String> {
    use crate::postgres::plan::Value;
    match node.property(name)? {
        Value::Text(text) => Some(text.to_string()),
        Value::List(values) => Some(values.iter().filter_map(Value::text).collect::<Vec<_>>().join(",")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::parse;

    fn shape(text: &str) -> Shape {
        Shape::of(&parse::parse(text).unwrap().plans.remove(0))
    }

    #[test]
    fn constants_and_workers_do_not_change_a_shape() {
        let serial = shape("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (a = 1)");
        let other = shape("Seq Scan on t  (cost=0.00..9.00 rows=7 width=4)\n  Filter: (a = 22)");
        assert_eq!(serial, other);
        let gathered = shape(
            "Gather  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n        Filter: (a = 1)",
        );
        assert_eq!(serial, gathered);
    }

    #[test]
    fn an_index_changes_access_and_a_condition_only_the_whole() {
        let scan = shape("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (a = 1)");
        let index = shape("Index Scan using i on t  (cost=0.00..1.00 rows=1 width=4)\n  Index Cond: (a = 1)");
        let other = shape("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (b = 1)");
        assert_ne!(scan.access, index.access);
        assert_eq!(scan.tree, other.tree);
        assert_ne!(scan.full, other.full);
    }
}
