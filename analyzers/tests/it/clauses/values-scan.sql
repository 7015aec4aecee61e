SELECT v.a, c.name
FROM (VALUES (1),(2),(3),(40)) v(a)
JOIN category c ON c.id = v.a
