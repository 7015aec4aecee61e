//! `perf-look db --top` against a real server.

use insta::assert_snapshot;
use serde_json::Value;

use crate::overview::{PRELOADED, SHOP};
use crate::server::{World, exit_code};

/// Statements that take some time, each a few times.
fn busy() -> Option<World> {
    let world = World::with(PRELOADED)?;
    world.sql("create extension pg_stat_statements");
    world.sql(SHOP);
    world.sql("analyze; select pg_stat_statements_reset()");
    for number in 1..=3 {
        world.sql(&format!("select * from orders where customer_id = {number}0"));
        world.sql(&format!("select count(*) from orders where created >= date '2024-03-0{number}' limit {number}"));
        world.sql(&format!("select sum(case when status = 'open' then {number} else 0 end) from orders"));
        world.sql(&format!("update orders set status = 'closed' where id = {number}"));
    }
    Some(world)
}

fn texts<'j>(values: &'j Value, name: &str) -> Vec<&'j str> {
    values.as_array().unwrap().iter().map(|value| value[name].as_str().unwrap()).collect()
}

#[test]
fn findings_are_ranked_by_their_share_of_the_whole_workload() {
    let Some(world) = busy() else { return };
    let report = world.json(&["db", "--top", "4", "--report", "json"]);
    assert_eq!(report["workload"]["source"]["kind"], "pg_stat_statements");
    let statements = report["workload"]["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 4);
    assert!(report["workload"]["others"]["statements"].as_u64().unwrap() > 0, "{report}");
    let found = &report["findings"][0];
    let look_up = report["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["query"].as_str().unwrap().contains("customer_id = $1"));
    assert_eq!(found["subject"], look_up.unwrap()["name"], "{report}");
    let shares: Vec<f64> =
        report["findings"].as_array().unwrap().iter().filter_map(|it| it["workload_share"].as_f64()).collect();
    assert!(!shares.is_empty() && shares.is_sorted_by(|left, right| left >= right), "{shares:?}");
    let schema = jsonschema::validator_for(&world.json(&["schema", "report"])).unwrap();
    schema.validate(&report).unwrap();
}

#[test]
fn a_statement_is_run_with_values_of_the_column_and_that_is_said() {
    let Some(world) = busy() else { return };
    let report = world.json(&["db", "--top", "5", "--report", "json"]);
    let subjects = report["subjects"].as_array().unwrap();
    let of = |part: &str| subjects.iter().find(|it| it["query"].as_str().unwrap().contains(part)).unwrap();
    let note = |part: &str| of(part)["notes"][0].as_str().unwrap().to_owned();
    assert!(
        note("customer_id = $1").starts_with("run with values that perf-look chose"),
        "{}",
        note("customer_id = $1")
    );
    assert!(note("customer_id = $1").contains("$1 from the statistics of `orders.customer_id`"));
    assert!(note("created >= CAST($1 AS date)").contains("$2 as many rows as a call gave"));
    assert!(of("customer_id = $1")["execution_ms"].is_number());
    assert!(of("CAST($2 AS numeric)")["execution_ms"].is_null(), "what a CASE gives is in no condition");
}

#[test]
fn what_changes_rows_is_planned_and_not_run() {
    let Some(world) = busy() else { return };
    let newest = "select max(xmin::text::bigint) from orders";
    let before = world.count(newest);
    let transcript = world.run(&["db", "--top", "9", "--fail-on", "never"]);
    assert!(transcript.contains("planned for any value and not run: it changes"), "{transcript}");
    assert_eq!(world.count(newest), before);
}

#[test]
fn what_cannot_be_explained_is_told_with_the_reason() {
    let Some(world) = World::with(PRELOADED) else { return };
    world.sql("create extension pg_stat_statements; create schema app; create table app.far (a int)");
    world.sql("select pg_stat_statements_reset()");
    world.sql("set search_path = app, public; select * from far where a = 1; select 1 + count(*) from far where a = 1 + 2; reset search_path");
    let transcript = world.run(&["db", "--top", "9"]);
    let report = world.json(&["db", "--top", "9", "--report", "json"]);
    let why = "relation \"far\" does not exist [42P01]: it ran with another search_path, or its table is gone";
    assert!(texts(&report["rejects"], "why").contains(&why), "{report}");
    assert_eq!(exit_code(&transcript), "0", "others could be explained: {transcript}");
}

#[test]
fn without_the_extension_it_says_how_to_get_it() {
    let Some(world) = World::new() else { return };
    assert_snapshot!(world.run(&["db", "--top", "5"]));
}

#[test]
fn where_no_statement_used_temporary_files_there_is_nothing_to_check() {
    let Some(world) = World::with(PRELOADED) else { return };
    world.sql("create extension pg_stat_statements");
    assert_snapshot!(world.run(&["db", "--top", "5", "--by", "temp"]));
}

#[test]
fn a_saved_workload_is_judged_alike() {
    let Some(world) = busy() else { return };
    let live = world.json(&["db", "--top", "4", "--save", "top.json", "--report", "json"]);
    assert_eq!(world.json(&["db", "--plan", "top.json", "--report", "json"]), live);
}

#[test]
fn escape_codes_in_stored_statements_reach_no_terminal() {
    let Some(world) = World::with(PRELOADED) else { return };
    world.sql("create extension pg_stat_statements");
    world.sql("create table \"a\u{1b}[2Jb\" as select n from generate_series(1, 100) n");
    world.sql("select count(*) as \"x\u{1b}[31m\u{202e}y\" from \"a\u{1b}[2Jb\" where n = 1");
    for args in [&["db"][..], &["db", "--top", "5"], &["db", "--plain"], &["db", "--top", "5", "--report", "markdown"]]
    {
        let output = world.sandbox.command(args).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said:?}");
    }
}

#[test]
fn what_is_advised_for_stored_statements_is_tried() {
    let Some(world) = busy() else { return };
    let args = ["db", "--top", "4", "--verify", "--report", "json", "--fail-on", "never"];
    let without = world.json(&args);
    let advice = |report: &Value| report["findings"][0]["advice"][0].clone();
    let why = advice(&without)["verified"]["why"].to_string();
    assert!(why.contains("hypopg"), "{without}");
    if world.runtime.block_on(world.session.client.batch_execute("create extension hypopg")).is_err() {
        return;
    }
    let with = world.json(&[&args[..], &["--save", "top.json"]].concat());
    let verified = &advice(&with)["verified"];
    assert_eq!((&verified["how"], &verified["taken"]), (&"hypothetical-index".into(), &true.into()), "{with}");
    let again = world.json(&["db", "--plan", "top.json", "--report", "json", "--fail-on", "never"]);
    assert_eq!(again, with, "a saved workload gives the same report");
}
