//! What is read of the catalogue, from a real server.

use perf_look_analyzers::postgres::catalogue::{Catalogue, Relation, RelationKind};
use perf_look_capture::postgres::scratch::Scratch;
use perf_look_capture::postgres::{
    Options, Pin, Request, Session, Sql, Surroundings, Target, catalogue, connect, explain,
};

use crate::scratch::start;

const SCENE: &str = "
    create schema shop;
    create type shop.state as enum ('open', 'closed');
    create table shop.customer (id int primary key, name varchar(20) not null);
    create table shop.orders (id int primary key, customer int references shop.customer, state shop.state, note text);
    create index orders_open on shop.orders (lower(note), customer) where state = 'open';
    alter table shop.orders alter customer set statistics 500;
    create statistics shop.orders_both (dependencies) on customer, state from shop.orders;
    create table shop.event (id int, day date not null) partition by range (day);
    create table shop.event_1 partition of shop.event for values from ('2024-01-01') to ('2024-02-01');
    create table shop.event_2 partition of shop.event for values from ('2024-02-01') to ('2024-03-01');
    insert into shop.customer select n, 'customer ' || n from generate_series(1, 100) n;
    insert into shop.orders select n, n % 100 + 1, case when n % 10 = 0 then 'open' else 'closed' end::shop.state,
        case when n % 4 = 0 then null else 'secret ' || n % 3 end from generate_series(1, 2000) n;
    insert into shop.event select n, date '2024-01-01' + n % 50 from generate_series(1, 500) n;
    create view shop.named as select o.*, c.name from shop.orders o join shop.customer c on c.id = o.customer;";

async fn scene(settled: &str) -> Option<(Scratch, Session)> {
    let scratch = start().await?;
    let session = connect(&scratch.target()).await.unwrap();
    session.client.batch_execute(SCENE).await.unwrap();
    session.client.batch_execute(settled).await.unwrap();
    Some((scratch, session))
}

async fn captured(session: &Session, text: &str, options: &Options) -> Catalogue {
    let sql = Sql { name: "q.sql".to_owned(), line: 1, text: text.to_owned() };
    explain(session, &sql, options, std::future::pending(), |_| {}).await.unwrap().catalogue.unwrap()
}

async fn of(session: &Session, name: &str) -> Relation {
    let wanted = [("shop".to_owned(), name.to_owned())];
    catalogue::read(session, &wanted, None).await.relation(Some("shop"), name).unwrap().clone()
}

fn names(catalogue: &Catalogue) -> Vec<String> {
    catalogue.relations.iter().map(|it| format!("{}.{}", it.schema, it.name)).collect()
}

#[tokio::test]
async fn a_relation_is_described_as_it_is_declared() {
    let Some((_scratch, session)) = scene("analyze").await else { return };
    let orders = of(&session, "orders").await;
    let columns: Vec<_> =
        orders.columns.iter().map(|it| (&*it.name, &*it.data_type, it.not_null, it.statistics_target)).collect();
    assert_eq!(
        columns,
        [
            ("id", "integer", true, None),
            ("customer", "integer", false, Some(500)),
            ("state", "shop.state", false, None),
            ("note", "text", false, None)
        ]
    );
    let [open, primary] = orders.indexes.as_slice() else { panic!("{:?}", orders.indexes) };
    assert_eq!(open.keys, ["lower(note)", "customer"]);
    assert_eq!(open.predicate.as_deref(), Some("(state = 'open'::shop.state)"));
    assert!(open.definition.starts_with("CREATE INDEX orders_open ON shop.orders USING btree"), "{}", open.definition);
    assert!(primary.primary && primary.unique && primary.valid && primary.bytes > 0);
    assert_eq!(orders.foreign_keys[0].references, "shop.customer");
    assert_eq!(orders.foreign_keys[0].columns, ["customer"]);
    assert_eq!(orders.extended_statistics[0].name, "orders_both");
    assert!(orders.extended_statistics[0].digest.is_some());
    let customer = of(&session, "customer").await;
    assert_eq!(customer.referenced_by[0].table, "shop.orders");
    assert!(!customer.referenced_by[0].indexed, "orders_open is partial, and its first column is another");
    session.client.batch_execute("create index on shop.orders (customer, id)").await.unwrap();
    assert!(of(&session, "customer").await.referenced_by[0].indexed);
}

#[tokio::test]
async fn statistics_say_what_was_found_but_not_the_values() {
    let Some((_scratch, session)) = scene("analyze shop.orders").await else { return };
    let orders = of(&session, "orders").await;
    let note = orders.columns[3].statistics.as_ref().unwrap();
    assert_eq!((note.null_fraction, note.distinct, note.inherited), (0.25, 3.0, false));
    assert!(note.top_frequency.is_some_and(|share| (0.2..0.3).contains(&share)), "{note:?}");
    assert!(orders.is_analysed());
    assert_eq!(orders.size.rows, Some(2000.0));
    assert_eq!(orders.activity.vacuumed, None);
    let said = serde_json::to_string(&orders).unwrap();
    assert!(!said.contains("secret"), "{said}");
    let customer = of(&session, "customer").await;
    assert_eq!((customer.is_analysed(), customer.size.rows), (false, None));
}

