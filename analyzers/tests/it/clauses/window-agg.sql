SELECT customer_id, total,
       rank() OVER (PARTITION BY customer_id ORDER BY total DESC),
       sum(total) OVER (PARTITION BY status)
FROM orders
WHERE customer_id < 500
