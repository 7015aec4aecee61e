-- The same rows each time: everything follows from the number of a row.

insert into customer
select n, 'customer ' || n, (array['de', 'fr', 'it', 'nl', 'pl'])[1 + n % 5]
from generate_series(1, 2000) as n;

insert into product
select n, 'product ' || n, 100 + n * 37 % 9900
from generate_series(1, 500) as n;

insert into orders
select n, 1 + hashint4(n) % 2000 + case when hashint4(n) % 2000 < 0 then 2000 else 0 end,
       case when n % 40 = 0 then 'open' else 'paid' end,
       timestamptz '2026-01-01 00:00:00+00' + n * interval '7 minutes'
from generate_series(1, 20000) as n;

insert into line
select 1 + n % 20000, 1 + n * 13 % 500, 1 + n % 3
from generate_series(1, 50000) as n;