#[tokio::test]
async fn digests_change_with_what_they_are_of() {
    let Some((_scratch, session)) = scene("analyze shop.orders").await else { return };
    let before = of(&session, "orders").await;
    session
        .client
        .batch_execute("set DateStyle = german; set extra_float_digits = -9; set search_path = shop")
        .await
        .unwrap();
    session.client.batch_execute("analyze shop.orders").await.unwrap();
    let again = of(&session, "orders").await;
    assert_eq!(again.statistics_digest(), before.statistics_digest());
    assert_eq!(again.schema_digest(), before.schema_digest());
    session
        .client
        .batch_execute("update shop.orders set note = 'x' where id < 1500; analyze shop.orders")
        .await
        .unwrap();
    let other = of(&session, "orders").await;
    assert_ne!(other.statistics_digest(), before.statistics_digest());
    assert_eq!(other.schema_digest(), before.schema_digest());
    session.client.batch_execute("drop index shop.orders_open").await.unwrap();
    let less = of(&session, "orders").await;
    assert_eq!(less.statistics_digest(), other.statistics_digest());
    assert_ne!(less.schema_digest(), before.schema_digest());
}

#[tokio::test]
async fn a_capture_holds_what_its_plan_touches_behind_views_and_above_partitions() {
    let Some((_scratch, session)) = scene("analyze").await else { return };
    let options = Options::default();
    let text = "select name, note from shop.named where id = 7";
    assert_eq!(names(&captured(&session, text, &options).await), ["shop.customer", "shop.orders"]);
    let partitions = captured(&session, "select * from shop.event where day < '2024-01-09'", &options).await;
    assert_eq!(names(&partitions), ["shop.event", "shop.event_1"]);
    assert_eq!(partitions.relations[0].kind, RelationKind::PartitionedTable);
    assert_eq!(partitions.relations[1].parent.as_deref(), Some("shop.event"));
    let none = captured(&session, "select 1", &options).await;
    assert!(none.relations.is_empty());
    assert_eq!(none.notes, Vec::<String>::new());
    assert_eq!(none.database.as_ref().map(|it| (&*it.encoding, &*it.collate)), Some(("UTF8", "C")));
}

#[tokio::test]
async fn settings_are_those_of_the_run() {
    let Some((_scratch, session)) = scene("").await else { return };
    let free = captured(&session, "select 1", &Options::default()).await;
    assert_eq!((free.setting("work_mem"), free.setting("enable_seqscan")), (Some("4MB"), Some("on")));
    let pin = Pin { work_mem: Some("1MB".to_owned()), ..Pin::default() };
    let pinned = captured(&session, "select 1", &Options { pin: Some(pin), ..Options::default() }).await;
    assert_eq!((pinned.setting("work_mem"), pinned.setting("jit")), (Some("1MB"), Some("off")));
    let row = session.client.query_one("select current_setting('work_mem')", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "4MB", "a pin ends with the run");
}

#[tokio::test]
async fn what_a_role_may_not_see_is_said_and_stops_nothing() {
    let Some((scratch, session)) = scene(
        "analyze; create role reader login; grant usage on schema shop to reader; grant select on shop.event to reader;
         grant select (id) on shop.orders to reader",
    )
    .await
    else {
        return;
    };
    let request = Request {
        host: Some(scratch.folder().display().to_string()),
        user: Some("reader".to_owned()),
        dbname: Some("postgres".to_owned()),
        ..Request::default()
    };
    let reader = connect(&Target::resolve(&request, &Surroundings::default()).unwrap()).await.unwrap();
    let event = captured(&reader, "select * from shop.event where day < '2024-01-09'", &Options::default()).await;
    assert_eq!(names(&event), ["shop.event", "shop.event_1"]);
    let [note] = event.notes.as_slice() else { panic!("{:?}", event.notes) };
    assert!(note.starts_with("column statistics of `shop.event_1` are hidden from this role"), "{note}");
    let orders = captured(&reader, "select id from shop.orders", &Options::default()).await;
    let seen: Vec<bool> = orders.relations[0].columns.iter().map(|it| it.statistics.is_some()).collect();
    assert_eq!(seen, [true, false, false, false]);
    session.client.batch_execute("revoke select on pg_stats from public").await.unwrap();
    let hardened = captured(&reader, "select id from shop.orders", &Options::default()).await;
    assert_eq!(names(&hardened), ["shop.orders"]);
    assert!(
        hardened.notes.iter().any(|note| note.starts_with("column statistics could not be read: permission denied"))
    );
}
