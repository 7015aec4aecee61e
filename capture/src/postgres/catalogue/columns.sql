-- $1, $2: schemas and names. One row a column that ANALYZE has looked at: schema, table, column, statistics as JSON.
-- A parent has statistics of its own rows and of all that inherit: the digest is of both, the figures are of the first.
select schemaname, tablename, attname, statistics
from (
    select s.schemaname::text, s.tablename::text, s.attname::text,
        row_number() over (partition by s.schemaname, s.tablename, s.attname order by s.inherited) as place,
        json_build_object(
            'null_fraction', s.null_frac,
            'distinct', s.n_distinct,
            'width', s.avg_width,
            'correlation', s.correlation,
            'top_frequency', s.most_common_freqs[1],
            'inherited', s.inherited,
            'digest', substr(encode(sha256(convert_to(string_agg(s::text, ' ') over (
                partition by s.schemaname, s.tablename, s.attname order by s.inherited
                rows between unbounded preceding and unbounded following), 'UTF8')), 'hex'), 1, 16)
        )::text as statistics
    from unnest($1::text[], $2::text[]) as w (schema, name)
    join pg_stats s on s.schemaname = w.schema and s.tablename = w.name
) as known
where place = 1
