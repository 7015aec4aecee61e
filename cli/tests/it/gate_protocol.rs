//! A short form of `benches/gate-protocol`: a few of the runs that docs/gate-accuracy.md is about.

use std::path::Path;

use perf_look_benches::gate_protocol::{CONTROLS, FAULTS, Noise, Project, Unchanged, mishaps};

fn accepted() -> Project {
    Project::accepted(Path::new(env!("CARGO_BIN_EXE_perf-look"))).unwrap()
}

#[test]
fn what_did_not_change_passes_and_counts_the_same() {
    let project = accepted();
    let mut seen = Unchanged::default();
    for noise in [Noise::Idle, Noise::Busy] {
        seen.run(&project, noise).unwrap();
    }
    assert_eq!(seen.red, Vec::<String>::new());
    assert_eq!(seen.unstable(), Vec::<&str>::new());
    assert!(seen.values.len() > 100, "{}", seen.values.len());
}

#[test]
fn harmless_changes_pass_and_other_settings_do_not_compare() {
    let project = accepted();
    for control in CONTROLS.iter().step_by(8).chain(CONTROLS.last()) {
        let said = control.run(&project).unwrap();
        assert_eq!(said.code, Some(control.code), "{}: {}", control.name, said.summary());
    }
}

#[test]
fn faults_are_caught_at_their_node_with_their_cause() {
    let project = accepted();
    for fault in FAULTS.iter().step_by(8) {
        let caught = fault.inject(&project).unwrap();
        assert_eq!(caught.missed, [], "{}: {}", fault.name, caught.summary);
    }
}

#[test]
fn mishaps_end_with_their_code() {
    let project = accepted();
    for mishap in mishaps() {
        let said = mishap.happen(&project).unwrap();
        assert_eq!(said.code, Some(mishap.code), "{}: {}", mishap.name, said.summary());
    }
}
