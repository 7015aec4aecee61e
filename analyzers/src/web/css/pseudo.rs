//! What stands in the brackets of a pseudo-class or pseudo-element, and how it counts.

use std::fmt::Write as _;

use super::Specificity;

/// How a function counts, beside what it counts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// `:where()`.
    Nothing,
    /// `:is()`, `:not()`, `:has()`: the most specific of their selectors, nothing themselves.
    Greatest,
    Class,
    ClassAndGreatest,
    /// As [`Weight::ClassAndGreatest`]: `:nth-child(… of …)`.
    Nth,
    Element,
    ElementAndGreatest,
}

impl Weight {
    /// Whether css-analyzer takes the brackets for a list of alternatives.
    pub(super) fn is_logical(self) -> bool {
        matches!(self, Self::Nothing | Self::Greatest | Self::Class | Self::Nth)
    }

    pub(super) fn of(self, greatest: Specificity) -> Specificity {
        match self {
            Self::Nothing => Specificity::default(),
            Self::Greatest => greatest,
            Self::Class => Specificity::CLASS,
            Self::ClassAndGreatest | Self::Nth => Specificity::CLASS + greatest,
            Self::Element => Specificity::TYPE,
            Self::ElementAndGreatest => Specificity::TYPE + greatest,
        }
    }
}

/// What may stand in a list of selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    Plain,
    /// Selectors may begin with a combinator.
    Relative,
    /// A selector that cannot be read does not make the rule invalid.
    Forgiving,
}

/// How what is in the brackets is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    Selectors(Weight, Grammar),
    Nth,
    Words(Weight),
}

/// By the function's name, in any case.
pub(super) fn arguments(name: &str, is_element: bool) -> Arguments {
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let list = |weight| Arguments::Selectors(weight, Grammar::Plain);
    if is_element {
        return if is(&["slotted", "cue", "cue-region"]) {
            list(Weight::ElementAndGreatest)
        } else {
            Arguments::Words(Weight::Element)
        };
    }
    match () {
        () if is(&["is"]) => Arguments::Selectors(Weight::Greatest, Grammar::Forgiving),
        () if is(&["where"]) => Arguments::Selectors(Weight::Nothing, Grammar::Forgiving),
        () if is(&["has"]) => Arguments::Selectors(Weight::Greatest, Grammar::Relative),
        () if is(&["not", "matches", "-moz-any"]) => list(Weight::Greatest),
        () if is(&["-webkit-any"]) => list(Weight::Class),
        () if is(&["host", "host-context"]) => list(Weight::ClassAndGreatest),
        () if is(&["nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"]) => Arguments::Nth,
        () => Arguments::Words(Weight::Class),
    }
}

/// The four pseudo-elements that may be written with one colon.
pub(super) fn is_old_element(name: &str) -> bool {
    ["before", "after", "first-line", "first-letter"].iter().any(|old| name.eq_ignore_ascii_case(old))
}

/// `2n+1` as Chromium writes it: `odd` is `2n+1`, `1n` is `n`, `0n+3` is `3`.
pub(super) fn write_nth(text: &mut String, step: i32, offset: i32) {
    // Writing to a String cannot fail.
    let _ = match step {
        0 => write!(text, "{offset}"),
        1 => write!(text, "n"),
        -1 => write!(text, "-n"),
        _ => write!(text, "{step}n"),
    };
    if step != 0 && offset != 0 {
        let _ = write!(text, "{offset:+}");
    }
}
