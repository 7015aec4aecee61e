//! `perf-look open` where there is no terminal: the report as text, and what could not be read.

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

const SCAN: &str = r#"[{"Plan": {"Node Type": "Sort", "Sort Key": ["id"], "Startup Cost": 0.00, "Total Cost": 9831.00,
  "Plan Rows": 12, "Plan Width": 40, "Actual Startup Time": 187.250, "Actual Total Time": 187.260, "Actual Rows": 12,
  "Actual Loops": 1, "Plans": [{"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "orders",
    "Alias": "o", "Startup Cost": 0.00, "Total Cost": 9821.00, "Plan Rows": 12, "Plan Width": 40,
    "Actual Startup Time": 0.031, "Actual Total Time": 187.204, "Actual Rows": 12, "Actual Loops": 1,
    "Filter": "(status = 'open'::text)", "Rows Removed by Filter": 479988}]},
  "Planning Time": 0.201, "Execution Time": 187.310}]"#;

fn sandbox() -> Sandbox {
    Sandbox::new().file("scan.json", SCAN)
}

#[track_caller]
fn assert_exit_code(transcript: &str, code: u8) {
    assert!(transcript.ends_with(&format!("exit code {code}\n")), "{transcript}");
}

#[test]
fn without_a_terminal_the_report_is_printed_and_findings_do_not_fail() {
    assert_snapshot!(sandbox().run(&["open", "scan.json"]));
}

#[test]
fn no_escape_code_is_written_where_there_is_no_terminal() {
    for sandbox in [sandbox(), sandbox().env("TERM", "xterm-256color"), sandbox().env("COLORTERM", "truecolor")] {
        for args in
            [&["open", "scan.json"][..], &["open", "scan.json", "--plain"], &["open", "scan.json", "--node", "2"]]
        {
            let transcript = sandbox.run(args);
            assert!(!transcript.contains('\x1b') && transcript.contains("Seq Scan"), "{transcript}");
            assert_exit_code(&transcript, 0);
        }
    }
}

#[test]
fn a_node_is_answered_with_its_facts_and_findings() {
    assert_snapshot!(sandbox().run(&["open", "scan.json", "--plain", "--node", "2"]));
}

#[test]
fn a_node_that_is_not_there_gets_the_numbers_that_are() {
    assert_snapshot!(sandbox().run(&["open", "scan.json", "--node", "3"]));
}

#[test]
fn standard_input_may_be_a_plan() {
    let transcript = sandbox().stdin(SCAN).run(&["open", "-"]);
    assert!(transcript.contains("Seq Scan"), "{transcript}");
    assert_exit_code(&transcript, 0);
}

#[test]
fn several_inputs_are_shown_and_one_bad_one_does_not_hide_the_others() {
    let sandbox = sandbox().file("notes.txt", "hello\n");
    let transcript = sandbox.run(&["open", "notes.txt", "scan.json"]);
    assert!(transcript.contains("Seq Scan") && transcript.contains("notes.txt"), "{transcript}");
    assert_exit_code(&transcript, 3);
}

#[test]
fn an_input_that_is_no_plan_exits_with_3_an_empty_one_with_4_and_none_with_2() {
    let sandbox = sandbox().file("notes.txt", "hello\n").file("empty", "\n").file("cut.json", &SCAN[..200]);
    assert_snapshot!(sandbox.run(&["open", "notes.txt"]));
    assert_exit_code(&sandbox.run(&["open", "cut.json"]), 3);
    assert_exit_code(&sandbox.run(&["open", "empty"]), 4);
    assert_exit_code(&sandbox.run(&["open"]), 2);
    assert_exit_code(&sandbox.run(&["open", "missing.json"]), 2);
}
