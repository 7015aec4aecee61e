-- One row a session of others in this database: as JSON. Who may not look sees neither state nor kind.
select /* perf-look */ json_build_object(
    'pid', a.pid,
    'role', a.usename,
    'application', a.application_name,
    'state', a.state,
    'in_state_s', extract(epoch from clock_timestamp() - a.state_change),
    'query_s', extract(epoch from clock_timestamp() - a.query_start),
    'transaction_s', extract(epoch from clock_timestamp() - a.xact_start),
    'wait', case when a.wait_event_type is not null then a.wait_event_type || ': ' || a.wait_event end,
    'blocked_by', case when a.wait_event_type = 'Lock' then to_json(pg_blocking_pids(a.pid)) else '[]' end,
    'query', a.query
)::text
from pg_stat_activity a
where a.datname = current_database() and coalesce(a.backend_type, 'client backend') = 'client backend' and a.pid <> pg_backend_pid()
order by a.xact_start nulls last, a.query_start nulls last, a.pid
