SELECT count(*)
FROM open_orders v
JOIN orders o ON o.id = v.id
WHERE o.total > 100
