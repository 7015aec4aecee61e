WITH moved AS (
  DELETE FROM stock WHERE product_id <= 100 RETURNING *
)
INSERT INTO stock_log
SELECT product_id, qty, 0 FROM moved
