//! From when on a counter is worse: both by a part and by a number, so that neither a small count nor a large one fails
//! by what does not matter.

use std::collections::BTreeMap;

use super::outcome::Level;

/// A decision on one counter, as data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// `D1`: what waivers and reports call it.
    pub id: &'static str,
    /// What the configuration calls its tolerance.
    pub key: &'static str,
    /// The counter.
    pub counter: &'static str,
    /// Worse is more than the reference by this part of it …
    pub relative: f64,
    /// … and by more than this number.
    pub absolute: f64,
    /// When it is decided.
    pub when: When,
    /// What worse means.
    pub level: Level,
    /// What it is about.
    pub summary: &'static str,
}

/// On which plans a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The tree is the one of the baseline: counters speak one by one.
    SameTree,
    /// The tree is another one: they may contradict each other, so that one sum of them speaks.
    OtherTree,
    /// In both cases.
    Always,
    /// The statement was planned and not run.
    PlannedOnly,
}

/// The limits on statements.
pub static STATEMENT: [Limit; 5] = [
    Limit {
        id: "D1",
        key: "D1",
        counter: "rows_processed",
        relative: 0.10,
        absolute: 1_000.0,
        when: When::SameTree,
        level: Level::Fail,
        summary: "more rows are processed by the same plan",
    },
    Limit {
        id: "D2",
        key: "D2",
        counter: "blocks",
        relative: 0.10,
        absolute: 64.0,
        when: When::SameTree,
        level: Level::Fail,
        summary: "more blocks are asked for by the same plan",
    },
    Limit {
        id: "D3",
        key: "D3",
        counter: "temp_blocks",
        relative: 0.20,
        absolute: 64.0,
        when: When::Always,
        level: Level::Fail,
        summary: "more is written to temporary files and read from them",
    },
    Limit {
        id: "D4",
        key: "D4",
        counter: "work",
        relative: 0.10,
        absolute: 1_000.0,
        when: When::OtherTree,
        level: Level::Fail,
        summary: "another plan, and it does more work",
    },
    Limit {
        id: "D7",
        key: "D7",
        counter: "cost",
        relative: 0.25,
        absolute: 100.0,
        when: When::PlannedOnly,
        level: Level::Fail,
        summary: "the planner expects more work; the statement was not run",
    },
];

/// Another plan that is not worse.
pub const OTHER_PLAN: &str = "D5";
/// An estimate that became wrong.
pub const ESTIMATE: &str = "D6";
/// A finding that the baseline does not have, or whose stake doubled.
pub const FINDING: &str = "D8";

/// Where the statistics are those of the baseline, costs repeat but for rounding.
pub const COST_SAME_STATISTICS: f64 = 0.01;

/// The limit on counts of a page.
pub const PAGE: Limit = Limit {
    id: "X1",
    key: "X1",
    counter: "",
    relative: 0.01,
    absolute: 10.0,
    when: When::Always,
    level: Level::Fail,
    summary: "a count of the page is larger",
};

/// The limit on bytes of a page.
pub const PAGE_BYTES: Limit = Limit { key: "X1_bytes", absolute: 1_024.0, ..PAGE };

/// The limit on what scripts and the matching of selectors do: a function more that runs for each row is no regression yet.
pub const PAGE_WORK: Limit = Limit {
    key: "X1_work",
    relative: 0.10,
    absolute: 500.0,
    summary: "the page's scripts or the matching of its selectors do more",
    ..PAGE
};

/// The limit on layouts and recalculations of styles: one more is what pieces of a document from the network make.
pub const PAGE_LAYOUTS: Limit = Limit {
    id: "X2",
    key: "X2",
    counter: "",
    relative: 0.0,
    absolute: 1.0,
    when: When::Always,
    level: Level::Fail,
    summary: "the page is laid out or styled more often",
};

/// What the configuration says of limits, by their keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    changed: BTreeMap<String, Tolerance>,
}

/// A part and a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Of the reference.
    pub relative: f64,
    /// In the counter's unit.
    pub absolute: f64,
}

impl Limits {
    /// Replaces a limit's tolerance.
    pub fn set(&mut self, key: &str, tolerance: Tolerance) {
        self.changed.insert(key.to_owned(), tolerance);
    }

    /// The tolerance of a limit.
    pub fn of(&self, limit: &Limit) -> Tolerance {
        let built_in = Tolerance { relative: limit.relative, absolute: limit.absolute };
        self.changed.get(limit.key).copied().unwrap_or(built_in)
    }
}

impl Tolerance {
    /// Up to which value a counter is not worse than the reference. From zero only the number counts.
    pub fn bound(self, reference: f64) -> f64 {
        (reference * (1.0 + self.relative)).max(reference + self.absolute)
    }

    /// From which value down a counter is better.
    pub fn lower_bound(self, reference: f64) -> f64 {
        (reference * (1.0 - self.relative)).min(reference - self.absolute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} instead of {expected}");
    }

    #[test]
    fn worse_is_by_a_part_and_by_a_number() {
        let tolerance = Tolerance { relative: 0.10, absolute: 64.0 };
        close(tolerance.bound(0.0), 64.0);
        close(tolerance.bound(100.0), 164.0);
        close(tolerance.bound(10_000.0), 11_000.0);
    }

    #[test]
    fn a_limit_can_be_changed_by_its_key() {
        let mut limits = Limits::default();
        limits.set("D2", Tolerance { relative: 0.5, absolute: 1.0 });
        close(limits.of(&STATEMENT[1]).relative, 0.5);
        close(limits.of(&STATEMENT[0]).relative, 0.10);
    }
}
