SELECT count(*)
FROM open_orders v
JOIN customer o ON o.id = v.customer_id
WHERE o.region = 'r1'
