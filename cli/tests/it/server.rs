//! The program against a real server. Without server programs these are skipped, and say so.

use std::process::Stdio;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use perf_look_capture::postgres::scratch::{Scratch, ScratchError};
use perf_look_capture::postgres::{Session, connect};

use crate::sandbox::Sandbox;

/// A server of our own, and a folder to run in whose environment leads to it.
pub(crate) struct World {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) server: Scratch,
    pub(crate) session: Session,
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// None, and that is said loudly, where no server programs are installed.
    pub(crate) fn new() -> Option<Self> {
        Self::with(&[])
    }

    /// The same with settings of the server (`name=value`).
    pub(crate) fn with(settings: &[&str]) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = match runtime.block_on(Scratch::start_with(5432, settings)) {
            Ok(server) => server,
            Err(ScratchError::NoServer(error)) => {
                // A skip must not pass for a success.
                std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {error}\n").as_bytes()).unwrap();
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let session = runtime.block_on(connect(&server.target())).unwrap();
        let folder = server.folder().display().to_string();
        let sandbox = Sandbox::new().env("PGHOST", &folder).env("PGUSER", "postgres").env("PGDATABASE", "postgres");
        Some(Self { runtime, server, session, sandbox })
    }

    /// Runs SQL of the test's own.
    pub(crate) fn sql(&self, sql: &str) {
        self.runtime.block_on(self.session.client.batch_execute(sql)).unwrap();
    }

    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.runtime.block_on(self.session.client.query_one(sql, &[])).unwrap().get(0)
    }

    /// What the program said, without the folder of the server.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.sandbox.run(args).replace(&self.server.folder().display().to_string(), "[SERVER]")
    }
}

#[track_caller]
pub(crate) fn exit_code(transcript: &str) -> &str {
    transcript.trim_end().rsplit(' ').next().unwrap()
}

pub(crate) const ORDERS: &str = "CREATE TABLE orders AS SELECT i AS id, i % 5000 AS customer_id FROM generate_series(1, 100000) AS i; \
                      ANALYZE orders; SET client_min_messages = error";

#[test]
fn a_statement_is_run_and_judged_and_its_capture_gives_the_same_report() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let sql = "SELECT * FROM orders WHERE customer_id = 42";
    let json = |args: &[&str]| world.sandbox.command(args).output().unwrap().stdout;
    let live = json(&["db", "-c", sql, "--save", "orders.json", "--report", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&live).unwrap();
    assert_eq!(report["findings"][0]["rule"], "db/seq-scan-discards-rows", "{report}");
    assert_eq!(String::from_utf8(json(&["db", "--plan", "orders.json", "--report", "json"])), String::from_utf8(live));
    let runs = world.run(&["db", "-c", sql, "--runs", "3", "--no-execute"]);
    assert_eq!(exit_code(&runs), "2", "{runs}");
}

#[test]
fn standard_input_may_be_sql_and_parameters_have_values() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let world = World { sandbox: world.sandbox.stdin("SELECT * FROM orders WHERE customer_id = $1;\n"), ..world };
    let transcript = world.run(&["db", "-", "--param", "1=42"]);
    assert!(transcript.contains("db/seq-scan-discards-rows"), "{transcript}");
    let generic = world.run(&["db", "-"]);
    assert!(generic.contains("generic plan"), "{generic}");
    assert_snapshot!(world.run(&["db", "-", "--param", "2=42"]));
}

#[test]
fn a_syntax_error_shows_the_place() {
    let Some(world) = World::new() else { return };
    let world = World { sandbox: world.sandbox.file("slow.sql", "SELECT 1;\n\nSELECT *\n  FORM orders;\n"), ..world };
    let transcript = world.run(&["db", "-f", "slow.sql", "--report", "github"]);
    assert_snapshot!(transcript);
}

#[test]
fn what_writes_is_refused_and_with_the_flag_rolled_back() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    assert_snapshot!(world.run(&["db", "-c", "DELETE FROM orders"]));
    let allowed = world.run(&["db", "-c", "DELETE FROM orders", "--allow-writes", "--fail-on", "never"]);
    assert_eq!(exit_code(&allowed), "0", "{allowed}");
    assert_eq!(world.count("SELECT count(*) FROM orders"), 100_000);
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    let Some(world) = World::new() else { return };
    assert_snapshot!(world.run(&["db", "-c", "SELECT pg_sleep(60)", "--allow-volatile", "--timeout", "200ms"]));
}

