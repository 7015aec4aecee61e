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
    selector_instances_total,
    selector_churn,
    selector_single_use,
    selector_recompute_ratio,
    selector_leak,
    selector_cache_growth,
    selector_identity_combiner,
    selector_unstable_input,
    selector_time,
    selector_duplicate_definition,
    jquery_objects,
    jquery_rw_switch,
    dom_query_count,
    dom_query_duplicate,
    dom_query_empty,
    dom_query_cost,
    react_renders,
    react_wasted,
    layout_forced,
    js_long_task,
    js_tbt,
    js_function_cost,
    js_timers,
    memory_detached,
    memory_heap_growth,
    memory_listener_leak,
    memory_node_leak,
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
    css_zero_match,
    css_slow_path,
    css_match_attempts,
    css_invalidation,
    css_large_recalc,
    css_unused,
    js_unused,
    network_weight,
    network_render_blocking,
    network_requests,
    memory_closure_growth,
    memory_collection_growth,
    dom_listeners,
}
