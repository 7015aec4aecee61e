SELECT count(*)
FROM customer c
WHERE c.score > 990
   OR EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'failed')
