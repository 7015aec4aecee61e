SELECT *
FROM open_orders
WHERE total > 490
