//! What is done to the project, and what the gate has to say to it.

/// A change of the project's files: what stands there is replaced; an empty `from` adds to the end.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// Of the project.
    pub file: &'static str,
    /// What stands there.
    pub from: &'static str,
    /// What stands there then.
    pub to: &'static str,
}

/// A change that must not turn the gate red.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    /// What is done.
    pub name: &'static str,
    /// How.
    pub edits: &'static [Edit],
    /// The exit code that is right.
    pub code: i32,
}

/// A change that makes a statement do more work.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What is done.
    pub name: &'static str,
    /// How.
    pub edits: &'static [Edit],
    /// The statement that suffers.
    pub target: &'static str,
    /// How the first decision on it begins: its id, then its counter or rule.
    pub decision: &'static str,
    /// Part of the node that is named first.
    pub place: &'static str,
    /// Part of the first cause; empty where the statement itself is the cause.
    pub cause: &'static str,
}

const fn setup(from: &'static str, to: &'static str) -> Edit {
    Edit { file: "db/indexes.sql", from, to }
}

const fn added(to: &'static str) -> Edit {
    setup("", to)
}

const fn query(from: &'static str, to: &'static str) -> Edit {
    Edit { file: "queries/shop.sql", from, to }
}

const fn setting(to: &'static str) -> Edit {
    Edit { file: "perf-look.toml", from: "[gate.server]\n", to }
}

const fn control(name: &'static str, edits: &'static [Edit]) -> Control {
    Control { name, edits, code: 0 }
}

const fn other_settings(name: &'static str, edits: &'static [Edit]) -> Control {
    Control { name, edits, code: 5 }
}

/// Changes that do no harm, and settings, which make two runs not comparable.
pub const CONTROLS: &[Control] = &[
    control("an unused index is added", &[added("create index unused on customer (country);\n")]),
    control("an index is renamed", &[added("alter index orders_customer rename to orders_by_customer;\n")]),
    control("a column is added at the end", &[added("alter table orders add column note text;\n")]),
    control("a constraint is added", &[added("alter table line add check (amount > 0);\n")]),
    control("a table is added", &[added("create table unused (id integer primary key);\n")]),
    control("comments are added to the tables", &[added("comment on table orders is 'what was ordered';\n")]),
    control("VACUUM runs at the end of the setup", &[added("vacuum;\n")]),
    control("VACUUM FULL runs at the end of the setup", &[added("vacuum full;\n")]),
    control("REINDEX runs at the end of the setup", &[added("reindex table orders;\nreindex table event;\n")]),
    control("the statistics are made again", &[added("analyze;\nanalyze event;\n")]),
    control(
        "an index is made in another place of the setup",
        &[
            setup("create index line_order on line (order_id);\n", ""),
            added("create index line_order on line (order_id);\n"),
        ],
    ),
    control(
        "ten orders are added",
        &[added("insert into orders select n, 4000, 'paid', '2026-06-01' from generate_series(20001, 20010) n;\n")],
    ),
    control("a better index appears", &[added("create index event_device on event (device);\n")]),
    control(
        "a comment is added to a statement",
        &[query("\nwhere o.customer_id", "\n-- only theirs\nwhere o.customer_id")],
    ),
    control(
        "space and case of a statement change",
        &[query("select id, status, placed from", "SELECT id,\n    status,   placed\n  FROM")],
    ),
    control("an alias is renamed", &[query("customer c where id <= 50", "customer as c where id <= 50")]),
    control(
        "two parts of WITH change places",
        &[query(
            "small as (select id from product where cents < 300), recent as (select id from orders where placed > '2026-04-01 00:00+00')",
            "recent as (select id from orders where placed > '2026-04-01 00:00+00'), small as (select id from product where cents < 300)",
        )],
    ),
    control(
        "two statements change places",
        &[
            query("-- name: seq_count\nselect count(*) from event where device = 3;\n", ""),
            query("", "\n-- name: seq_count\nselect count(*) from event where device = 3;\n"),
        ],
    ),
    control("two conditions change places", &[query("e.device = 3 and e.region = 3", "e.region = 3 and e.device = 3")]),
    control("another customer is looked up", &[query("-- params one: 42", "-- params one: 43")]),
    control(
        "a join is written with its tables the other way",
        &[query(
            "event e join orders o on o.id = e.order_id group",
            "orders o join event e on e.order_id = o.id group",
        )],
    ),
    other_settings("work_mem is 64 kB", &[setting("[gate.server]\nwork_mem = \"64kB\"\n")]),
    other_settings("random_page_cost is 4", &[setting("[gate.server]\nrandom_page_cost = \"4\"\n")]),
];

