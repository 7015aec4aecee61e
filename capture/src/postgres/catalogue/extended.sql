-- $1, $2: schemas and names. One row for each extended statistics object that ANALYZE has filled: schema, table, name, digest.
select schemaname::text, tablename::text, statistics_name::text,
    substr(encode(sha256(convert_to(string_agg(s::text, ' ' order by s::text collate "C"), 'UTF8')), 'hex'), 1, 16)
from unnest($1::text[], $2::text[]) as w (schema, name)
join pg_stats_ext s on s.schemaname = w.schema and s.tablename = w.name
where s.n_distinct is not null or s.dependencies is not null or s.most_common_freqs is not null
group by 1, 2, 3
