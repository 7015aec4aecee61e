WITH big AS MATERIALIZED (
  SELECT customer_id, sum(total) AS t FROM orders GROUP BY customer_id
)
SELECT count(*)
FROM big a
JOIN big b ON a.t = b.t AND a.customer_id < b.customer_id
WHERE a.t > 2000
