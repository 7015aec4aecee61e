//! The rules on pages: one line a rule, in the order in which they are listed.

use crate::rule::Rule;

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// All of them.
        pub static ALL: &[&Rule] = &[$(&$name::RULE),*];
    };
}

mod shared;

rules! {
    selector_instances_per_site,
    layout_forced,
    js_long_task,
    js_tbt,
    js_function_cost,
    js_timers,
    vitals_cls,
    vitals_fcp,
    vitals_inp,
    vitals_lcp,
    vitals_ttfb,
}
