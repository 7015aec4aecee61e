SELECT customer_id FROM orders WHERE status='open'
INTERSECT
SELECT id FROM customer WHERE score > 500