/// Changes that make a statement do more work.
pub const FAULTS: &[Fault] = &[
    Fault {
        name: "an index is dropped (lookup)",
        edits: &[added("drop index orders_customer;\n")],
        target: "lookup@one",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "index orders_customer on public.orders is gone",
    },
    Fault {
        name: "an index is dropped (index-only)",
        edits: &[added("drop index orders_customer;\n")],
        target: "index_only",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "index orders_customer on public.orders is gone",
    },
    Fault {
        name: "the index of a foreign key is dropped",
        edits: &[added("drop index line_order;\n")],
        target: "three_way",
        decision: "D4",
        place: "Seq Scan on line",
        cause: "index line_order on public.line is gone",
    },
    Fault {
        name: "the index of a range is dropped",
        edits: &[added("drop index event_kind_ts;\n")],
        target: "range",
        decision: "D4",
        place: "Seq Scan on event",
        cause: "index event_kind_ts on public.event is gone",
    },
    Fault {
        name: "the index of an order is dropped",
        edits: &[added("drop index orders_placed;\n")],
        target: "top_n",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "index orders_placed on public.orders is gone",
    },
    Fault {
        name: "an index is invalid",
        edits: &[added("update pg_index set indisvalid = false where indexrelid = 'orders_customer'::regclass;\n")],
        target: "lookup@one",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "index orders_customer on public.orders is invalid",
    },
    Fault {
        name: "an index loses its second column",
        edits: &[setup("on event (kind, ts)", "on event (kind)")],
        target: "range",
        decision: "D1",
        place: "on event",
        cause: "index event_kind_ts on public.event is defined in another way",
    },
    Fault {
        name: "extended statistics are dropped",
        edits: &[added("drop statistics event_place;\n")],
        target: "of_place",
        decision: "D4",
        place: "orders",
        cause: "extended statistics event_place on public.event are gone",
    },
    Fault {
        name: "columns have no statistics any more",
        edits: &[added(
            "alter table event alter column device set statistics 0, alter column region set statistics 0, alter column zone set statistics 0;\n",
        )],
        target: "of_place",
        decision: "D4",
        place: "orders",
        cause: "the statistics of public.event are other ones",
    },
    Fault {
        name: "a table is bloated to twice its pages",
        edits: &[Edit { file: "db/seed.sql", from: "", to: "update event set payload = payload;\n" }],
        target: "seq_count",
        decision: "D2",
        place: "Seq Scan on event",
        cause: "public.event had",
    },
    Fault {
        name: "a table grows by half",
        edits: &[Edit { file: "db/seed.sql", from: "generate_series(1, 100000)", to: "generate_series(1, 150000)" }],
        target: "seq_count",
        decision: "D1",
        place: "Seq Scan on event",
        cause: "public.event had",
    },
    Fault {
        name: "a column has another type than what it is compared with",
        edits: &[query("where o.customer_id = 42", "where o.customer_id = 42::numeric")],
        target: "three_way",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "",
    },
    Fault {
        name: "a function stands around a column",
        edits: &[query("where name like 'customer 123%'", "where lower(name) like 'customer 123%'")],
        target: "by_prefix",
        decision: "D4",
        place: "Seq Scan on customer",
        cause: "",
    },
    Fault {
        name: "a pattern begins with %",
        edits: &[query("like 'customer 123%'", "like '%123%'")],
        target: "by_prefix",
        decision: "D4",
        place: "Seq Scan on customer",
        cause: "",
    },
    Fault {
        name: "a condition becomes an OR over two columns",
        edits: &[query("where customer_id = $1", "where customer_id = $1 or status = 'lost'")],
        target: "lookup@one",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "",
    },
    Fault {
        name: "a join has lost its condition",
        edits: &[query("join product p on p.id = l.product_id\nwhere", "cross join product p\nwhere")],
        target: "three_way",
        decision: "D4",
        place: "",
        cause: "",
    },
    Fault {
        name: "OFFSET 15,000",
        edits: &[query("placed desc limit 20", "placed desc limit 20 offset 15000")],
        target: "top_n",
        decision: "D1",
        place: "orders",
        cause: "",
    },
    Fault {
        name: "LIMIT is gone",
        edits: &[query(" desc limit 20", " desc")],
        target: "top_n",
        decision: "D4",
        place: "orders",
        cause: "",
    },
    Fault {
        name: "an order is by an expression",
        edits: &[query("order by placed desc", "order by placed + interval '1 day' desc")],
        target: "top_n",
        decision: "D4",
        place: "Seq Scan on orders",
        cause: "",
    },
    Fault {
        name: "a join becomes a subquery for each row",
        edits: &[query(
            "select c.id, count(o.id) from customer c left join orders o on o.customer_id = c.id group by c.id",
            "select c.id, (select count(o.id) from orders o where o.customer_id = c.id) from customer c",
        )],
        target: "per_customer",
        decision: "D4",
        place: "orders",
        cause: "",
    },
    Fault {
        name: "NOT EXISTS becomes NOT IN",
        edits: &[query(
            "not exists (select from orders o where o.customer_id = c.id)",
            "id not in (select customer_id from orders)",
        )],
        target: "without_orders",
        decision: "D4",
        place: "orders",
        cause: "",
    },
    Fault {
        name: "a WITH is materialized",
        edits: &[query("with mine as (", "with mine as materialized (")],
        target: "inlined",
        decision: "D4",
        place: "orders",
        cause: "",
    },
    Fault {
        name: "one more column ends an index-only scan",
        edits: &[query(
            "select count(*) from orders where customer_id between",
            "select count(status) from orders where customer_id between",
        )],
        target: "index_only",
        decision: "D4",
        place: "orders",
        cause: "",
    },
    Fault {
        name: "a sort carries one more column",
        edits: &[query(
            "select id, payload from event order",
            "select id, payload, payload || payload || payload from event order",
        )],
        target: "sort_spill",
        decision: "D3",
        place: "Sort",
        cause: "",
    },
    Fault {
        name: "a range is ten times as wide",
        edits: &[query("and '2026-01-12 00:00+00'", "and '2026-01-30 00:00+00'")],
        target: "range",
        decision: "D1",
        place: "on event",
        cause: "",
    },
];
