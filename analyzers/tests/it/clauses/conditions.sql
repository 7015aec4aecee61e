SELECT *
FROM orders
WHERE ok
  AND NOT (customer_id = 5)
  AND region = 'r1'
  AND total BETWEEN 10 AND 200
  AND placed_at > now() - interval '2 years'
  AND lower(status) LIKE 'o%'
  AND status IS NOT NULL
  AND customer_id NOT IN (1, 2)
  AND '2023-06-01' > placed_at
