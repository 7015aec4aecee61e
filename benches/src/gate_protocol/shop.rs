//! The project that is checked: five tables whose rows follow from their numbers, and sixteen statements on them.

/// A file of the project and its text.
pub(super) const FILES: [(&str, &str); 5] = [
    ("perf-look.toml", CONFIGURATION),
    ("db/schema.sql", SCHEMA),
    ("db/seed.sql", SEED),
    ("db/indexes.sql", INDEXES),
    ("queries/shop.sql", QUERIES),
];

const CONFIGURATION: &str = r#"[gate.server]
setup = ["db/schema.sql", "db/seed.sql", "db/indexes.sql"]

[suite.shop]
sql = ["queries/*.sql"]
"#;

const SCHEMA: &str = "\
create table customer (id integer not null, name text not null, country text not null);
create table product (id integer not null, name text not null, cents integer not null);
create table orders (id integer not null, customer_id integer not null, status text not null, placed timestamptz not null);
create table line (order_id integer not null, product_id integer not null, amount integer not null);
create table event (
    id integer not null, kind integer not null, ts timestamptz not null, order_id integer not null,
    device integer not null, region integer not null, zone integer not null, payload text not null
);
";

const SEED: &str = "\
create function spread(n integer, seed integer, size integer) returns integer language sql immutable
    return (hashint8extended(n, seed) & 2147483647) % size;
insert into customer select n, 'customer ' || n, (array['de', 'fr', 'it', 'nl', 'pl'])[1 + spread(n, 1, 5)]
    from generate_series(1, 5000) n;
insert into product select n, 'product ' || n, 100 + spread(n, 2, 9900) from generate_series(1, 2000) n;
insert into orders
    select n, 1 + spread(n, 3, 5000), case when spread(n, 4, 40) = 0 then 'open' else 'paid' end,
        timestamptz '2026-01-01 00:00:00+00' + n * interval '7 minutes'
    from generate_series(1, 20000) n;
insert into line select 1 + spread(n, 5, 20000), 1 + spread(n, 6, 2000), 1 + spread(n, 7, 3)
    from generate_series(1, 28000) n;
insert into event
    select n, spread(n, 8, 10), timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute', 1 + spread(n, 9, 20000),
        spread(n, 10, 10), spread(n, 10, 10), spread(n, 10, 10), md5(n::text)
    from generate_series(1, 100000) n;
";

const INDEXES: &str = "\
alter table customer add primary key (id);
alter table product add primary key (id);
alter table orders add primary key (id);
create index orders_customer on orders (customer_id);
create index orders_placed on orders (placed);
create index line_order on line (order_id);
create index event_kind_ts on event (kind, ts);
create index customer_name on customer (name);
create statistics event_place on device, region, zone from event;
";

const QUERIES: &str = "\
-- name: lookup
-- params one: 42
select id, status, placed from orders where customer_id = $1;

-- name: three_way
select o.id, p.name, l.amount
from orders o join line l on l.order_id = o.id join product p on p.id = l.product_id
where o.customer_id = 42;

-- name: report
select c.country, sum(l.amount * p.cents) as cents
from customer c
join orders o on o.customer_id = c.id
join line l on l.order_id = o.id
join product p on p.id = l.product_id
group by c.country;

-- name: seq_count
select count(*) from event where device = 3;

-- name: range
select ts, payload from event where kind = 3 and ts between '2026-01-10 00:00+00' and '2026-01-12 00:00+00';

-- name: big_join
select o.customer_id, count(*) from event e join orders o on o.id = e.order_id group by o.customer_id;

-- name: sort_spill
select id, payload from event order by payload;

-- name: index_only
select count(*) from orders where customer_id between 100 and 300;

-- name: semi_join
select count(*) from customer c where exists (select from orders o where o.customer_id = c.id and o.status = 'open');

-- name: top_n
select id, placed from orders order by placed desc limit 20;

-- name: distinct_kinds
select distinct kind from event;

-- name: two_parts
with small as (select id from product where cents < 300), recent as (select id from orders where placed > '2026-04-01 00:00+00')
select count(*) from line l join small s on s.id = l.product_id join recent r on r.id = l.order_id;

-- name: inlined
with mine as (select * from orders) select id, placed from mine where customer_id = 42;

-- name: without_orders
select id from customer c where id <= 50 and not exists (select from orders o where o.customer_id = c.id);

-- name: per_customer
select c.id, count(o.id) from customer c left join orders o on o.customer_id = c.id group by c.id;

-- name: by_prefix
select id from customer where name like 'customer 123%';

-- name: of_place
select count(*) from event e join orders o on o.id = e.order_id where e.device = 3 and e.region = 3 and e.zone = 3 and o.status = 'open';
";
