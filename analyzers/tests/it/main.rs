//! The crate as its users see it: text in, findings out.
#![expect(clippy::disallowed_methods, reason = "tests read their files")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attribution;
mod clauses;
mod compare;
mod compare_pages;
mod compare_versions;
mod corpus;
mod css;
mod flame;
mod formats;
mod frames;
mod gate;
mod hostile;
mod input;
mod log_bounds;
mod logs;
mod redact;
mod rules;
mod text;
mod text_corpus;
mod text_pev2;
mod traces;
mod traces_corpus;
mod verified;
