-- A small shop. The same rows each time: arithmetic in place of random numbers.

-- One process a statement, so that the times are easy to follow.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET max_parallel_workers_per_gather = 0', current_database()); END $$;

CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    created_at timestamp NOT NULL
);
-- A city is in one country: whoever multiplies the two shares, as the planner does, expects too few.
INSERT INTO customers
SELECT i, 'customer ' || i, 'country ' || i % 50, 'city ' || i % 100, timestamp '2022-01-01' + i * interval '40 minutes'
FROM generate_series(1, 20000) AS i;

CREATE TABLE products (
    id integer PRIMARY KEY,
    name text NOT NULL,
    category text NOT NULL,
    price numeric(10, 2) NOT NULL
);
INSERT INTO products
SELECT i, 'product ' || i, 'category ' || i % 25, 1 + (i * 37) % 500
FROM generate_series(1, 2000) AS i;

CREATE TABLE orders (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL,
    status text NOT NULL,
    created_at timestamp NOT NULL
);
-- The open orders are the latest ones, far from where a scan by date begins.
INSERT INTO orders
SELECT i, 1 + (i::bigint * 7919) % 20000, CASE WHEN i > 199000 THEN 'open' WHEN i % 50 = 0 THEN 'returned' ELSE 'shipped' END,
    timestamp '2022-01-01' + i * interval '4 minutes'
FROM generate_series(1, 200000) AS i;

CREATE TABLE order_items (
    order_id integer NOT NULL,
    product_id integer NOT NULL,
    quantity integer NOT NULL,
    price numeric(10, 2) NOT NULL
);
INSERT INTO order_items
SELECT 1 + i / 2, 1 + (i::bigint * 104729) % 2000, 1 + i % 5, 1 + (i * 37) % 500
FROM generate_series(0, 399999) AS i;

CREATE TABLE events (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL,
    kind text NOT NULL,
    at timestamp NOT NULL,
    page text NOT NULL
);
INSERT INTO events
SELECT i, 1 + (i::bigint * 6101) % 20000, CASE WHEN i % 1000 = 0 THEN 'purchase' ELSE 'view' END,
    timestamp '2024-01-01' + i * interval '20 seconds', '/shop/' || md5(i::text)
FROM generate_series(1, 200000) AS i;

-- What there is. What is missing: an index on orders (customer_id), since Postgres makes none for a foreign key.
CREATE INDEX orders_created_at ON orders (created_at);
CREATE INDEX order_items_order_id ON order_items (order_id);
CREATE INDEX events_at ON events (at);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders;

ANALYZE;
