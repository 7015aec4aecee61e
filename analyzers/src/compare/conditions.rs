//! Conditions that moved: from an index into a filter, from a join's key into what it checks afterwards.

use std::collections::{BTreeMap, BTreeSet};

use super::align::Alignment;
use super::pairs::Moved;
use crate::postgres::NodeId;
use crate::postgres::expression::conjuncts;
use crate::postgres::plan::{Plan, PlanNode};

/// Where a condition decides what is read or met, best first, and where rows are only thrown away.
const PLACES: [(&str, Place); 9] = [
    ("Index Cond", Place::Key),
    ("Recheck Cond", Place::Key),
    ("TID Cond", Place::Key),
    ("Hash Cond", Place::Key),
    ("Merge Cond", Place::Key),
    ("Filter", Place::Check),
    ("Join Filter", Place::Check),
    ("One-Time Filter", Place::Check),
    ("Index Recheck Cond", Place::Check),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Key,
    Check,
}

struct Condition {
    normal: String,
    text: String,
    property: &'static str,
    place: Place,
}

/// What a plan calls its relations: a relation that is in both plans has one number, whatever its aliases are.
pub(super) struct Names<'p> {
    before: BTreeMap<&'p str, NodeId>,
    after: BTreeMap<&'p str, NodeId>,
}

impl<'p> Names<'p> {
    pub(super) fn of(before: &'p Plan, after: &'p Plan, alignment: &Alignment) -> Self {
        let is_same = |node: &&PlanNode| alignment.after[node.id.index()].is_some();
        let was = before.nodes().iter().filter(is_same).filter_map(|node| Some((alias(node)?, node.id)));
        let is = after.nodes().iter().filter_map(|node| Some((alias(node)?, alignment.before[node.id.index()]?)));
        Self { before: was.collect(), after: is.collect() }
    }
}

fn alias(node: &PlanNode) -> Option<&str> {
    node.alias.as_deref().or(node.relation.as_deref())
}

/// The conditions that went from a key to a check, or back.
pub(super) fn moved(names: &Names<'_>, old: &PlanNode, new: &PlanNode) -> Vec<Moved> {
    let (was, is) = (conditions(&names.before, old), conditions(&names.after, new));
    let mut moved = Vec::new();
    for condition in is {
        let elsewhere = |old: &&Condition| old.normal == condition.normal && old.place != condition.place;
        let also_here = was.iter().any(|old| old.normal == condition.normal && old.place == condition.place);
        if let Some(from) = was.iter().find(elsewhere).filter(|_| !also_here) {
            moved.push(Moved { condition: condition.text, from: from.property, to: condition.property });
        }
    }
    moved
}

/// What is asked of a leaf, wherever it is checked: each condition once, in an order of their own.
pub(super) fn of_leaf(node: &PlanNode) -> Vec<String> {
    let all = conditions(&BTreeMap::new(), node).into_iter().map(|condition| condition.normal);
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

fn conditions(names: &BTreeMap<&str, NodeId>, node: &PlanNode) -> Vec<Condition> {
    // Of its own columns a scan prints the qualifier only when it is asked to.
    let own = alias(node);
    let name = |qualifier: &str| match names.get(qualifier) {
        _ if own == Some(qualifier) => Some(String::new()),
        Some(id) => Some(format!("#{}.", id.number())),
        None => None,
    };
    let of = |(property, place): (&'static str, Place)| {
        let parts = node.text(property).map(conjuncts).unwrap_or_default();
        parts.into_iter().map(move |text| Condition {
            normal: either_way(text, name),
            text: text.to_owned(),
            property,
            place,
        })
    };
    PLACES.into_iter().flat_map(of).collect()
}

/// Of an equality it does not matter which side is which: a hash join names its outer side first.
fn either_way(text: &str, name: impl Fn(&str) -> Option<String>) -> String {
    match text.split(" = ").collect::<Vec<_>>()[..] {
        [left, right] => {
            let (left, right) = (normal(left, &name), normal(right, &name));
            if left <= right { format!("{left}={right}") } else { format!("{right}={left}") }
        }
        _ => normal(text, &name),
    }
}

/// Without constants and parameters, which differ from run to run and from version to version. `name` gives what
/// stands for a qualifier that it knows.
pub(crate) fn normal(text: &str, name: impl Fn(&str) -> Option<String>) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' => quoted(rest, '\''),
            '"' => quoted(rest, '"'),
            '$' | '0'..='9' => {
                rest.len() - rest[1..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len()
            }
            c if is_of_word(c) => rest.len() - rest.trim_start_matches(is_of_word).len(),
            c => c.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        match c {
            '\'' | '$' | '0'..='9' => normal.push('?'),
            '(' | ')' | ' ' => {}
            _ => match rest.strip_prefix('.').and_then(|column| Some((name(token.trim_matches('"'))?, column))) {
                Some((known, column)) => {
                    normal.push_str(&known);
                    rest = column;
                }
                None => normal.push_str(token),
            },
        }
    }
    normal
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// How long a text in quotes is, with them; two of them within it are one.
fn quoted(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(next) = text[end..].find(quote) {
        end += next + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nameless(text: &str) -> String {
        either_way(text, |_| None)
    }

    #[test]
    fn constants_do_not_tell_conditions_apart() {
        assert_eq!(nameless("(o.status = 'open'::text)"), nameless("(o.status = 'paid'::text)"));
        assert_eq!(nameless("(o.id2 > 10)"), nameless("o.id2 > $1"));
        assert_ne!(nameless("(o.id2 > 10)"), nameless("(o.id3 > 10)"));
        assert_eq!(nameless("it = 'it''s"), nameless("it = 'x"));
    }

    #[test]
    fn aliases_and_sides_do_not_tell_conditions_apart() {
        let name = |alias: &str| match alias {
            "o" | "b" => Some("#1.".to_owned()),
            "c" | "My C" => Some("#2.".to_owned()),
            "own" => Some(String::new()),
            _ => None,
        };
        let normal = |text: &str| either_way(text, name);
        assert_eq!(normal("(o.customer = c.id)"), normal("\"My C\".id = b.customer"));
        assert_eq!(normal("own.status = 'x'"), normal("status = 'y'"));
        assert_ne!(normal("o.id = c.id"), normal("o.id = o.id"));
        assert_ne!(normal("other.id = c.id"), normal("o.id = c.id"));
    }
}
