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
    not_in_subplan,
    correlated_subplan,
    cartesian_join,
    nested_loop_rescans_inner,
    nested_loop_outer_underestimated,
    misestimate_root_cause,
    order_by_limit_wrong_index,
    seq_scan_discards_rows,
    index_scan_discards_rows,
    large_offset,
    join_explodes_rows,
    hash_join_spills,
    hash_aggregate_spills,
    sort_spills_to_disk,
    lossy_bitmap,
    index_only_scan_visits_heap,
    jit_overhead,
    planning_dominates,
    workers_not_launched,
    parallel_skew,
    unexplained_time,
    serialization_heavy,
    instrumentation_bias,
    timing_inconsistent,
}
