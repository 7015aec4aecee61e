//! How many results the caches of selectors keep.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quantity::grouped;

/// Results in caches, of which not all may have been counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entries {
    /// All were counted.
    Exactly(u64),
    /// There may be more, in caches that were not looked into or behind the most that are counted in one.
    AtLeast(u64),
}

impl Entries {
    /// How many were counted.
    pub fn count(self) -> u64 {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) => count,
        }
    }

    /// Whether there are no others.
    pub fn are_all(self) -> bool {
        matches!(self, Self::Exactly(_))
    }

    /// As many, and others that were not counted.
    #[must_use]
    pub fn or_more(self) -> Self {
        Self::AtLeast(self.count())
    }

    /// Both together, where one of them may not be known at all.
    pub fn sum(left: Option<Self>, right: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (left, right) else { return left.or(right) };
        let count = one.count() + other.count();
        Some(if one.are_all() && other.are_all() { Self::Exactly(count) } else { Self::AtLeast(count) })
    }
}

/// `1,500`, `at least 100,000`.
impl fmt::Display for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = if self.are_all() { "" } else { "at least " };
        write!(f, "{bound}{}", grouped(self.count() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::Entries::{self, AtLeast, Exactly};

    #[test]
    fn a_sum_is_exact_where_all_of_it_is() {
        let sum = |left, right| Entries::sum(Some(left), Some(right)).unwrap().to_string();
        assert_eq!(sum(Exactly(1000), Exactly(500)), "1,500");
        assert_eq!(sum(Exactly(1000), AtLeast(500)), "at least 1,500");
        assert_eq!(Entries::sum(None, Some(Exactly(1))), Some(Exactly(1)));
        assert_eq!(Entries::sum(None, None), None);
    }
}
