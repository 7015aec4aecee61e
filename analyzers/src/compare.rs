//! Two reports side by side: which node became which, what changed in the plans, and what that did.
//!
//! Nodes are matched by what they cover, not by where they hang: a scan by its table, a join by the tables below it,
//! a sort by what it sorts. So a scan that became another kind of scan is one change, and not one node gone and another
//! come. Everything that shows a comparison shows this value.

mod align;
pub(crate) mod conditions;
mod context;
mod outside;
pub mod pages;
mod pairs;
mod statement;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use context::{Noise, Setting, Table, Tables};
pub use outside::Outside;
pub(crate) use outside::counterparts as counterparts_outside;
pub use pages::PageDifference;
pub use pairs::{Change, Moved, Pair};
pub use statement::{Difference, Figures, JoinOrder};
pub use words::{signed, signed_share};

use crate::report::{Report, Subject};
use crate::web::Page;

/// Two reports, and what became of each statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The report that is compared with.
    pub before: Report,
    /// The report that is asked about.
    pub after: Report,
    /// The statements that both have, in the order of `after`.
    pub differences: Vec<Difference>,
    /// Indices of the subjects that only `before` has.
    pub only_before: Vec<usize>,
    /// Indices of the subjects that only `after` has.
    pub only_after: Vec<usize>,
    /// The pages that both have, in the order of `after`.
    pub pages: Vec<PageDifference>,
    /// Indices of the pages that only `before` has.
    pub pages_only_before: Vec<usize>,
    /// Indices of the pages that only `after` has.
    pub pages_only_after: Vec<usize>,
}

impl Comparison {
    /// Compares statement by statement and page by page. Cannot fail: what has no counterpart is listed.
    pub fn of(before: Report, after: Report) -> Self {
        let pairs = counterparts(&before.subjects, &after.subjects);
        let differences = pairs.iter().map(|(old, new)| Difference::of(&before, *old, &after, *new)).collect();
        let both = pages::counterparts(&before.pages, &after.pages);
        let compared = both.iter().map(|(old, new)| PageDifference::of((&before, *old), (&after, *new))).collect();
        Self {
            differences,
            only_before: rest(before.subjects.len(), pairs.iter().map(|(old, _)| *old)),
            only_after: rest(after.subjects.len(), pairs.iter().map(|(_, new)| *new)),
            pages: compared,
            pages_only_before: rest(before.pages.len(), both.iter().map(|(old, _)| *old)),
            pages_only_after: rest(after.pages.len(), both.iter().map(|(_, new)| *new)),
            before,
            after,
        }
    }

    /// The two subjects of a difference.
    pub fn subjects(&self, difference: &Difference) -> (&Subject, &Subject) {
        (&self.before.subjects[difference.before], &self.after.subjects[difference.after])
    }

    /// The two pages of a difference.
    pub fn both_pages(&self, difference: &PageDifference) -> (&Page, &Page) {
        (&self.before.pages[difference.before], &self.after.pages[difference.after])
    }

    /// Whether any plan changed its shape.
    pub fn is_changed(&self) -> bool {
        self.differences.iter().any(|difference| difference.changes() > 0)
    }
}

/// The indices that are not paired.
fn rest(count: usize, paired: impl Iterator<Item = usize>) -> Vec<usize> {
    let paired: BTreeSet<usize> = paired.collect();
    (0..count).filter(|place| !paired.contains(place)).collect()
}

/// Which subjects are one statement: one and one always are, else the same SQL, else the same name.
fn counterparts(before: &[Subject], after: &[Subject]) -> Vec<(usize, usize)> {
    if let ([_], [_]) = (before, after) {
        return vec![(0, 0)];
    }
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken = vec![false; before.len()];
    let sql = |subject: &Subject| {
        subject.query.as_deref().map(|query| query.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let name = |subject: &Subject| Some(subject.name.clone());
    for key in [&sql as &dyn Fn(&Subject) -> Option<String>, &name] {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for place in (0..before.len()).rev().filter(|place| !taken[*place]) {
            if let Some(key) = key(&before[place]) {
                places.entry(key).or_default().push(place);
            }
        }
        for (place, subject) in
            after.iter().enumerate().filter(|(place, _)| !found.contains_key(place)).collect::<Vec<_>>()
        {
            let mut free = || places.get_mut(&key(subject)?)?.pop();
            if let Some(old) = free() {
                taken[old] = true;
                found.insert(place, old);
            }
        }
    }
    found.into_iter().map(|(new, old)| (old, new)).collect()
}
