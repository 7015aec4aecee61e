SELECT a.customer_id, a.n, b.n
FROM (SELECT customer_id, count(*) AS n FROM orders WHERE status = 'open' GROUP BY customer_id) a
JOIN (SELECT customer_id, count(*) AS n FROM orders WHERE total > 400 GROUP BY customer_id) b
  ON a.customer_id = b.customer_id
ORDER BY 2 DESC, 3
LIMIT 5
