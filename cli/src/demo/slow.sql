-- name: all orders of one customer
SELECT id, status, created_at FROM orders WHERE customer_id = 4217 ORDER BY created_at;

-- name: how many orders each of some customers has
SELECT c.name, (SELECT count(*) FROM orders AS o WHERE o.customer_id = c.id) AS orders
FROM customers AS c
WHERE c.id BETWEEN 4001 AND 4120;

-- name: the oldest orders that are still open
SELECT id, customer_id, created_at FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 10;

-- name: what each category brought in
SELECT p.category, o.status, sum(i.quantity * i.price) AS revenue
FROM order_items AS i JOIN orders AS o ON o.id = i.order_id JOIN products AS p ON p.id = i.product_id
GROUP BY p.category, o.status
ORDER BY revenue DESC;

-- name: every visit, page by page
SELECT page, at, customer_id FROM events ORDER BY page;

-- name: the purchases of two weeks
SELECT count(*) FROM events WHERE at >= '2024-01-15' AND at < '2024-01-29' AND kind = 'purchase';

-- name: what the customers of one city bought most
SELECT p.name, sum(i.quantity) AS sold
FROM customers AS c
JOIN orders AS o ON o.customer_id = c.id
JOIN order_items AS i ON i.order_id = o.id
JOIN products AS p ON p.id = i.product_id
WHERE c.country = 'country 7' AND c.city = 'city 7'
GROUP BY p.name
ORDER BY sold DESC
LIMIT 10;

-- name: how many pairs of customers could meet in each city
SELECT a.city, count(*) AS pairs
FROM customers AS a JOIN customers AS b ON a.city = b.city AND a.id < b.id
GROUP BY a.city
ORDER BY pairs DESC;
