-- $1: how many at most. One row a table of the user: as JSON.
-- A table that another session has locked is not opened: its size is as last counted.
with locked as (
    select relation from pg_locks where locktype = 'relation' and mode = 'AccessExclusiveLock'
),
known as (
    select c.oid, c.relname, n.nspname, c.relpages, c.reltuples, c.relispartition,
        case when c.oid in (select relation from locked)
            then c.relpages * current_setting('block_size')::bigint else pg_relation_size(c.oid) end as bytes,
        (select option_value from pg_options_to_table(c.reloptions) where option_name = 'autovacuum_enabled')::bool as own_autovacuum,
        coalesce((select option_value from pg_options_to_table(c.reloptions)
                  where option_name = 'autovacuum_analyze_threshold'),
                 current_setting('autovacuum_analyze_threshold'))::float8 as base,
        coalesce((select option_value from pg_options_to_table(c.reloptions)
                  where option_name = 'autovacuum_analyze_scale_factor'),
                 current_setting('autovacuum_analyze_scale_factor'))::float8 as factor
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
)
select /* perf-look */ json_build_object(
    'schema', nspname,
    'name', relname,
    'quoted', format('%I.%I', nspname, relname),
    'locked', oid in (select relation from locked),
    'bytes', coalesce(bytes, 0),
    'rows', case when reltuples < 0
        or current_setting('server_version_num')::int < 140000 and reltuples = 0 and relpages = 0
        then null else reltuples end,
    'live', pg_stat_get_live_tuples(oid),
    'dead', pg_stat_get_dead_tuples(oid),
    'scans', pg_stat_get_numscans(oid),
    'rows_by_scans', pg_stat_get_tuples_returned(oid),
    'modified', pg_stat_get_mod_since_analyze(oid),
    'analyze_at', base + factor * greatest(reltuples, 0),
    'autovacuum', coalesce(own_autovacuum, true),
    'analysed', to_char(greatest(pg_stat_get_last_analyze_time(oid), pg_stat_get_last_autoanalyze_time(oid))
                        at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
    'has_statistics', exists (select from pg_stats s where s.schemaname = nspname and s.tablename = relname)
)::text
from known
order by bytes desc nulls last, nspname collate "C", relname collate "C"
limit $1
