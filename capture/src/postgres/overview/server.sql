-- One row: the server and what may be known of it, as JSON. Settings of a library are there once it is loaded.
select /* perf-look */ json_build_object(
    'database', current_database(),
    'role', current_user,
    'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
    'standby', pg_is_in_recovery(),
    'reads_all_statistics', pg_has_role(current_user, 'pg_read_all_stats', 'usage'),
    'times_io', current_setting('track_io_timing')::bool,
    'block_bytes', current_setting('block_size')::int,
    'reset', (select to_char(d.stats_reset at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
              from pg_stat_database d where d.datname = current_database()),
    'age_s', (select extract(epoch from now() - d.stats_reset)
              from pg_stat_database d where d.datname = current_database()),
    'autovacuum', current_setting('autovacuum')::bool and current_setting('track_counts')::bool
)::text,
(select pg_catalog.quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'pg_stat_statements'),
exists (select from pg_settings where name = 'pg_stat_statements.max'),
exists (select from pg_available_extensions where name = 'pg_stat_statements')
