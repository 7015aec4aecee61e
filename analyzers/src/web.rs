//! Pages: what a browser said of them, read into values, and judged.
//!
//! A [`capture::PageCapture`] holds the rows of each pass. [`page::Page`] is what follows from them: metrics, sites,
//! selectors. The [`rules`] look at that.

pub mod capture;
pub mod css;
pub mod excerpt;
pub mod heap;
pub mod page;
pub mod place;
pub mod rule;
pub mod rules;
pub mod source_map;
pub mod trace;

pub use page::Page;
pub use rule::{Context, Need, Problem};
