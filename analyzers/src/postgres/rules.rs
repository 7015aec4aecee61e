//! The rules on plans: one line a rule, in the order in which they speak for a shared cause.

use crate::rule::Rule;

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// All of them.
        pub static ALL: &[&Rule] = &[$(&$name::RULE),*];
    };
}

rules! {
    seq_scan_discards_rows,
}
