//! Conditions that moved: from an index into a filter, from a join's key into what it checks afterwards.

use super::pairs::Moved;
use crate::postgres::expression::conjuncts;
use crate::postgres::plan::PlanNode;

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

/// The conditions that went from a key to a check, or back.
pub(super) fn moved(old: &PlanNode, new: &PlanNode) -> Vec<Moved> {
    let (was, is) = (conditions(old), conditions(new));
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

fn conditions(node: &PlanNode) -> Vec<Condition> {
    let of = |(property, place): (&'static str, Place)| {
        let parts = node.text(property).map(conjuncts).unwrap_or_default();
        parts.into_iter().map(move |text| Condition { normal: normal(text), text: text.to_owned(), property, place })
    };
    PLACES.into_iter().flat_map(of).collect()
}

/// Without constants and parameters, which differ from run to run and from version to version.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_word = false;
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                while rest.next().is_some_and(|c| c != '\'') {}
                normal.push('?');
            }
            '$' | '0'..='9' if !in_word => {
                while rest.next_if(|c| c.is_ascii_digit() || *c == '.').is_some() {}
                normal.push('?');
            }
            '(' | ')' | ' ' => {}
            c => normal.push(c),
        }
        in_word = c.is_alphanumeric() || c == '_';
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_do_not_tell_conditions_apart() {
        assert_eq!(normal("(o.status = 'open'::text)"), normal("(o.status = 'paid'::text)"));
        assert_eq!(normal("(o.id2 > 10)"), normal("o.id2 > $1"));
        assert_ne!(normal("(o.id2 > 10)"), normal("(o.id3 > 10)"));
    }
}
