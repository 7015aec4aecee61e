WITH o AS (SELECT * FROM orders WHERE status = 'open'),
     c AS MATERIALIZED (SELECT * FROM customer WHERE region = 'r2')
SELECT c.name, x.total
FROM c
JOIN o x ON x.customer_id = c.id
WHERE x.total > 400
  AND EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.total < 3)
