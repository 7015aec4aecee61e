//! The crate as its users see it: text in, findings out.
#![expect(clippy::disallowed_methods, reason = "tests read their files")]

mod attribution;
mod corpus;
