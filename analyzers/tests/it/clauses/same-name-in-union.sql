SELECT id FROM orders WHERE status = 'open'
UNION ALL
SELECT id FROM orders WHERE total > 400
UNION ALL
SELECT id FROM orders WHERE customer_id = 3
