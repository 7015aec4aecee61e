SELECT a.v, count(*)
FROM ph_a a
JOIN ph_b b USING (k)
GROUP BY a.v
