//! Made-up plans for the benchmarks.
