SELECT *
FROM f(17) o
WHERE o.status = 'open'
