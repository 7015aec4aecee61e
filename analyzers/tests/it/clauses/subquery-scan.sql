SELECT s.region_id, s.n
FROM (
  SELECT region_id, count(*) AS n
  FROM customer
  GROUP BY region_id
  ORDER BY 2 DESC
  LIMIT 10
) s
WHERE s.n > 100
