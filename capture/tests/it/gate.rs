//! What a gate needs of a server: its setup loaded, a state that can be made again, and times taken in turns.

use perf_look_capture::postgres::setup::LoadError;
use perf_look_capture::postgres::{
    Arm, ExplainError, Options, Pair, Pin, Session, Settled, Sql, Tables, connect, settle, timed_pairs,
};

use crate::scratch::start;

const SCHEMA: &str = "
    create schema shop;
    create table shop.customer (id int primary key, city int not null);
    create table shop.orders (id int primary key, customer int not null, total int not null);
    create table shop.event (id int, day date not null) partition by range (day);
    create table shop.event_1 partition of shop.event for values from ('2024-01-01') to ('2024-02-01');
    create table shop.event_2 partition of shop.event for values from ('2024-02-01') to ('2024-03-01');
    create function shop.twice(n int) returns int language sql as $$ select 2 * n; $$;
    vacuum;";

const SEED: &str = "
    begin;
    insert into shop.customer select n, n % 17 from generate_series(1, 1000) n;
    insert into shop.orders select n, n * 7919 % 1000 + 1, n * 7919 % 10007 from generate_series(1, 60000) n;
    commit;
    insert into shop.event select n, date '2024-01-01' + n % 50 from generate_series(1, 500) n;";

fn of<'a>(settled: &'a Settled, name: &str) -> &'a perf_look_capture::postgres::SettledTable {
    settled.tables.iter().find(|table| table.name == name).unwrap()
}

#[tokio::test]
async fn a_loaded_database_is_settled_alike_each_time() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let Some(scratch) = start().await else { return };
        scratch.load(&[("schema.sql", SCHEMA), ("seed.sql", SEED)]).await.unwrap();
        let session = connect(&scratch.target()).await.unwrap();
        let settled = settle(&session, Tables::All).await.unwrap();
        assert!(settled.is_settled(), "{settled:#?}");
        assert_eq!((settled.skipped.as_slice(), settled.notes.as_slice()), (&[][..], &[][..]));
        let orders = of(&settled, "orders");
        assert_eq!((orders.rows, orders.all_visible, orders.statistics_target), (Some(60_000.0), Some(1.0), 200));
        assert_eq!((of(&settled, "customer").statistics_target, of(&settled, "event").pages), (100, None));
        let row = session.client.query_one("select current_setting('default_statistics_target')", &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), "100");
        seen.push(settled);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn tables_are_settled_by_name_with_their_partitions() {
    let Some(scratch) = start().await else { return };
    scratch.load(&[("schema.sql", SCHEMA), ("seed.sql", SEED)]).await.unwrap();
    let session = connect(&scratch.target()).await.unwrap();
    let settled = settle(&session, Tables::Named(&["shop.event".to_owned()])).await.unwrap();
    let names: Vec<&str> = settled.tables.iter().map(|table| &*table.name).collect();
    assert_eq!(names, ["event", "event_1", "event_2"]);
    let missing = settle(&session, Tables::Named(&["shop.gone".to_owned()])).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no table shop.gone");
}

#[tokio::test]
async fn what_another_session_may_still_see_is_not_called_settled() {
    let Some(scratch) = start().await else { return };
    scratch.load(&[("schema.sql", SCHEMA)]).await.unwrap();
    let other = connect(&scratch.target()).await.unwrap();
    other.client.batch_execute("begin isolation level repeatable read; select 1 from shop.customer").await.unwrap();
    scratch.load(&[("seed.sql", SEED)]).await.unwrap();
    let session = connect(&scratch.target()).await.unwrap();
    let tables = ["shop.customer".to_owned()];
    let settled = settle(&session, Tables::Named(&tables)).await.unwrap();
    assert_eq!((settled.is_settled(), settled.tables[0].all_visible), (false, Some(0.0)));
    other.client.batch_execute("rollback").await.unwrap();
    assert!(settle(&session, Tables::Named(&tables)).await.unwrap().is_settled());
}

#[tokio::test]
async fn a_role_that_may_not_vacuum_is_told_which_tables_it_left() {
    let Some(scratch) = start().await else { return };
    let roles = "create role reader login; grant usage on schema shop to reader; \
                 grant select on all tables in schema shop to reader; set role reader;";
    scratch.load(&[("schema.sql", SCHEMA), ("seed.sql", SEED)]).await.unwrap();
    let session = connect(&scratch.target()).await.unwrap();
    session.client.batch_execute(roles).await.unwrap();
    let settled = settle(&session, Tables::Named(&["shop.orders".to_owned()])).await.unwrap();
    assert_eq!((settled.skipped, settled.tables.len()), (vec!["shop.orders".to_owned()], 0));
}

