-- $1: how many by each order. Columns were renamed with versions of the extension, so each is looked up in a row as JSON.
-- One row a statement: as JSON; then, the same in each row, what all statements of the database took together.
with entry as (
    select to_jsonb(s) as j, s.query, s.queryid
    from {schema}.pg_stat_statements s
    where s.dbid = (select d.oid from pg_database d where d.datname = current_database())
),
counted as (
    select j, queryid, query,
        coalesce(j ->> 'total_exec_time', j ->> 'total_time')::float8 as total_ms,
        coalesce(j ->> 'min_exec_time', j ->> 'min_time')::float8 as min_ms,
        coalesce(j ->> 'max_exec_time', j ->> 'max_time')::float8 as max_ms,
        coalesce(j ->> 'shared_blk_read_time', j ->> 'blk_read_time')::float8
            + coalesce(j ->> 'shared_blk_write_time', j ->> 'blk_write_time')::float8
            + coalesce((j ->> 'local_blk_read_time')::float8 + (j ->> 'local_blk_write_time')::float8, 0) as io_ms,
        (j ->> 'temp_blk_read_time')::float8 + (j ->> 'temp_blk_write_time')::float8 as temp_io_ms
    from entry
    -- What a function runs is in the time of what called it; ours is no part of the load.
    where coalesce((j ->> 'toplevel')::bool, true) and query not like '%/* perf-look */%'
    and query !~ '^(SAVEPOINT|ROLLBACK TO) perf_look$|^DEALLOCATE perf_look_generic$'
),
summed as (
    select queryid, min(query) as query,
        sum((j ->> 'calls')::float8) as calls, sum(total_ms) as total_ms, min(min_ms) as min_ms, max(max_ms) as max_ms,
        sum((j ->> 'rows')::float8) as rows,
        sum((j ->> 'shared_blks_hit')::float8 + (j ->> 'local_blks_hit')::float8) as hit,
        sum((j ->> 'shared_blks_read')::float8 + (j ->> 'local_blks_read')::float8) as read,
        sum((j ->> 'shared_blks_dirtied')::float8 + (j ->> 'local_blks_dirtied')::float8) as dirtied,
        sum((j ->> 'temp_blks_read')::float8) as temp_read, sum((j ->> 'temp_blks_written')::float8) as temp_written,
        sum(io_ms) as io_ms, sum(temp_io_ms) as temp_io_ms
    from counted
    where queryid is not null
    group by queryid
),
ranked as (
    select *,
        row_number() over (order by total_ms desc, queryid) as by_total,
        row_number() over (order by total_ms / nullif(calls, 0) desc nulls last, queryid) as by_mean,
        row_number() over (order by read desc, queryid) as by_read,
        row_number() over (order by temp_read + temp_written desc, queryid) as by_temp
    from summed
)
select /* perf-look */ json_build_object(
    'id', queryid::text, 'query', query, 'calls', calls, 'total_ms', total_ms, 'min_ms', min_ms, 'max_ms', max_ms,
    'rows', rows, 'hit', hit, 'read', read, 'dirtied', dirtied, 'temp_read', temp_read, 'temp_written', temp_written,
    'io_ms', io_ms, 'temp_io_ms', temp_io_ms)::text,
    (select json_build_object(
        'statements', count(distinct queryid) filter (where queryid is not null),
        'total_ms', coalesce(sum(total_ms), 0),
        'calls', coalesce(sum((j ->> 'calls')::float8), 0),
        'hidden', count(*) filter (where queryid is null),
        'hidden_ms', sum(total_ms) filter (where queryid is null))::text from counted)
from (select 1) as always
left join ranked on by_total <= $1 or by_mean <= $1 or by_read <= $1 or by_temp <= $1
order by total_ms desc nulls last, queryid
