//! A short form of `benches/gate-protocol`: a few of the runs that docs/gate-accuracy.md is about.

use std::collections::BTreeSet;
use std::path::Path;

use perf_look_benches::gate_protocol::{Case, Measured, Part, Project, parts};

fn part(name: &str) -> Part {
    parts().into_iter().find(|part| part.name == name).unwrap()
}

fn accepted(part: &Part) -> Project {
    (part.project)(Path::new(env!("CARGO_BIN_EXE_perf-look"))).unwrap()
}

/// Runs some cases of a part; each has to be right.
#[track_caller]
fn right(part: &Part, accepted: &Project, is_wanted: impl Fn(usize, &Case) -> bool) -> Vec<Measured> {
    let wanted = part.cases.iter().enumerate().filter(|(at, case)| is_wanted(*at, case)).map(|(_, case)| case);
    let all = wanted.map(|case| {
        let measured = case.run(accepted).unwrap();
        assert_eq!(measured.missed, Vec::<String>::new(), "{}: {}", case.name, measured.said);
        measured
    });
    let all: Vec<Measured> = all.collect();
    assert!(!all.is_empty(), "no such case of {}", part.name);
    all
}

#[test]
fn what_did_not_change_passes_and_counts_the_same() {
    let unchanged = part("unchanged");
    let runs = right(&unchanged, &accepted(&unchanged), |_, _| true);
    let differ: BTreeSet<_> = runs[0].values.iter().filter(|(name, value)| runs[1].values[*name] != **value).collect();
    assert_eq!(differ, BTreeSet::new());
    assert!(runs[0].values.len() > 100, "{}", runs[0].values.len());
}

#[test]
fn harmless_changes_pass_and_other_settings_do_not_compare() {
    let harmless = part("harmless");
    right(&harmless, &accepted(&harmless), |at, case| at % 8 == 0 || case.name == "random_page_cost is 4");
}

#[test]
fn faults_are_caught_at_their_node_with_their_cause() {
    let faults = part("faults");
    right(&faults, &accepted(&faults), |at, _| at % 8 == 0);
}

#[test]
fn harmless_changes_of_a_page_pass_and_faults_are_caught_or_warned_of() {
    let (harmless, faults) = (part("pages-harmless"), part("pages-faults"));
    let accepted = accepted(&harmless);
    right(&harmless, &accepted, |_, case| case.name == "a function is renamed");
    let names = [
        "a selector for each row",
        "a selector for all elements in all elements",
        "a task of 100 million turns",
        "all rows have the same id",
    ];
    right(&faults, &accepted, |_, case| names.contains(&case.name));
}

#[test]
fn a_function_that_works_half_as_long_again_is_slower_than_its_base() {
    let power = part("power");
    let runs = right(&power, &accepted(&power), |_, case| case.name == "50 %");
    assert!(runs[0].said.starts_with("T1: processor time: +"), "{}", runs[0].said);
}

#[test]
fn mishaps_end_with_their_code() {
    let mishaps = part("mishaps");
    right(&mishaps, &accepted(&mishaps), |_, _| true);
}