#[test]
fn ctrl_c_stops_the_server_s_work_too() {
    let Some(world) = World::new() else { return };
    let args = ["db", "-c", "SELECT pg_sleep(60)", "--allow-volatile"];
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' \
                    AND pid <> pg_backend_pid()";
    let mut child = world.sandbox.command(&args).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while world.count(sleeping) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the statement never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(world.count(sleeping), 0);
}

#[test]
fn a_wrong_password_says_what_to_check_and_is_never_shown() {
    let Some(world) = World::new() else { return };
    world.sql("CREATE ROLE shop LOGIN PASSWORD 'right'");
    let file = world.runtime.block_on(world.session.client.query_one("SHOW hba_file", &[])).unwrap();
    let file: String = file.get(0);
    std::fs::write(&file, "local all postgres trust\nlocal all all scram-sha-256\n").unwrap();
    world.sql("SELECT pg_reload_conf()");
    // The server reads its file a moment later.
    std::thread::sleep(Duration::from_millis(300));
    let world = World { sandbox: world.sandbox.env("PGUSER", "shop"), ..world };
    assert_snapshot!(world.run(&["db", "-c", "SELECT 1"]));
    let world = World { sandbox: world.sandbox.env("PGPASSWORD", "sesame-secret"), ..world };
    let transcript = world.run(&["db", "-c", "SELECT 1", "-v"]);
    assert!(!transcript.contains("sesame-secret"), "{transcript}");
    assert_snapshot!(transcript);
    let doctor = world.run(&["doctor"]);
    assert!(!doctor.contains("sesame-secret") && doctor.contains("PGPASSWORD"), "{doctor}");
    let right = World { sandbox: world.sandbox.env("PGPASSWORD", "right"), ..world };
    assert_eq!(exit_code(&right.run(&["db", "-c", "SELECT 1"])), "0");
}

#[test]
fn no_server_says_what_to_check() {
    let sandbox = Sandbox::new().env("PGHOST", "127.0.0.1").env("PGPORT", "1").env("PGUSER", "me");
    assert_snapshot!(sandbox.run(&["db", "-c", "SELECT 1"]));
}

#[test]
fn a_bad_connection_string_says_what_was_meant() {
    assert_snapshot!(Sandbox::new().run(&["db", "-d", "hots=localhost", "-c", "SELECT 1"]));
}

#[test]
fn a_demo_without_server_programs_says_what_to_do() {
    assert_snapshot!(Sandbox::new().env("PERF_LOOK_PG_BIN", "nowhere").run(&["demo"]));
}

#[test]
fn the_demo_finds_something_in_most_statements_and_is_no_failure() {
    if World::new().is_none() {
        return;
    }
    let output = Sandbox::new().command(&["demo", "--report", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_judged(&output.stdout);
}

#[test]
fn the_recorded_demo_needs_no_server() {
    let output = Sandbox::new()
        .env("PERF_LOOK_PG_BIN", "nowhere")
        .command(&["demo", "--recorded", "--report", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_judged(&output.stdout);
}

/// At least six statements with findings, by at least six rules.
#[track_caller]
fn assert_judged(report: &[u8]) {
    let report: serde_json::Value = serde_json::from_slice(report).unwrap();
    for key in ["subject", "rule"] {
        let mut found: Vec<&str> =
            report["findings"].as_array().unwrap().iter().map(|finding| finding[key].as_str().unwrap()).collect();
        found.sort_unstable();
        found.dedup();
        assert!(found.len() >= 6, "findings by {key}: {found:?}");
    }
}

#[test]
fn turning_rows_into_text_is_measured_where_the_server_can_and_refused_where_not() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let transcript = world.run(&["db", "-c", "SELECT * FROM orders", "--serialize", "text", "--report", "json"]);
    let version: i64 = world.count("SELECT current_setting('server_version_num')::bigint");
    if version >= 170_000 {
        assert!(!transcript.contains("needs EXPLAIN (ANALYZE, SERIALIZE)"), "{transcript}");
        return;
    }
    assert_eq!(exit_code(&transcript), "2");
    assert!(transcript.contains("--serialize needs PostgreSQL 17 or later, and this server is"), "{transcript}");
}
