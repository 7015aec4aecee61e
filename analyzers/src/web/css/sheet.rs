//! What one stylesheet holds: values that refer to its text by place.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, AddAssign, Range};

use thiserror::Error;

use crate::web::place::Position;

/// A part of a sheet's text, in bytes.
///
/// Half as large as a range of `usize`, since there is one for each rule and each selector. No browser hands out a
/// text of 4 GB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Of the first byte.
    pub start: u32,
    /// After the last byte.
    pub end: u32,
}

impl Span {
    pub(super) fn new(range: Range<usize>) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(range.start), end: narrow(range.end) }
    }

    /// The part of `text`, which must be the sheet's; nothing where it is another's.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// In bytes.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// How specific a selector is, after Selectors 4; ordered as a browser does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Specificity {
    /// `#id`, the `a` of Selectors 4.
    pub ids: u32,
    /// `.class`, `[attribute]`, `:pseudo-class`: `b`.
    pub classes: u32,
    /// `element`, `::pseudo-element`: `c`.
    pub types: u32,
}

impl Specificity {
    pub(super) const ID: Self = Self { ids: 1, classes: 0, types: 0 };
    pub(super) const CLASS: Self = Self { ids: 0, classes: 1, types: 0 };
    pub(super) const TYPE: Self = Self { ids: 0, classes: 0, types: 1 };
}

impl Add for Specificity {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Specificity {
    fn add_assign(&mut self, other: Self) {
        // `&` in `&` multiplies, level by level.
        self.ids = self.ids.saturating_add(other.ids);
        self.classes = self.classes.saturating_add(other.classes);
        self.types = self.types.saturating_add(other.types);
    }
}

impl fmt::Display for Specificity {
    /// `1-0-2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.ids, self.classes, self.types)
    }
}

/// Number of a rule in [`Sheet::rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// Number of an at-rule in [`Sheet::contexts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u32);

/// A style rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where its first selector begins.
    pub at: Position,
    /// From its first selector to its closing brace.
    pub span: Span,
    /// Where its opening brace is, in bytes.
    pub brace: u32,
    /// Its selectors, in [`Sheet::selectors`].
    pub selectors: Range<u32>,
    /// Of its own, without those of rules in it.
    pub declarations: u32,
    /// The style rule that it is written in.
    pub parent: Option<RuleId>,
    /// The innermost at-rule that it is written in.
    pub context: Option<ContextId>,
    /// The same for two rules that have one list of selectors in one context.
    pub(super) list: u64,
    /// The same for two rules of which that holds and whose declarations, and rules in them, are written alike.
    pub(super) whole: u64,
}

/// One selector of a style rule: what stands between two commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Where it begins.
    pub at: Position,
    /// As it is written.
    pub span: Span,
    /// What counts against other rules.
    pub specificity: Specificity,
    /// Simple selectors and combinators, one each; another one for each value of an attribute and each vendor prefix.
    pub complexity: u32,
    /// The rule that it is of.
    pub rule: RuleId,
    /// Of the text that Chromium would show.
    pub(super) serialised: u64,
    /// Of the text as it is written.
    pub(super) written: u64,
}

/// An at-rule that has rules in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// `@media (min-width: 576px)`, as it is written.
    pub span: Span,
    /// The at-rule around it.
    pub parent: Option<ContextId>,
}

/// How many, and how many of them are different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All.
    pub total: usize,
    /// Each text once.
    pub unique: usize,
}

/// Declarations, in all rules, keyframes and descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Declarations {
    /// How many; unique by property, value and importance as they are written.
    pub tally: Tally,
    /// Those that are `!important`.
    pub important: usize,
    /// Those of custom properties.
    pub custom: usize,
}

/// An `@import`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Where it begins.
    pub at: Position,
    /// What follows `@import`, as it is written.
    pub span: Span,
}

/// Why a part of a sheet counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Reason {
    /// What stands before a `{`.
    #[error("not a list of selectors")]
    Selector,
    /// In a block.
    #[error("neither a declaration nor a rule")]
    Declaration,
    /// In `@font-face` and the like, or in keyframes.
    #[error("not a declaration")]
    Descriptor,
    /// In a sheet.
    #[error("not a rule")]
    Rule,
    /// An at-rule that no specification knows, or that browsers have given up.
    #[error("unknown at-rule")]
    AtRule,
    /// `@media print;`.
    #[error("at-rule without its block")]
    NoBlock,
    /// Deeper than any sheet that people write.
    #[error("nested deeper than 64 levels")]
    Depth,
}

/// A part of a sheet that counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where it begins.
    pub at: Position,
    /// The part.
    pub span: Span,
    /// Why.
    pub reason: Reason,
}

/// The parts of a sheet that count for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rejects {
    /// How many there are, for each reason.
    pub counts: BTreeMap<Reason, usize>,
    /// The first of them, [`Rejects::SHOWN`] at most.
    pub first: Vec<Broken>,
}

impl Rejects {
    /// More would tell a reader nothing.
    pub const SHOWN: usize = 100;

    /// All of them.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }

    pub(super) fn add(&mut self, broken: Broken) {
        *self.counts.entry(broken.reason).or_default() += 1;
        if self.first.len() < Self::SHOWN {
            self.first.push(broken);
        }
    }
}

/// What a stylesheet holds.
///
/// It does not hold the text: what refers to it is given as a [`Span`] of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Of the text, in UTF-8.
    pub bytes: usize,
    /// Style rules in the order of their text, nested ones after the one around them. Keyframes are not rules.
    pub rules: Vec<Rule>,
    /// Their selectors; what is in the brackets of `:is()` belongs to the selector around it.
    pub selectors: Vec<Selector>,
    /// Different selectors, as they are written.
    pub unique_selectors: usize,
    /// At-rules that have rules in them.
    pub contexts: Vec<Context>,
    /// How many at-rules of each name there are, in lower case and without the `@`.
    pub at_rules: BTreeMap<String, usize>,
    /// Preludes of `@media`.
    pub media: Tally,
    /// Blocks in `@keyframes`.
    pub keyframes: usize,
    /// Style rules without a declaration or a rule in them.
    pub empty_rules: usize,
    /// In all rules, keyframes and descriptors.
    pub declarations: Declarations,
    /// Other sheets that it loads.
    pub imports: Vec<Import>,
    /// What a browser drops.
    pub rejects: Rejects,
}

impl Sheet {
    /// The rule of an id of this sheet.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.0 as usize)
    }

    /// The selectors of a rule of this sheet.
    pub fn selectors_of(&self, rule: &Rule) -> &[Selector] {
        self.selectors.get(rule.selectors.start as usize..rule.selectors.end as usize).unwrap_or_default()
    }

    /// The at-rules around a rule of this sheet, the outermost first.
    pub fn contexts_of(&self, rule: &Rule) -> Vec<&Context> {
        let context = |id: ContextId| self.contexts.get(id.0 as usize);
        let first = rule.context.and_then(context);
        let mut all: Vec<&Context> = std::iter::successors(first, |inner| inner.parent.and_then(context)).collect();
        all.reverse();
        all
    }
}
