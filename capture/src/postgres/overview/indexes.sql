-- $1: how many at most. One row an index of the user's tables, those of partitioned tables without their parts: as JSON.
-- Without those of tables that another session has locked: writing a definition opens the table.
with locked as (
    select relation from pg_locks where locktype = 'relation' and mode = 'AccessExclusiveLock'
),
own as (
    -- The parts of an index on a partitioned table are dropped with it, and count with it.
    select i.indexrelid as oid, i.*, ic.relname, am.amname, tc.relname as table_name, n.nspname, ic.relkind
    from pg_index i
    join pg_class ic on ic.oid = i.indexrelid
    join pg_class tc on tc.oid = i.indrelid
    join pg_namespace n on n.oid = tc.relnamespace
    join pg_am am on am.oid = ic.relam
    where tc.oid not in (select relation from locked)
    and not exists (select from pg_inherits h where h.inhrelid = i.indexrelid)
    and tc.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
),
counted as (
    select own.*, parts.bytes, parts.scans
    from own
    cross join lateral (
        select coalesce(sum(case when p.oid in (select relation from locked)
                then p.relpages * current_setting('block_size')::bigint else pg_relation_size(p.oid) end), 0) as bytes,
            coalesce(sum(pg_stat_get_numscans(p.oid)), 0) as scans
        from pg_class p
        where p.oid = any (case when own.relkind = 'I'
            then array(select t.relid::oid from pg_partition_tree(own.oid) t where t.isleaf) else array[own.oid] end)
    ) as parts
)
select /* perf-look */ json_build_object(
    'schema', nspname,
    'table', table_name,
    'name', relname,
    'quoted', format('%I.%I', nspname, relname),
    'quoted_table', format('%I.%I', nspname, table_name),
    'partitioned', relkind = 'I',
    'definition', pg_get_indexdef(oid),
    'method', amname,
    'keys', (select json_agg(pg_get_indexdef(oid, k, true) order by k) from generate_series(1, indnkeyatts) k),
    'included', coalesce((select json_agg(pg_get_indexdef(oid, k, true) order by k)
                          from generate_series(indnkeyatts + 1, indnatts) k), '[]'),
    -- What tells two keys apart that are written alike: operator class, collation, order.
    'manners', (select json_agg(indclass[k - 1] || ' ' || indcollation[k - 1] || ' ' || indoption[k - 1] order by k)
                from generate_series(1, indnkeyatts) k),
    'predicate', pg_get_expr(indpred, indrelid),
    'valid', indisvalid,
    'unique', indisunique,
    'primary', indisprimary,
    'constraint', exists (select from pg_constraint k where k.conindid = counted.oid and k.contype in ('p', 'u', 'x')),
    'referenced', exists (select from pg_constraint k where k.conindid = counted.oid and k.contype = 'f'),
    'identity', indisreplident,
    'foreign_keys', coalesce((
        select json_agg(k.conname order by k.conname)
        from pg_constraint k
        where k.contype = 'f' and k.conrelid = indrelid and k.conparentid = 0 and indpred is null
        and (indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey), '[]'),
    'bytes', bytes,
    'scans', scans
)::text
from counted
order by bytes desc, nspname collate "C", table_name collate "C", relname collate "C"
limit $1
