SELECT c.name
FROM customer c
WHERE c.id IN (SELECT customer_id FROM orders WHERE status = 'open')
  AND NOT EXISTS (SELECT 1 FROM orders WHERE customer_id = c.id AND total > 498)
ORDER BY c.name
