//! `--verify`, kept: what is promised of an index on the demo's shop is what it then does.

use perf_look_capture::postgres::connect;
use serde_json::Value;
use tpchgen::csv::{CustomerCsv, LineItemCsv, OrderCsv};
use tpchgen::distribution::Distributions;
use tpchgen::generators::{CustomerGenerator, LineItemGenerator, OrderGenerator};
use tpchgen::text::TextPool;

use crate::server::{ORDERS, World};

const SHOP: &str = include_str!("../../src/demo/shop.sql");
const SLOW: &str = include_str!("../../src/demo/slow.sql");

/// A server with the demo's shop and HypoPG; none, and that is said, where one of them is missing.
fn shop() -> Option<World> {
    let world = World::new()?;
    world.sql(SHOP);
    if let Err(error) = world.runtime.block_on(world.session.client.batch_execute("CREATE EXTENSION hypopg")) {
        let why = error.as_db_error().map_or("", |error| error.message()).to_owned();
        std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: no HypoPG: {why}\n").as_bytes()).unwrap();
        return None;
    }
    // What the shop sets for its database holds from the next connection on.
    let session = world.runtime.block_on(connect(&world.server.target())).unwrap();
    let sandbox = world.sandbox.file("slow.sql", SLOW).file("shop.sql", SHOP);
    Some(World { session, sandbox, ..world })
}

fn json(world: &World, args: &[&str]) -> Value {
    let output = world.sandbox.command(args).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Advice that was tried in this way, with the finding that it belongs to.
fn verified<'r>(report: &'r Value, how: &str) -> Vec<(&'r Value, &'r Value)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let advice = findings.flat_map(|finding| finding["advice"].as_array().unwrap().iter().map(move |it| (finding, it)));
    advice.filter(|(_, advice)| advice["verified"]["how"] == how).collect()
}

fn subject<'r>(report: &'r Value, name: &Value) -> &'r Value {
    report["subjects"].as_array().unwrap().iter().find(|subject| subject["name"] == *name).unwrap()
}

fn blocks(subject: &Value) -> f64 {
    let root = &subject["nodes"][0];
    root["shared_hit"].as_f64().unwrap_or(0.0) + root["shared_read"].as_f64().unwrap_or(0.0)
}

#[test]
fn an_index_does_what_was_promised_of_it() {
    let Some(world) = shop() else { return };
    let args = ["db", "-f", "slow.sql", "--runs", "3", "--report", "json", "--fail-on", "never"];
    let before = json(&world, &[&args[..], &["--verify", "--save", "shop.capture"]].concat());
    let again = json(&world, &["db", "--plan", "shop.capture", "--report", "json", "--fail-on", "never"]);
    assert_eq!(again, before, "a saved capture gives the same report");
    let promised = verified(&before, "hypothetical-index");
    assert!(promised.len() >= 3, "{promised:?}");
    let mut faster = Vec::new();
    for (finding, advice) in promised {
        let index = advice["verified"]["index"].as_str().unwrap();
        world.sql(&index.replacen("CREATE INDEX ON", "CREATE INDEX promised ON", 1));
        let after = json(&world, &args);
        world.sql("DROP INDEX promised");
        let (before, after) = (subject(&before, &finding["subject"]), subject(&after, &finding["subject"]));
        let taken = after["nodes"].as_array().unwrap().iter().any(|node| node["index"] == "promised");
        assert!(taken, "the planner takes {index}: {after}");
        let (cost, expected) = (after["nodes"][0]["cost"].as_f64().unwrap(), &advice["verified"]["cost_after"]);
        let expected = expected.as_f64().unwrap();
        assert!((cost - expected).abs() <= 0.1 * expected, "{index}: cost {cost}, promised {expected}");
        let ms = |subject: &Value| subject["execution_ms"].as_f64().unwrap();
        faster.push((ms(before) / ms(after), advice["verified"]["ratio"].as_f64().unwrap(), index));
        assert!(blocks(after) < blocks(before), "{index}: {} and {} blocks", blocks(before), blocks(after));
    }
    // Of a statement of a millisecond or two the time is mostly what no index changes.
    let kept = faster.iter().filter(|(faster, promised, _)| faster >= promised).count();
    assert!(kept >= 3, "times faster, and times less cost as promised: {faster:?}");
}

#[test]
fn an_index_is_measured_on_a_scratch_server() {
    let Some(world) = shop() else { return };
    let args = ["db", "-f", "slow.sql", "--verify-on-scratch", "shop.sql", "--report", "json", "--fail-on", "never"];
    let report = json(&world, &[&args[..], &["--save", "shop.capture"]].concat());
    let again = json(&world, &["db", "--plan", "shop.capture", "--report", "json", "--fail-on", "never"]);
    assert_eq!(again, report, "a saved capture gives the same report");
    let built = verified(&report, "real-index");
    let built: Vec<&Value> =
        built.iter().map(|(_, advice)| &advice["verified"]).filter(|it| it["taken"] == true).collect();
    assert!(built.len() >= 3, "{built:?}");
    for one in built {
        let number = |name: &str| one[name].as_f64().unwrap();
        let off = (number("cost_after") - number("cost_promised")).abs();
        assert!(off <= 0.1 * number("cost_promised"), "{one}");
        assert!(number("bytes") > 0.0 && number("runs") >= 1.0, "{one}");
    }
    assert!(!verified(&report, "more-memory").is_empty());
}

