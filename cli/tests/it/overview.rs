//! `perf-look db` alone against a real server.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::Value;

use crate::server::{World, exit_code};

/// A table with what an overview is to find: keys, indexes, changes.
pub(crate) const SHOP: &str = "
    create table customer (id int primary key, email text unique);
    create table orders (id int primary key, customer_id int references customer, status text, created date);
    create index orders_created on orders (created);
    create index orders_created_status on orders (created, status);
    create unique index orders_id on orders (id);
    create index orders_status on orders (status);
    alter table orders set (autovacuum_enabled = off);
    alter table customer set (autovacuum_enabled = off);
    insert into customer select n, 'c' || n from generate_series(1, 2000) n;
    insert into orders select n, n % 2000 + 1, case when n % 100 = 0 then 'open' else 'closed' end,
        date '2024-01-01' + n % 500 from generate_series(1, 50000) n;
    analyze customer;";

impl World {
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.sandbox.command(args).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn overview(&self) -> Value {
        self.json(&["db", "--report", "json"])["overview"].clone()
    }

    /// Counters reach the view after a while: a session sends them behind a statement, at most once a second.
    fn overview_once(&self, is_there: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..100 {
            self.sql("select 1");
            let overview = self.overview();
            if is_there(&overview) {
                return overview;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server never counted it: {}", self.overview());
    }
}

pub(crate) const PRELOADED: &[&str] = &["shared_preload_libraries=pg_stat_statements"];

#[test]
fn a_server_without_the_extension_says_how_to_get_it_and_shows_the_rest() {
    let Some(world) = World::new() else { return };
    world.sql(SHOP);
    let overview = world.overview_once(|overview| overview["stale_statistics"][0]["table"] == "orders");
    let steps = overview["statements"]["steps"].as_array().unwrap();
    assert!(steps.contains(&"CREATE EXTENSION pg_stat_statements".into()), "{overview}");
    assert_eq!(overview["stale_statistics"][0]["why"], "never analysed");
    assert_eq!(overview["unindexed_foreign_keys"][0]["columns"][0], "customer_id");
    let duplicates = overview["duplicate_indexes"].as_array().unwrap();
    let mut pairs: Vec<String> = duplicates.iter().map(|it| format!("{} by {}", it["index"], it["by"])).collect();
    pairs.sort();
    assert_eq!(pairs, [r#""orders_created" by "orders_created_status""#, r#""orders_id" by "orders_pkey""#]);
    let transcript = world.run(&["db"]);
    assert!(transcript.contains("ALTER SYSTEM SET shared_preload_libraries"), "{transcript}");
    assert_eq!(exit_code(&transcript), "0");
}

#[test]
fn a_database_whose_library_is_loaded_lacks_only_the_view() {
    let Some(world) = World::with(PRELOADED) else { return };
    let statements = &world.overview()["statements"];
    assert_eq!(statements["steps"], serde_json::json!(["CREATE EXTENSION pg_stat_statements"]));
}

#[test]
fn the_worst_statements_come_first_and_ours_are_none() {
    let Some(world) = World::with(PRELOADED) else { return };
    world.sql("create schema \"my ext\"; create extension pg_stat_statements schema \"my ext\"");
    world.sql(SHOP);
    for _ in 0..3 {
        world.sql("select count(*) from orders a join orders b using (customer_id) where a.status = 'open'");
    }
    let overview = world.overview();
    let worst = overview["statements"]["worst"].as_array().unwrap();
    let asked: Vec<&str> = worst.iter().map(|row| row["query"].as_str().unwrap()).collect();
    let found = worst.iter().find(|row| row["query"].as_str().unwrap().contains("a.status = $1")).unwrap();
    assert_eq!(found["calls"], 3);
    assert!(found["share"].as_f64().unwrap() > 0.0, "{found}");
    world.run(&["db", "-c", "select 42"]);
    world.run(&["db", "--top", "3", "--fail-on", "never"]);
    let again = world.overview();
    let asked_again = again["statements"]["worst"].as_array().unwrap().iter().map(|row| row["query"].to_string());
    let ours: Vec<String> = asked_again
        .filter(|query| ["perf", "EXPLAIN", "SET LOCAL", "BEGIN T"].iter().any(|word| query.contains(word)))
        .collect();
    assert!(ours.is_empty(), "{ours:?}; at first {asked:?}");
    let times: Vec<f64> = worst.iter().map(|row| row["total_ms"].as_f64().unwrap()).collect();
    assert!(times.is_sorted_by(|left, right| left >= right), "{times:?}");
}

#[test]
fn a_role_that_may_not_see_others_is_told_what_it_misses() {
    let Some(world) = World::with(PRELOADED) else { return };
    world.sql("create extension pg_stat_statements; create role shop login");
    world.sql(SHOP);
    let world = World { sandbox: world.sandbox.env("PGUSER", "shop"), ..world };
    let transcript = world.run(&["db"]);
    assert!(transcript.contains("GRANT pg_read_all_stats TO shop"), "{transcript}");
    assert!(world.overview()["statements"]["hidden"].as_f64().unwrap() > 1.0);
    assert!(world.overview()["sessions"]["hidden"].as_u64().unwrap() >= 1);
    assert_eq!(world.overview()["unindexed_foreign_keys"][0]["table"], "orders");
}

#[test]
fn a_saved_overview_shows_the_same_again() {
    let Some(world) = World::with(PRELOADED) else { return };
    world.sql("create extension pg_stat_statements");
    world.sql(SHOP);
    let live = world.json(&["db", "--save", "shop.json", "--report", "json"]);
    assert_eq!(world.json(&["db", "--plan", "shop.json", "--report", "json"]), live);
    let schema = jsonschema::validator_for(&world.json(&["schema", "report"])).unwrap();
    schema.validate(&live).unwrap();
    let redacted = world.json(&["db", "--plan", "shop.json", "--redact=names", "--report", "json"]).to_string();
    assert!(!redacted.contains("orders") && !redacted.contains("customer"), "{redacted}");
}

#[test]
fn a_table_that_is_locked_by_another_session_does_not_stop_it() {
    let Some(world) = World::new() else { return };
    world.sql(SHOP);
    let is_counted = |overview: &Value| overview["stale_statistics"][0]["table"] == "orders";
    // Counters are sent between transactions: within the next one these would wait for its end.
    world.overview_once(is_counted);
    world.sql("begin; lock table orders in access exclusive mode");
    let overview = world.overview_once(is_counted);
    assert_eq!(overview["not_read"].as_array().unwrap().len(), 1, "only statements are not counted: {overview}");
    assert!(world.run(&["db"]).contains("orders is locked by another session"));
    assert_eq!(overview["sessions"]["idle_in_transaction"], 1);
    world.sql("rollback");
}

#[test]
fn nothing_is_left_behind() {
    let Some(world) = World::new() else { return };
    assert_eq!(exit_code(&world.run(&["db"])), "0");
    let open =
        "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    // The server's process ends a moment after the connection.
    let begun = Instant::now();
    while world.count(open) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "a connection is left");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_empty_database_has_nothing_to_say() {
    let Some(world) = World::new() else { return };
    let transcript = world.run(&["db", "--plain"]);
    let (_, said) = transcript.split_once("what runs now").unwrap();
    assert_snapshot!(said);
}
