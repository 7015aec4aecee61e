//! Tables in Parquet, read by an engine that others wrote: DuckDB.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Where `scripts/duckdb` installs it; where it is missing, the test is skipped loudly, and fails in CI.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn duckdb() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/duckdb");
    if folder.join("version").is_file() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "scripts/duckdb installs DuckDB, which is missing");
    eprintln!("SKIPPED: tables are not queried with DuckDB; scripts/duckdb installs it");
    None
}

/// The rows that a query gives, with the folder of the sandbox as the current one.
fn query(duckdb: &Path, sandbox: &Sandbox, sql: &str) -> Vec<Vec<Value>> {
    let script = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall(), default=str))";
    let mut python = Command::new("python3");
    python.args(["-c", script, sql]).current_dir(sandbox.path()).env("PYTHONPATH", duckdb);
    let output = python.output().unwrap();
    assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Two plans that were judged, with their tables and their report as JSON.
fn judged() -> (Sandbox, Value) {
    let plan = |name: &str| perf_look_fixtures::named(&format!("postgres/plans/{name}.json"));
    let sandbox = Sandbox::new().file("q17.json", &plan("tpch-q17")).file("cte.json", &plan("cte-scan"));
    for _ in 0..2 {
        let said = sandbox.run(&[
            "db",
            "--plan",
            "q17.json",
            "cte.json",
            "--report",
            "parquet=tables",
            "--report",
            "json=report.json",
            "--fail-on",
            "never",
        ]);
        assert!(said.ends_with("--- exit code 0\n"), "{said}");
    }
    let report = std::fs::read_to_string(sandbox.path().join("report.json")).unwrap();
    (sandbox, serde_json::from_str(&report).unwrap())
}

fn count(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

#[test]
fn duckdb_counts_what_the_report_holds_and_the_same_report_twice_is_one() {
    let Some(duckdb) = duckdb() else { return };
    let (sandbox, report) = judged();
    let rows = |table: &str, what: &str| {
        let sql = format!("SELECT {what} FROM read_parquet('tables/{table}/*/*.parquet', hive_partitioning = true)");
        query(&duckdb, &sandbox, &sql).remove(0).remove(0)
    };
    let subjects = report["subjects"].as_array().unwrap();
    let nodes: usize = subjects.iter().map(|subject| count(&subject["nodes"])).sum();
    assert_eq!(rows("statements", "count(*)"), subjects.len());
    assert_eq!(rows("plan_nodes", "count(*)"), nodes);
    assert_eq!(rows("findings", "count(*)"), count(&report["findings"]));
    let total: f64 = subjects.iter().filter_map(|subject| subject["execution_ms"].as_f64()).sum();
    assert!((rows("statements", "sum(total_ms)").as_f64().unwrap() - total).abs() < 0.001);
    assert_eq!(rows("statements", "count(day)"), 0);
}

#[test]
fn a_log_is_counted_day_by_day() {
    let Some(duckdb) = duckdb() else { return };
    let log = "\
2026-11-20 23:59:58.000 UTC [7] LOG:  duration: 3.000 ms  statement: select 1
2026-11-21 00:00:01.000 UTC [7] LOG:  duration: 5.000 ms  statement: select 2
2026-11-21 00:00:02.000 UTC [7] LOG:  duration: 6.000 ms  statement: select 3
";
    let sandbox = Sandbox::new().file("postgresql.log", log);
    let said = sandbox.run(&["db", "--log", "postgresql.log", "--report", "parquet=tables"]);
    assert!(said.ends_with("--- exit code 0\n"), "{said}");
    let sql = "SELECT CAST(day AS VARCHAR), calls, total_ms, max_ms FROM \
               read_parquet('tables/statements/*/*.parquet', hive_partitioning = true) ORDER BY day";
    let expected = serde_json::json!([["2026-11-20", 1, 3.0, 3.0], ["2026-11-21", 2, 11.0, 6.0]]);
    assert_eq!(serde_json::json!(query(&duckdb, &sandbox, sql)), expected);
}

#[test]
fn the_queries_of_the_page_give_rows() {
    let Some(duckdb) = duckdb() else { return };
    let (sandbox, _) = judged();
    let page = include_str!("../../../docs/parquet.md");
    let queries: Vec<&str> = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(queries.len(), 2);
    for sql in queries {
        assert!(!query(&duckdb, &sandbox, sql).is_empty(), "{sql}");
    }
}

#[test]
fn the_page_names_each_column_and_its_type() {
    let Some(duckdb) = duckdb() else { return };
    let (sandbox, _) = judged();
    let page = include_str!("../../../docs/parquet.md");
    for table in ["statements", "plan_nodes", "findings"] {
        let documented = page.split_once(&format!("## `{table}`")).unwrap().1;
        let documented = documented.split("\n## ").next().unwrap();
        let documented: Vec<(String, String)> = documented
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .filter_map(|line| {
                let (name, rest) = line.split_once("` | ")?;
                Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
            })
            .collect();
        let sql =
            format!("DESCRIBE SELECT * FROM read_parquet('tables/{table}/*/*.parquet', hive_partitioning = false)");
        let word = |kind: &str| match kind {
            "VARCHAR" => "string".to_owned(),
            "BIGINT" => "int64".to_owned(),
            other => other.to_lowercase(),
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let real: Vec<(String, String)> =
            query(&duckdb, &sandbox, &sql).iter().map(|row| (text(&row[0]), word(&text(&row[1])))).collect();
        assert_eq!(documented, real, "{table}");
    }
}
