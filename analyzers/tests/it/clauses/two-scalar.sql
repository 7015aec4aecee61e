SELECT c.name,
       (SELECT max(total) FROM orders WHERE customer_id = c.id) AS most,
       (SELECT min(total) FROM orders WHERE customer_id = c.id AND status = 'open') AS least
FROM customer c
WHERE c.region = 'r3'
