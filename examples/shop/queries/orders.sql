-- name: of_customer
-- params few: 42
-- params other: 1999
select id, status, placed
from orders
where customer_id = $1
order by placed desc;

-- name: basket
-- params one: 4711
select p.name, l.amount, p.cents * l.amount as cents
from line l
join product p on p.id = l.product_id
where l.order_id = $1;

-- name: open_by_country
select c.country, count(*) as orders
from orders o
join customer c on c.id = o.customer_id
where o.status = 'open'
group by c.country
order by orders desc;
