//! The rules on pages: one line a rule, in the order in which they are listed.

use crate::rule::Rule;

mod sheets;

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
    dom_duplicate_id,
    dom_size,
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
    css_selector_count,
    css_rule_count,
    css_bytes,
    css_complexity,
    css_specificity,
    css_duplicate,
    css_sheet_growth,
    css_slow_selector,
    css_match_attempts,
    css_zero_match,
    css_slow_path,
    css_invalidation,
    css_large_recalc,
    css_unused,
}
