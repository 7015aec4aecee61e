//! The rules on pages: one line a rule, in the order in which they are listed.

use crate::rule::Rule;

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// All of them.
        pub static ALL: &[&Rule] = &[$(&$name::RULE),*];
    };
}

rules! {
    selector_instances_per_site,
}
