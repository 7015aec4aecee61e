//! Pages: what a browser said of them, read into values, and judged.

pub mod place;
pub mod source_map;
