WITH RECURSIVE up AS (
  SELECT id, parent_id FROM category WHERE id > 150
  UNION
  SELECT c.id, c.parent_id FROM category c JOIN up ON up.parent_id = c.id
)
SELECT count(*) FROM up
