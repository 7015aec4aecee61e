SELECT count(*)
FROM order_item i,
     LATERAL (SELECT p.price FROM product p WHERE p.id = i.product_id % 50 + 1) x
WHERE i.order_id < 5000
