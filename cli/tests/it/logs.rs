//! `perf-look db --log`, as its user sees it.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;

use crate::sandbox::Sandbox;

fn recorded(path: &str) -> String {
    perf_look_fixtures::named(&format!("postgres/logs/{path}"))
}

fn sandbox() -> Sandbox {
    Sandbox::new().file("postgresql.log", &recorded("18/postgresql.log"))
}

/// Without the first line, which holds what was typed, and the one that names the file and its size.
fn numbers(transcript: &str) -> String {
    let is_of_input = |line: &&str| line.starts_with('$') || line.contains("  read ") || line.contains("UTC");
    transcript.lines().filter(|line| !is_of_input(line)).collect::<Vec<_>>().join("\n")
}

/// Without the rules that could not look, of which there are more from version to version.
fn without_skipped(transcript: &str) -> String {
    let of_interest = transcript.split("\n\n").filter(|part| !part.starts_with("not checked: "));
    of_interest.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_log_becomes_its_statements_the_plans_that_flipped_and_the_findings() {
    assert_snapshot!(without_skipped(&sandbox().run(&["db", "--log", "postgresql.log"])));
}

#[test]
fn a_compressed_log_and_standard_input_come_to_the_same() {
    let plain = numbers(&sandbox().run(&["db", "--log", "postgresql.log"]));
    let sandbox = sandbox();
    let log = recorded("18/postgresql.log");
    let mut gzip = GzEncoder::new(fs::File::create(sandbox.path().join("old.gz")).unwrap(), Compression::fast());
    gzip.write_all(log.as_bytes()).unwrap();
    gzip.finish().unwrap();
    assert_eq!(plain, numbers(&sandbox.run(&["db", "--log", "old.gz"])));
    assert_eq!(plain, numbers(&sandbox.stdin(log).run(&["db", "--log", "-"])));
}

#[test]
fn rotated_logs_are_one_workload() {
    let sandbox = Sandbox::new()
        .file("a.log", &recorded("15/postgresql.log"))
        .file("a.csv", &recorded("15/postgresql.csv"))
        .file("a.json", &recorded("15/postgresql.json"));
    let said = sandbox.run(&["db", "--log", "a.log", "a.csv", "a.json", "--report", "json=report.json"]);
    assert!(said.contains("exit code 0"), "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(json["workload"]["source"]["files"], serde_json::json!(["a.log", "a.csv", "a.json"]));
    assert_eq!(json["workload"]["calls"], 3 * 36);
}

#[test]
fn what_cannot_be_read_is_counted_on_both_streams_and_exits_with_3() {
    let log = recorded("13/postgresql.log");
    let cut = &log[..log.find("->  Hash").unwrap() + 30];
    assert_snapshot!(without_skipped(&Sandbox::new().file("cut.log", cut).run(&["db", "--log", "cut.log"])));
}

#[test]
fn a_log_without_statements_says_how_to_get_one() {
    let log = "2026-11-21 05:00:00 UTC [1] LOG:  checkpoint starting: time\n";
    assert_snapshot!(Sandbox::new().file("quiet.log", log).run(&["db", "--log", "quiet.log"]));
}

#[test]
fn logs_that_are_not_there_and_prefixes_that_are_none_are_refused() {
    assert_snapshot!("log_missing", Sandbox::new().run(&["db", "--log", "gone.log"]));
    assert_snapshot!("log_prefix", sandbox().run(&["db", "--log", "postgresql.log", "--log-prefix", "%m %y"]));
    assert_snapshot!("log_follow_stdin", sandbox().run(&["db", "--log", "-", "--follow"]));
}

/// A program that follows a log, and is stopped where a test fails.
struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        drop(self.0.kill());
    }
}

#[cfg(unix)]
#[test]
fn a_log_is_followed_over_its_rotation_until_ctrl_c() {
    let sandbox = Sandbox::new().file("server.log", &recorded("13/postgresql.log"));
    let path = |name: &str| sandbox.path().join(name);
    let mut command = sandbox.command(&["db", "--log", "server.log", "--follow", "-v", "--report", "json=report.json"]);
    let mut program = Following(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let stderr = std::io::BufReader::new(program.0.stderr.take().unwrap());
    // It says that it follows once it listens for signals.
    let began = std::io::BufRead::lines(stderr).map_while(Result::ok).any(|line| line.contains("following"));
    assert!(began);
    std::thread::sleep(Duration::from_millis(600));
    fs::rename(path("server.log"), path("server.log.1")).unwrap();
    fs::write(path("server.log"), recorded("15/postgresql.log")).unwrap();
    std::thread::sleep(Duration::from_millis(900));
    let pid = rustix::process::Pid::from_raw(program.0.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let since = Instant::now();
    while program.0.try_wait().unwrap().is_none() {
        assert!(since.elapsed() < Duration::from_secs(20), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(path("report.json")).unwrap()).unwrap();
    assert_eq!(json["workload"]["source"]["files"], serde_json::json!(["server.log", "server.log"]));
    assert_eq!(json["workload"]["calls"], 19 + 36);
}

#[test]
fn a_log_has_no_server_to_verify_advice_on() {
    assert_snapshot!("log_verify", sandbox().run(&["db", "--log", "postgresql.log", "--verify"]));
}

#[test]
fn an_entry_that_cannot_be_read_outranks_findings_and_hides_none() {
    let log = recorded("18/postgresql.log");
    let cut = format!("{log}2026-11-21 05:03:44 UTC [1] LOG:  duration: 7.000 ms  plan:\n\tQuery Text: select 1\n");
    let always = "rules.\"db/seq-scan-discards-rows\".level=error";
    let run = |log: &str| Sandbox::new().file("a.log", log).run(&["db", "--log", "a.log", "--set", always]);
    let whole = run(&log);
    assert!(whole.contains("exit code 1"), "{whole}");
    let said = run(&cut);
    assert!(said.contains("exit code 3"), "{said}");
    assert!(said.contains("at the fail level, beside what the exit code 3 stands for"), "{said}");
    assert!(said.contains("1 entry could not be read"), "{said}");
}

#[test]
fn all_damaged_entries_are_accounted_for() {
    use perf_look_benches::log::{Form, Plans, Request, write};
    let mut log = Vec::new();
    let request = Request { bytes: 6_000_000, damaged: 10, plans: Plans::Mixed, form: Form::Stderr };
    let written = write(&request, &mut log).unwrap();
    assert!(written.damaged > 10, "{written:?}");
    let sandbox = Sandbox::new().file("a.log", &String::from_utf8(log).unwrap());
    sandbox.run(&["db", "--log", "a.log", "--report", "json=report.json"]);
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path().join("report.json")).unwrap()).unwrap();
    let source = &json["workload"]["source"];
    assert_eq!(source["with_plan"], written.whole, "{}", json["rejects"]);
    assert_eq!(source["rejected"], written.damaged, "{}", json["rejects"]);
    let named = json["rejects"].as_array().unwrap();
    assert_eq!(named.len() as u64, written.damaged);
    assert!(named.iter().all(|reject| reject["source"] == "a.log" && reject["line"].is_u64()), "{named:?}");
}
