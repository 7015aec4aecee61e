-- Each of these serves a statement below queries/.

create index orders_customer on orders (customer_id);
create index orders_open on orders (placed) where status = 'open';
create index line_order on line (order_id);
