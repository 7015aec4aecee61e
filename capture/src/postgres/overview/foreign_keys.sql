-- $1: how many at most. One row a foreign key that no index of its table begins with: as JSON. Keys of partitions are their
-- parent's. What the table that it leads to lost and changed says how often rows were looked for.
with locked as (
    select relation from pg_locks where locktype = 'relation' and mode = 'AccessExclusiveLock'
)
select /* perf-look */ json_build_object(
    'schema', n.nspname,
    'table', c.relname,
    'name', k.conname,
    'columns', (select json_agg(a.attname order by place)
                from unnest(k.conkey) with ordinality as u (attnum, place)
                join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
    'quoted', (select json_agg(quote_ident(a.attname) order by place)
               from unnest(k.conkey) with ordinality as u (attnum, place)
               join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
    'quoted_table', format('%I.%I', n.nspname, c.relname),
    'partitioned', c.relkind = 'p',
    'references', k.confrelid::regclass::text,
    'bytes', sizes.bytes,
    'deleted', pg_stat_get_tuples_deleted(k.confrelid),
    'updated', pg_stat_get_tuples_updated(k.confrelid)
)::text
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (
    select coalesce(sum(case when p.oid in (select relation from locked)
        then p.relpages * current_setting('block_size')::bigint else pg_relation_size(p.oid) end), 0) as bytes
    from pg_class p
    where p.oid = any (case when c.relkind = 'p'
        then array(select t.relid::oid from pg_partition_tree(c.oid) t where t.isleaf) else array[c.oid] end)
) as sizes
where k.contype = 'f' and k.conparentid = 0 and c.relpersistence <> 't'
and not exists (
    select from pg_index i
    where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
    and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
order by sizes.bytes desc, n.nspname collate "C", c.relname collate "C", k.conname collate "C"
limit $1
