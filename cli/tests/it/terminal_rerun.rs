//! `perf-look db` on a terminal: a statement that is run again beside the screen, stopped, or on a server that is gone.

use crate::pty::Pty;
use crate::server::{ORDERS, World};
use crate::terminal::{PAINTED, assert_given_back};

const BY_CUSTOMER: &str = "SELECT * FROM orders WHERE customer_id = 42";

#[test]
fn a_statement_is_run_again_and_compared_with_the_run_before() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let mut pty = Pty::open(&world.sandbox, &["db", "-c", BY_CUSTOMER]);
    pty.wait_for(PAINTED);
    assert!(pty.text().contains("seq-scan-discards-rows"), "{}", pty.text());
    world.sql("CREATE INDEX ON orders (customer_id); ANALYZE orders");
    pty.type_keys("r");
    pty.wait_for("this is the new run");
    pty.type_keys("2");
    pty.wait_for("[2Plan]");
    assert!(pty.text().contains("Index Scan"), "{}", pty.text());
    pty.type_keys("5");
    pty.wait_for("[5Diff]");
    pty.wait_for("Seq Scan");
    pty.type_keys("R");
    pty.wait_for("this is the new run");
    pty.wait_for("run 2 of 3   show");
    pty.type_keys("{");
    pty.wait_for("run 1 of 3   show");
    pty.wait_for("Seq Scan");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn ctrl_c_stops_what_runs_in_the_server_and_not_the_program() {
    let Some(world) = World::new() else { return };
    world.sql("CREATE TABLE naps AS SELECT 0 AS seconds");
    let sleep = "SELECT pg_sleep(seconds) FROM naps";
    let mut pty = Pty::open(&world.sandbox, &["db", "-c", sleep, "--allow-volatile", "--timeout", "10min"]);
    pty.wait_for(PAINTED);
    world.sql("UPDATE naps SET seconds = 300");
    let sleeping = || world.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    pty.type_keys("r");
    pty.wait_for("s, Ctrl-c stops it");
    pty.until_true("the server runs it", || sleeping() == 1);
    pty.type_keys("2");
    pty.wait_for("[2Plan]");
    pty.type_keys("r");
    pty.wait_for("something runs already");
    pty.type_keys("\u{3}");
    pty.until("it is stopped", |pty| {
        !pty.text().contains("Ctrl-c stops it") && pty.text().contains("-c was cancelled")
    });
    assert_eq!(sleeping(), 0);
    assert!(pty.screen().alternate_screen());
    pty.type_keys("r");
    pty.until_true("the server runs it", || sleeping() == 1);
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0, "{}", pty.text());
    assert_given_back(&pty);
    assert_eq!(sleeping(), 0);
}

#[test]
fn a_server_that_is_gone_is_a_message_in_place() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let mut pty = Pty::open(&world.sandbox, &["db", "-c", BY_CUSTOMER]);
    pty.wait_for(PAINTED);
    let World { runtime, server, session, .. } = world;
    drop((session, server, runtime));
    pty.type_keys("r");
    pty.wait_for("could not connect");
    assert!(pty.text().contains("seq-scan-discards-rows"), "{}", pty.text());
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn a_report_that_is_asked_for_is_written_and_the_terminal_left_alone() {
    let sandbox = crate::terminal::sandbox();
    for args in [&["--report", "text"][..], &["-o", "report.txt"], &["--plain"], &["--tui", "never"]] {
        let mut pty = Pty::open(&sandbox, &[&["db", "--plan", "scan.json"], args].concat());
        assert_eq!(pty.exit_code(), 1, "{args:?}");
        assert!(!pty.bytes.windows(3).any(|window| window == b"\x1b[?"), "{args:?}");
    }
    let mut pty = Pty::open(&sandbox, &["db", "--plan", "scan.json", "--tui", "always", "--report", "json=r.json"]);
    pty.wait_for(PAINTED);
    assert!(sandbox.path().join("r.json").exists());
    pty.type_keys("r");
    pty.wait_for("a saved plan is not run again");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 1);
    assert_given_back(&pty);
}
