//! A short form of `benches/gate-protocol`: a few of the runs that docs/gate-accuracy.md is about.

use std::collections::BTreeSet;
use std::path::Path;

use perf_look_benches::gate_protocol::{Case, Measured, parts};

/// Runs some cases of a part on one accepted project; each has to be right.
#[track_caller]
fn right(part: &str, is_wanted: impl Fn(usize, &Case) -> bool) -> Vec<Measured> {
    let part = parts().into_iter().find(|known| known.name == part).unwrap();
    let accepted = (part.project)(Path::new(env!("CARGO_BIN_EXE_perf-look"))).unwrap();
    let wanted = part.cases.iter().enumerate().filter(|(at, case)| is_wanted(*at, case)).map(|(_, case)| case);
    let all = wanted.map(|case| {
        let measured = case.run(&accepted).unwrap();
        assert_eq!(measured.missed, Vec::<String>::new(), "{}: {}", case.name, measured.said);
        measured
    });
    all.collect()
}

#[test]
fn what_did_not_change_passes_and_counts_the_same() {
    let runs = right("unchanged", |_, _| true);
    let differ: BTreeSet<_> = runs[0].values.iter().filter(|(name, value)| runs[1].values[*name] != **value).collect();
    assert_eq!(differ, BTreeSet::new());
    assert!(runs[0].values.len() > 100, "{}", runs[0].values.len());
}

#[test]
fn harmless_changes_pass_and_other_settings_do_not_compare() {
    right("harmless", |at, case| at % 8 == 0 || case.name == "random_page_cost is 4");
}

#[test]
fn faults_are_caught_at_their_node_with_their_cause() {
    right("faults", |at, _| at % 8 == 0);
}

#[test]
fn mishaps_end_with_their_code() {
    right("mishaps", |_, _| true);
}

#[test]
fn a_renamed_function_of_a_page_passes() {
    right("pages-harmless", |_, case| case.name == "a function is renamed");
}

#[test]
fn a_selector_for_each_row_of_a_page_is_caught_at_its_file() {
    right("pages-faults", |_, case| case.name == "a selector for each row");
}
