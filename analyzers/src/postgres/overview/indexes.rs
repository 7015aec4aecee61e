//! What counters and definitions say of indexes: which nothing was looked up in, and which another one makes needless.

use std::cmp::Reverse;

use super::capture::{ForeignKey, Index};

/// An index that only costs: space, and time at each write.
#[derive(Debug, Clone, PartialEq)]
pub struct Unused {
    /// The index.
    pub index: Index,
    /// Why it is of no use.
    pub why: WhyUnused,
}

/// Why an index is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyUnused {
    /// Nothing was looked up in it since the statistics were reset.
    NeverScanned,
    /// It was not built to its end: queries may not use it, but writes keep it.
    Invalid,
}

impl Unused {
    /// Without those that are duplicates, which are listed as such, and those that do the work of one: what is looked up
    /// in the duplicate today would be looked up in them.
    pub(super) fn all_of(indexes: &[Index], duplicates: &[Duplicate]) -> Vec<Self> {
        let is = |left: &Index, right: &Index| (&left.schema, &left.name) == (&right.schema, &right.name);
        let is_known = |index: &Index| {
            duplicates.iter().any(|it| is(&it.index, index) || it.index.scans > 0.0 && is(&it.by, index))
        };
        indexes.iter().filter(|index| !is_known(index)).filter_map(Self::of).collect()
    }

    fn of(index: &Index) -> Option<Self> {
        // What is unique keeps a promise, whether or not anything is looked up in it.
        let is_needed = index.primary || index.unique || index.constraint || index.referenced || index.identity;
        let why = match (index.valid, is_needed) {
            (false, _) => WhyUnused::Invalid,
            (true, false) if index.scans < 1.0 => WhyUnused::NeverScanned,
            _ => return None,
        };
        Some(Self { index: index.clone(), why })
    }
}

/// An index that another one makes needless.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// The one to drop.
    pub index: Index,
    /// The one that does the same.
    pub by: Index,
}

impl Duplicate {
    pub(super) fn all_of(indexes: &[Index]) -> Vec<Self> {
        let mut places: Vec<usize> = (0..indexes.len()).collect();
        let table = |place: &usize| (&indexes[*place].schema, &indexes[*place].table);
        places.sort_by_key(table);
        let mut found: Vec<Self> = Vec::new();
        for same_table in places.chunk_by(|left, right| table(left) == table(right)) {
            let here: Vec<&Index> = same_table.iter().map(|place| &indexes[*place]).collect();
            found.extend(here.iter().filter_map(|index| Self::of(index, &here)));
        }
        found.sort_by(|left, right| right.index.bytes.total_cmp(&left.index.bytes));
        found
    }

    fn of(index: &Index, others: &[&Index]) -> Option<Self> {
        let covering = others.iter().filter(|other| covers(other, index));
        // One that stays: nothing covers it in turn.
        let stays = covering.filter(|other| !others.iter().any(|third| covers(third, other)));
        let by = stays.min_by_key(|other| (other.keys.len(), &other.name))?;
        Some(Self { index: index.clone(), by: (*by).clone() })
    }

    /// Whether both are searched by the same columns; otherwise the other one goes on behind them.
    pub fn is_same(&self) -> bool {
        self.index.keys.len() == self.by.keys.len()
    }

    /// How to get rid of it.
    pub fn sql(&self) -> String {
        drop_of(&self.index)
    }
}

impl Unused {
    /// How to get rid of it.
    pub fn sql(&self) -> String {
        drop_of(&self.index)
    }
}

impl ForeignKey {
    /// The index that it lacks.
    pub fn sql(&self) -> String {
        let how = if self.partitioned { "" } else { "CONCURRENTLY " };
        format!("CREATE INDEX {how}ON {} ({})", self.quoted_table, self.quoted.join(", "))
    }
}

fn drop_of(index: &Index) -> String {
    if index.constraint {
        let name = format!("\"{}\"", index.name.replace('"', "\"\""));
        return format!("ALTER TABLE {} DROP CONSTRAINT {name}", index.quoted_table);
    }
    let how = if index.partitioned { "" } else { "CONCURRENTLY " };
    format!("DROP INDEX {how}{}", index.quoted)
}

/// Whether the first finds all that the second does, and promises all that it promises. No two cover each other.
fn covers(one: &Index, other: &Index) -> bool {
    let alike = one.valid && other.valid && one.method == other.method && one.predicate == other.predicate;
    let begins = one.keys.starts_with(&other.keys) && one.manners.starts_with(&other.manners);
    if !alike || !begins || !holds(one, other) {
        return false;
    }
    if one.keys.len() > other.keys.len() {
        // Only a tree is searched by its first columns alone as well as an index of just these.
        return one.method == "btree" && !promises(other);
    }
    keeps_promises(one, other) && (!holds(other, one) || worth(one) > worth(other))
}

/// Whether something else than searching depends on it.
fn promises(index: &Index) -> bool {
    index.unique || index.constraint || index.identity || index.referenced
}

