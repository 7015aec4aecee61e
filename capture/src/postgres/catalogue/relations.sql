-- $1, $2: schemas and names, $3: how many at most. One row a relation, the parents of partitions too:
-- the relation as JSON, and whether this role may see the statistics of all its columns.
with recursive wanted (oid) as (
    select c.oid
    from unnest($1::text[], $2::text[]) as w (schema, name)
    join pg_namespace n on n.nspname = w.schema or w.schema = 'pg_temp' and n.oid = pg_my_temp_schema()
    join pg_class c on c.relnamespace = n.oid and c.relname = w.name
    union
    select i.inhparent from wanted w join pg_inherits i on i.inhrelid = w.oid
)
select json_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'kind', case c.relkind
        when 'r' then 'table'
        when 'p' then 'partitioned-table'
        when 'm' then 'materialized-view'
        when 'f' then 'foreign-table'
        else 'other' end,
    'parent', (select min(i.inhparent::regclass::text) from pg_inherits i where i.inhrelid = c.oid),
    'columns', coalesce((
        select json_agg(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'not_null', a.attnotnull,
            'statistics_target', nullif(a.attstattarget::int, -1)) order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]'),
    'indexes', coalesce((
        select json_agg(json_build_object(
            'name', ic.relname,
            'definition', pg_get_indexdef(i.indexrelid),
            'method', am.amname,
            'keys', (select json_agg(pg_get_indexdef(i.indexrelid, k, true) order by k)
                     from generate_series(1, i.indnkeyatts) k),
            'predicate', pg_get_expr(i.indpred, i.indrelid),
            'valid', i.indisvalid,
            'unique', i.indisunique,
            'primary', i.indisprimary,
            'bytes', pg_relation_size(i.indexrelid),
            'scans', pg_stat_get_numscans(i.indexrelid)) order by ic.relname)
        from pg_index i
        join pg_class ic on ic.oid = i.indexrelid
        join pg_am am on am.oid = ic.relam
        where i.indrelid = c.oid), '[]'),
    'foreign_keys', coalesce((
        select json_agg(json_build_object(
            'name', k.conname,
            'definition', pg_get_constraintdef(k.oid),
            'columns', (select json_agg(a.attname order by place)
                        from unnest(k.conkey) with ordinality as u (attnum, place)
                        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
            'references', k.confrelid::regclass::text,
            'validated', k.convalidated) order by k.conname)
        from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'f'), '[]'),
    'referenced_by', coalesce((
        select json_agg(json_build_object(
            'name', k.conname,
            'table', k.conrelid::regclass::text,
            'columns', (select json_agg(a.attname order by place)
                        from unnest(k.conkey) with ordinality as u (attnum, place)
                        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
            'indexed', exists (
                select from pg_index i
                where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
                and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)) order by k.conrelid::regclass::text, k.conname)
        from pg_constraint k
        where k.confrelid = c.oid and k.contype = 'f' and k.conparentid = 0), '[]'),
    'extended_statistics', coalesce((
        select json_agg(json_build_object(
            'name', e.stxname,
            'definition', pg_get_statisticsobjdef(e.oid)) order by e.stxname)
        from pg_statistic_ext e
        where e.stxrelid = c.oid), '[]'),
    'size', json_build_object(
        -- Before PostgreSQL 14 a table that nobody counted has no rows and no blocks, and so has an empty one.
        'rows', case when c.reltuples < 0
            or current_setting('server_version_num')::int < 140000 and c.reltuples = 0 and c.relpages = 0
            then null else c.reltuples end,
        'pages', case when c.relkind in ('r', 'm', 't') then c.relpages end,
        'all_visible', case when c.relkind in ('r', 'm', 't') then c.relallvisible end,
        'bytes', case when c.relkind in ('r', 'm', 't') then pg_relation_size(c.oid) end,
        'total_bytes', case when c.relkind in ('r', 'm', 't') then pg_total_relation_size(c.oid) end),
    'activity', json_build_object(
        'live', pg_stat_get_live_tuples(c.oid),
        'dead', pg_stat_get_dead_tuples(c.oid),
        'modified_since_analyze', pg_stat_get_mod_since_analyze(c.oid),
        'analysed', greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))::text,
        'vacuumed', greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))::text)
)::text,
not row_security_active(c.oid) and not exists (
    select from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and not has_column_privilege(c.oid, a.attnum, 'select'))
from wanted w
join pg_class c on c.oid = w.oid
join pg_namespace n on n.oid = c.relnamespace
order by n.nspname collate "C", c.relname collate "C"
limit $3
