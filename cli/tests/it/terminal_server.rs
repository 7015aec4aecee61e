//! `perf-look db` on a terminal: a server at a glance, from where its statements are explained.

use crate::overview::{PRELOADED, SHOP};
use crate::pty::Pty;
use crate::server::World;
use crate::terminal::{PAINTED, assert_given_back};

/// Statements that were called: a look-up, one on a table that is gone, one that changes rows.
fn busy() -> Option<World> {
    let world = World::with(PRELOADED)?;
    world.sql("create extension pg_stat_statements; create table gone (a int)");
    world.sql(SHOP);
    world.sql("analyze; select pg_stat_statements_reset()");
    for number in 1..=3 {
        world.sql(&format!("select * from orders where customer_id = {number}0"));
        world.sql(&format!("select count(*) from gone where a = {number}"));
        world.sql(&format!("update orders set status = 'closed' where id = {number}"));
    }
    world.sql("drop table gone");
    Some(world)
}

#[test]
fn a_statement_is_explained_from_the_list_and_esc_leads_back() {
    let Some(world) = busy() else { return };
    let mut pty = Pty::run(&world.sandbox, (120, 40), &[env!("CARGO_BIN_EXE_perf-look"), "db"]);
    pty.wait_for(PAINTED);
    pty.wait_for("[worst statements");
    assert!(pty.text().contains("customer_id = $1"), "{}", pty.text());
    pty.type_keys("&customer_id\r");
    pty.wait_for("filter: customer_id");
    pty.type_keys("\r");
    pty.wait_for("Esc leads back; ");
    pty.wait_for("[1 Findings");
    assert!(pty.text().contains("seq-scan-discards-rows"), "{}", pty.text());
    pty.type_keys("2");
    pty.wait_for("[2 Plan]");
    pty.type_keys("\u{1b}");
    pty.wait_for("[1 Findings");
    pty.type_keys("\u{1b}");
    pty.wait_for("[1 Statements]");
    pty.wait_for("Enter shows it");
    // The index is made, the statement explained once more, and both are compared.
    world.sql("create index on orders (customer_id); analyze orders");
    pty.type_keys("\r");
    pty.wait_for("[1 Findings");
    pty.type_keys("r");
    pty.wait_for("this is the new run");
    pty.type_keys("5");
    pty.wait_for("Index Scan");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn what_cannot_be_explained_is_a_message_in_place() {
    let Some(world) = busy() else { return };
    let mut pty = Pty::run(&world.sandbox, (120, 40), &[env!("CARGO_BIN_EXE_perf-look"), "db"]);
    pty.wait_for("[worst statements");
    pty.type_keys("&gone where\r");
    pty.wait_for("filter: gone where");
    pty.type_keys("\r");
    pty.wait_for("could not be had: relation \"gone\" does not exist");
    assert!(pty.text().contains("failed: relation") && pty.text().contains("filter: gone where"), "{}", pty.text());
    pty.type_keys("\u{1b}");
    pty.until("the filter is off", |pty| !pty.text().contains("filter: gone"));
    pty.type_keys("3");
    pty.wait_for("[3 Indexes]");
    pty.type_keys("l");
    pty.wait_for("orders_created_status");
    pty.type_keys("1&update orders\r");
    pty.wait_for("filter: update orders");
    pty.type_keys("\r");
    pty.wait_for("Esc leads back; ");
    pty.wait_for("not run");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn a_statement_that_takes_too_long_is_stopped_and_the_list_stays() {
    let Some(world) = busy() else { return };
    world.sql("select pg_stat_statements_reset()");
    world.sql("select count(*) from orders a where a.customer_id = 7");
    world.sql("begin; lock table orders in access exclusive mode");
    let mut pty = Pty::run(&world.sandbox, (120, 40), &[env!("CARGO_BIN_EXE_perf-look"), "db"]);
    pty.wait_for("a.customer_id");
    pty.type_keys("&a.customer_id\r");
    pty.wait_for("filter: a.customer_id");
    pty.type_keys("\r");
    pty.wait_for("explaining query");
    pty.type_keys("\u{3}");
    pty.until("it is stopped", |pty| pty.text().contains("failed:") && !pty.text().contains("Ctrl-c stops it"));
    assert!(pty.text().contains("filter: a.customer_id"), "{}", pty.text());
    world.sql("rollback");
    pty.type_keys("\r");
    pty.wait_for("Esc leads back; ");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn a_server_is_asked_again_and_one_that_is_gone_is_a_message() {
    let Some(world) = busy() else { return };
    let mut pty = Pty::open(&world.sandbox, &["db"]);
    pty.wait_for("[worst statements");
    world.sql("select 4711 as asked_again");
    pty.type_keys("r");
    pty.wait_for("this is what the server counts now");
    pty.wait_for("$1 as asked_again");
    let World { runtime, server, session, .. } = world;
    drop((session, server, runtime));
    pty.type_keys("r");
    pty.wait_for("could not connect");
    pty.type_keys("\r");
    pty.wait_for("could not connect");
    assert!(pty.text().contains("$1 as asked_again"), "{}", pty.text());
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn a_saved_server_is_looked_at_and_asks_nobody() {
    let sandbox = crate::sandbox::Sandbox::new().file("shop.json", &perf_look_fixtures::named("overview/shop.json"));
    let mut pty = Pty::open(&sandbox, &["open", "shop.json"]);
    pty.wait_for("[worst statements");
    pty.type_keys("\r");
    pty.wait_for("perf-look db asks a live one");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}
