SELECT c.region, sum(o.total) FILTER (WHERE o.ok) AS s
FROM customer c
LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'open'
WHERE c.name LIKE 'c1%'
GROUP BY c.region
HAVING sum(o.total) > 10
ORDER BY s DESC NULLS LAST
