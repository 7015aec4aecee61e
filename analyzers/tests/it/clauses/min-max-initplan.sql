SELECT min(placed_at), max(placed_at)
FROM orders
