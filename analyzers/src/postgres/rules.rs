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
    join_filter_discards_rows,
    memoize_never_hits,
    memoize_thrashes,
    stale_statistics,
    default_estimate,
    hash_built_on_larger_side,
    correlated_columns,
    nested_loop_outer_underestimated,
    misestimate_root_cause,
    order_by_limit_wrong_index,
    limit_gamble,
    partitions_not_pruned,
    cast_on_column,
    seq_scan_discards_rows,
    index_scan_discards_rows,
    foreign_filter_not_pushed,
    cte_fence,
    large_offset,
    many_index_searches,
    bloated_relation,
    reads_from_disk,
    slow_trigger,
    join_explodes_rows,
    merge_join_sorts_input,
    hash_join_spills,
    hash_aggregate_spills,
    sort_spills_to_disk,
    temp_files_written,
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
    disabled_node,
}
