//! Counters of pinned runs are facts: the same each time, whatever else the machine does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use perf_look_analyzers::capture::Statement;
use perf_look_analyzers::postgres::{Plan, PlanNode, parse};
use perf_look_capture::postgres::{ExplainError, Options, Pin, Session, Sql, connect, explain};

use crate::scratch::start;

const SCENE: &str = "
    set synchronous_commit = on;
    create table customer (id int primary key, city int not null);
    create table orders (id int primary key, customer int not null, total int not null, note text not null);
    insert into customer select n, n % 17 from generate_series(1, 1000) n;
    insert into orders select n, n * 7919 % 1000 + 1, n * 7919 % 10007, repeat('x', 60) from generate_series(1, 40000) n;
    create index orders_customer on orders (customer);
    analyze;
    vacuum;
    analyze;
    set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;";

const QUERIES: &[&str] = &[
    "select * from orders where id = 4711",
    "select o.total from orders o join customer c on c.id = o.customer where c.city = 3",
    "select customer, sum(total) from orders group by customer",
    "select note from orders order by total, id",
    "select total from orders where total > 5000 limit 100",
];

fn pinned() -> Options {
    let pin = Pin {
        work_mem: Some("256kB".to_owned()),
        random_page_cost: Some("1.1".to_owned()),
        effective_cache_size: Some("1GB".to_owned()),
        plan_cache_mode: Some("force_custom_plan".to_owned()),
    };
    Options { pin: Some(pin), warm_ups: 1, ..Options::default() }
}

async fn set_up(session: &Session) {
    // VACUUM wants to be alone.
    for statement in SCENE.split(';') {
        session.client.batch_execute(statement).await.unwrap();
    }
}

async fn run(session: &Session, text: &str, options: &Options) -> Result<Statement, ExplainError> {
    let sql = Sql { name: "q.sql".to_owned(), line: 1, text: text.to_owned() };
    explain(session, &sql, options, std::future::pending(), |_| {}).await
}

fn plan(explain: &str) -> Plan {
    parse::parse(explain).unwrap().plans.remove(0)
}

/// Rows that nodes gave or threw away, blocks touched, temporary blocks, and the steps.
fn counted(plan: &Plan) -> String {
    let mut rows = 0.0;
    for node in plan.nodes() {
        let Some(run) = node.run() else { continue };
        let removed = node.properties.iter().filter(|it| it.name.starts_with("Rows Removed"));
        rows += run.loops * (run.rows.mean + removed.filter_map(|it| it.value.number()).sum::<f64>());
    }
    let counters = plan.root().counters.as_ref().unwrap();
    let labels: Vec<String> = plan.nodes().iter().map(PlanNode::label).collect();
    let (touched, temp) = (counters.touched_blocks(), counters.temp_blocks());
    format!("{rows} rows, {touched} blocks, {temp} temporary blocks, {}", labels.join(" > "))
}

/// Keeps all processors busy as long as it lives.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let over = over.clone();
            std::thread::spawn(move || while !over.load(Ordering::Relaxed) {});
        }
        Self(over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn thirty_runs_under_load_count_the_same() {
    let Some(scratch) = start().await else { return };
    let session = connect(&scratch.target()).await.unwrap();
    set_up(&session).await;
    let _busy = Busy::start();
    for query in QUERIES {
        let statement = run(&session, query, &Options { runs: 30, ..pinned() }).await.unwrap();
        let counted: BTreeSet<String> = statement.runs.iter().map(|run| counted(&plan(&run.explain))).collect();
        assert_eq!((statement.runs.len(), counted.len()), (30, 1), "{query}: {counted:#?}");
    }
}

#[tokio::test]
async fn a_pinned_run_has_no_workers_no_compiler_and_no_clock() {
    let Some(scratch) = start().await else { return };
    let session = connect(&scratch.target()).await.unwrap();
    set_up(&session).await;
    session.client.batch_execute("set jit_above_cost = 0").await.unwrap();
    let query = "select customer, count(*) from orders group by customer";
    let explain = |statement: Statement| statement.runs[0].explain.clone();
    let pinned = explain(run(&session, query, &pinned()).await.unwrap());
    let free = explain(run(&session, query, &Options::default()).await.unwrap());
    for word in ["Gather", "Actual Total Time"] {
        assert!(free.contains(word) && !pinned.contains(word), "{word}: {pinned}");
    }
    assert!(!pinned.contains("\"JIT\""), "{pinned}");
    assert!(pinned.contains("Shared Hit Blocks") && pinned.contains("Execution Time"), "{pinned}");
}

#[tokio::test]
async fn warm_ups_are_made_and_not_kept() {
    let Some(scratch) = start().await else { return };
    let session = connect(&scratch.target()).await.unwrap();
    session.client.batch_execute("create sequence made").await.unwrap();
    let options = Options { warm_ups: 3, runs: 2, allow_writes: true, allow_volatile: true, ..Options::default() };
    let statement = run(&session, "select nextval('made')", &options).await.unwrap();
    assert_eq!(statement.runs.iter().map(|run| run.number).collect::<Vec<_>>(), [1, 2]);
    let made: i64 = session.client.query_one("select last_value from made", &[]).await.unwrap().get(0);
    assert_eq!(made, 5);
}

#[tokio::test]
async fn a_pin_that_the_server_does_not_understand_is_named() {
    let Some(scratch) = start().await else { return };
    let session = connect(&scratch.target()).await.unwrap();
    let pin = Pin { work_mem: Some("4 parsecs".to_owned()), ..Pin::default() };
    let error = run(&session, "select 1", &Options { pin: Some(pin), ..Options::default() }).await.unwrap_err();
    assert_eq!(error.to_string(), "q.sql: invalid value for parameter \"work_mem\": \"4 parsecs\" [22023]");
    assert_eq!(error.excerpt(), None);
    run(&session, "select 1", &Options::default()).await.unwrap();
}
