MERGE INTO stock s
USING stock_delta d ON d.product_id = s.product_id
WHEN MATCHED AND d.delta < 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET qty = s.qty + d.delta
WHEN NOT MATCHED THEN INSERT (product_id, qty) VALUES (d.product_id, d.delta)