/// Whether an index of the same keys keeps what the other promises. Exclusion constraints of the same columns may differ.
fn keeps_promises(one: &Index, other: &Index) -> bool {
    let is_tied = other.primary || other.identity || other.referenced || other.constraint && !other.unique;
    !is_tied && one.unique >= other.unique && one.constraint >= other.constraint
}

/// Of two that are alike the one that promises more stays, then the one that is used more.
fn worth(index: &Index) -> (bool, bool, bool, bool, bool, u64, Reverse<&str>) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of scans")]
    let scans = index.scans as u64;
    (index.identity, index.primary, index.referenced, index.constraint, index.unique, scans, Reverse(&index.name))
}

fn holds(one: &Index, other: &Index) -> bool {
    other.included.iter().all(|column| one.included.contains(column) || one.keys.contains(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name: keys` with marks: `U` unique, `C` constraint, `P` primary key, `R` referenced, `gin`, `+x` holds x, `?x` where
    /// x, `*3` scanned three times.
    fn index(text: &str) -> Index {
        let (name, rest) = text.split_once(": ").unwrap();
        let mut words = rest.split(' ');
        let keys: Vec<String> = words.next().unwrap().split(',').map(str::to_owned).collect();
        let marks: Vec<&str> = words.collect();
        let has = |mark: &str| marks.contains(&mark);
        let behind = |mark: char| marks.iter().filter_map(move |it| it.strip_prefix(mark)).map(str::to_owned);
        let value = serde_json::json!({
            "schema": "public", "table": "t", "name": name, "quoted": format!("public.{name}"), "quoted_table": "public.t",
            "partitioned": false, "definition": "", "method": if has("gin") { "gin" } else { "btree" },
            "manners": vec!["1 0 0"; keys.len()], "keys": keys, "included": behind('+').collect::<Vec<_>>(),
            "predicate": behind('?').next(), "valid": !has("invalid"), "unique": has("U"), "primary": has("P"),
            "constraint": has("C"), "referenced": has("R"), "identity": false, "foreign_keys": [], "bytes": 8192.0,
            "scans": behind('*').next().map_or(0.0, |scans| scans.parse().unwrap()),
        });
        serde_json::from_value(value).unwrap()
    }

    #[track_caller]
    fn duplicates(indexes: &[&str], expected: &[&str]) {
        let indexes: Vec<Index> = indexes.iter().map(|text| index(text)).collect();
        let found = Duplicate::all_of(&indexes);
        let found: Vec<String> = found.iter().map(|it| format!("{} by {}", it.index.name, it.by.name)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_index_that_begins_another_is_needless() {
        duplicates(&["a: x", "b: x,y"], &["a by b"]);
        duplicates(&["a: y", "b: x,y"], &[]);
        duplicates(&["a: x gin", "b: x,y gin"], &[]);
        duplicates(&["a: x ?open", "b: x,y"], &[]);
    }

    #[test]
    fn of_two_that_are_alike_the_one_that_is_used_more_or_promises_more_stays() {
        duplicates(&["a: x", "b: x"], &["b by a"]);
        duplicates(&["a: x", "b: x *3"], &["a by b"]);
        duplicates(&["a: x *9", "b: x U"], &["a by b"]);
        duplicates(&["a: x U C", "b: x U C P"], &["a by b"]);
        duplicates(&["a: x", "b: x +z"], &["a by b"]);
        duplicates(&["a: x +z", "b: x,z"], &["a by b"]);
    }

    #[test]
    fn what_is_promised_stays() {
        duplicates(&["a: x U", "b: x,y"], &[]);
        duplicates(&["a: x U", "b: x,y U"], &[]);
        duplicates(&["a: x U C R", "b: x U C P"], &[]);
        duplicates(&["a: x gin C", "b: x gin C"], &[]);
    }

    #[test]
    fn the_one_that_stays_is_never_one_that_goes() {
        duplicates(&["a: x", "b: x", "c: x,y", "d: x,y,z"], &["a by d", "b by d", "c by d"]);
    }

    #[test]
    fn an_index_is_not_unused_that_will_do_the_work_of_its_duplicate() {
        let unused = |texts: [&str; 3]| {
            let indexes = texts.map(index);
            let found = Unused::all_of(&indexes, &Duplicate::all_of(&indexes));
            found.into_iter().map(|it| it.index.name).collect::<Vec<_>>()
        };
        assert_eq!(unused(["a: x *5", "b: x,y", "c: z"]), ["c"]);
        assert_eq!(unused(["a: x", "b: x,y", "c: z"]), ["b", "c"]);
    }

    #[test]
    fn what_keeps_a_promise_is_never_unused() {
        let unused = |text: &str| Unused::all_of(&[index(text)], &[]).first().map(|it| it.why);
        assert_eq!(unused("a: x"), Some(WhyUnused::NeverScanned));
        assert_eq!(unused("a: x *1"), None);
        assert_eq!(unused("a: x U"), None);
        assert_eq!(unused("a: x U invalid *4"), Some(WhyUnused::Invalid));
    }
}
