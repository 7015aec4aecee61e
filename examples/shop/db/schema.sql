-- A small shop: who buys, what there is, what was ordered.

create table customer (
    id integer primary key,
    name text not null,
    country text not null
);

create table product (
    id integer primary key,
    name text not null,
    cents integer not null
);

create table orders (
    id integer primary key,
    customer_id integer not null references customer,
    status text not null,
    placed timestamptz not null
);

create table line (
    order_id integer not null references orders,
    product_id integer not null references product,
    amount integer not null
);
