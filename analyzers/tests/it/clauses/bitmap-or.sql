SELECT *
FROM orders
WHERE customer_id = 17
   OR placed_at < '2023-01-02'
