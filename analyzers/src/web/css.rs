//! Stylesheets: rules, selectors, declarations, and what is written twice or does not count.
//!
//! Where css-analyzer defines a number it is ours too, so that figures can be compared. The text is read after CSS
//! Syntax 3, with its recovery from errors, by cssparser; what a browser drops is counted in [`Rejects`] instead.

mod at_rule;
mod census;
mod index;
mod pseudo;
mod read;
mod selector;
mod sheet;
mod unused;

pub use census::{Census, Duplicate, Duplicates, Entry, Extreme, Place, Source};
pub use index::{Index, serialise};
pub use read::read;
pub use sheet::{
    Broken, Context, ContextId, Declarations, Import, Reason, Rejects, Rule, RuleId, Selector, Sheet, Span,
    Specificity, Tally,
};
pub use unused::{Unused, unused};