#[tokio::test]
async fn an_error_in_a_file_says_where_it_is() {
    let Some(scratch) = start().await else { return };
    for (text, expected) in [
        ("create table a (b int);\n\nselect c\n  from a;", "seed.sql:3: column \"c\" does not exist [42703]"),
        ("select 1;\nselect 1\n  + ;", "seed.sql:3: syntax error at end of input [42601]"),
        ("select 1;\n\nselect 1 / 0;", "seed.sql:3: division by zero [22012]"),
        ("begin;\nselect 1;", "seed.sql: it ends inside a transaction, and what that did is lost"),
    ] {
        let error = scratch.load(&[("seed.sql", text)]).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let files = [("a.sql", "create table never (b int)"), ("b.sql", "\\d")];
    assert!(matches!(scratch.load(&files).await, Err(LoadError::Unsupported { line: 1, .. })));
    let session = connect(&scratch.target()).await.unwrap();
    assert!(
        session.client.query("select from never", &[]).await.is_err(),
        "all files are read before the first is run"
    );
}

fn sql(text: &str) -> Sql {
    Sql { name: "q.sql".to_owned(), line: 1, text: text.to_owned() }
}

async fn pairs(sessions: (&Session, &Session), texts: (&str, &str), pairs: u32) -> Result<Vec<Pair>, ExplainError> {
    let options = Options { pin: Some(Pin::default()), warm_ups: 2, ..Options::default() };
    let (base, head) = (sql(texts.0), sql(texts.1));
    let arm = |session, sql| Arm { session, sql, options: &options };
    timed_pairs(arm(sessions.0, &base), arm(sessions.1, &head), pairs, std::future::pending()).await
}

#[cfg(target_os = "linux")]
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn twice_the_work_takes_twice_the_time_on_the_processor() {
    let Some(scratch) = start().await else { return };
    let (one, two) = (connect(&scratch.target()).await.unwrap(), connect(&scratch.target()).await.unwrap());
    let work = |rows: u32| format!("select sum(sqrt(n)) from generate_series(1, {rows}) n");
    let timed = pairs((&one, &two), (&work(100_000), &work(200_000)), 9).await.unwrap();
    assert_eq!(timed.len(), 9);
    let cpu = |of: fn(&Pair) -> perf_look_capture::postgres::Timed| {
        median(timed.iter().map(|pair| of(pair).cpu_ms.unwrap()).collect())
    };
    let ratio = cpu(|pair| pair.head) / cpu(|pair| pair.base);
    assert!((1.6..2.5).contains(&ratio), "{ratio}: {timed:#?}");
    assert!(timed.iter().all(|pair| pair.base.wall_ms > 0.0 && pair.head.wall_ms > 0.0));
}

#[tokio::test]
async fn a_statement_that_waits_is_not_on_the_processor() {
    let Some(scratch) = start().await else { return };
    let (one, two) = (connect(&scratch.target()).await.unwrap(), connect(&scratch.target()).await.unwrap());
    let timed = pairs((&one, &two), ("select pg_sleep(0.1)", "select 1"), 3).await.unwrap();
    for Pair { base, head } in timed {
        assert!(base.wall_ms > 95.0, "{base:?}");
        let cpu = base.cpu_ms.zip(head.cpu_ms);
        assert!(cpu.is_none_or(|(base, head)| base < 20.0 && head < 20.0), "{cpu:?}");
    }
}

#[tokio::test]
async fn what_explain_refuses_is_not_timed_either() {
    let Some(scratch) = start().await else { return };
    let (one, two) = (connect(&scratch.target()).await.unwrap(), connect(&scratch.target()).await.unwrap());
    one.client.batch_execute("create table kept (n int); insert into kept values (1)").await.unwrap();
    let refused = pairs((&one, &two), ("select 1", "delete from kept"), 1).await.unwrap_err();
    assert!(matches!(refused, ExplainError::Refused { .. }), "{refused}");
    let open = pairs((&one, &two), ("select 1", "select $1::int"), 1).await.unwrap_err();
    assert!(matches!(open, ExplainError::Parameters { .. }), "{open}");
    let kept: i64 = one.client.query_one("select count(*) from kept", &[]).await.unwrap().get(0);
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn pairs_can_be_stopped() {
    let Some(scratch) = start().await else { return };
    let (one, two) = (connect(&scratch.target()).await.unwrap(), connect(&scratch.target()).await.unwrap());
    let (options, sleeps) = (Options::default(), sql("select pg_sleep(60)"));
    let arm = |session| Arm { session, sql: &sleeps, options: &options };
    let stop = tokio::time::sleep(std::time::Duration::from_millis(300));
    let error = timed_pairs(arm(&one), arm(&two), 5, stop).await.unwrap_err();
    assert!(matches!(error, ExplainError::Cancelled { .. }), "{error}");
    one.client.query("select 1", &[]).await.unwrap();
}
