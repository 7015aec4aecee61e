SELECT DISTINCT ON (customer_id) customer_id, placed_at
FROM orders
WHERE customer_id < 300
ORDER BY customer_id, placed_at DESC
