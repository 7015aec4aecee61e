-- $1: object numbers of tables, or null for all of the user's; all that inherits from them comes with them. One row a table:
-- as SQL writes it, schema, name, whether it has rows of its own, whether this role may vacuum it. What else allows that
-- and the order follow here.
with recursive wanted (oid) as (
    select c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where case when $1::oid[] is null
        then c.relkind in ('r', 'm', 'p') and c.relpersistence <> 't'
            and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
        else c.oid = any ($1::oid[]) and c.relkind in ('r', 'm', 'p') end
    union
    select i.inhrelid from wanted w join pg_catalog.pg_inherits i on i.inhparent = w.oid
)
select pg_catalog.format('%I.%I', n.nspname, c.relname), n.nspname::text, c.relname::text, c.relkind <> 'p',
    pg_catalog.pg_has_role(c.relowner, 'usage')
    or pg_catalog.pg_has_role((select d.datdba from pg_catalog.pg_database d
                               where d.datname = pg_catalog.current_database()), 'usage')