#[test]
fn without_hypopg_advice_is_not_verified_and_says_what_to_do() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let report =
        json(&world, &["db", "-c", "SELECT * FROM orders WHERE customer_id = 42", "--verify", "--report", "json"]);
    let [(_, advice)] = verified(&report, "not-verified")[..] else { panic!("{report}") };
    assert_eq!(advice["sql"], "CREATE INDEX ON orders (customer_id);");
    assert!(advice["verified"]["why"].as_str().unwrap().contains("hypopg is not"), "{advice}");
    assert!(advice["verified"]["help"].as_str().unwrap().contains("CREATE EXTENSION hypopg"), "{advice}");
}

#[test]
fn a_plan_from_a_file_is_not_verified() {
    let text = perf_look_fixtures::named("postgres/seq-scan-discards-rows/fires.json");
    let sandbox = crate::sandbox::Sandbox::new().file("plan.json", &text);
    let output = sandbox.command(&["db", "--plan", "plan.json", "--verify", "--report", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let unverified = verified(&report, "not-verified");
    assert!(!unverified.is_empty(), "{report}");
    for (_, advice) in unverified {
        assert_eq!(advice["verified"]["why"], "a saved plan has no server to try it on", "{advice}");
    }
}

const TPCH: &str = "
    CREATE TABLE customer (c_custkey bigint PRIMARY KEY, c_name text, c_address text, c_nationkey bigint, c_phone text,
        c_acctbal numeric, c_mktsegment text, c_comment text);
    CREATE TABLE orders (o_orderkey bigint PRIMARY KEY, o_custkey bigint, o_orderstatus text, o_totalprice numeric,
        o_orderdate date, o_orderpriority text, o_clerk text, o_shippriority int, o_comment text);
    CREATE TABLE lineitem (l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity numeric,
        l_extendedprice numeric, l_discount numeric, l_tax numeric, l_returnflag text, l_linestatus text, l_shipdate date,
        l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text, l_comment text,
        PRIMARY KEY (l_orderkey, l_linenumber));";

const Q3: &str = "SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
    FROM customer, orders, lineitem
    WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey
        AND o_orderdate < date '1995-03-15' AND l_shipdate > date '1995-03-15'
    GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10";

fn copy(world: &World, table: &str, rows: impl Iterator<Item = impl std::fmt::Display>) {
    let path = world.server.folder().join(table);
    let lines: Vec<String> = rows.map(|row| row.to_string()).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    world.sql(&format!("COPY {table} FROM '{}' (FORMAT csv)", path.display()));
}

#[test]
fn a_query_that_no_index_helps_gets_no_index_advice() {
    let Some(world) = World::new() else { return };
    if world.runtime.block_on(world.session.client.batch_execute("CREATE EXTENSION hypopg")).is_err() {
        std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED: no HypoPG\n").unwrap();
        return;
    }
    world.sql(TPCH);
    let (words, text) = (Distributions::static_default(), TextPool::new(1 << 20, Distributions::static_default()));
    let scale = 0.02;
    let customers = CustomerGenerator::new_with_distributions_and_text_pool(scale, 1, 1, words, &text);
    copy(&world, "customer", customers.iter().map(CustomerCsv::new));
    let orders = OrderGenerator::new_with_distributions_and_text_pool(scale, 1, 1, words, &text);
    copy(&world, "orders", orders.iter().map(OrderCsv::new));
    let items = LineItemGenerator::new_with_distributions_and_text_pool(scale, 1, 1, words, &text);
    copy(&world, "lineitem", items.iter().map(LineItemCsv::new));
    world.sql("VACUUM ANALYZE");
    // So that scans are found that throw half of the rows away: it is the trial that must say no.
    let limits = ["--set", "rules.\"db/seq-scan-discards-rows\".min_discarded=0.3"];
    let report =
        json(&world, &[&["db", "-c", Q3, "--verify", "--report", "json", "--fail-on", "never"], &limits[..]].concat());
    assert!(!verified(&report, "no-index-helps").is_empty(), "{report}");
    let findings = report["findings"].as_array().unwrap().iter();
    let advice = findings.flat_map(|finding| finding["advice"].as_array().unwrap());
    let sql: Vec<&str> = advice.filter_map(|advice| advice["sql"].as_str()).collect();
    assert!(!sql.iter().any(|sql| sql.starts_with("CREATE INDEX")), "{sql:?}");
}
