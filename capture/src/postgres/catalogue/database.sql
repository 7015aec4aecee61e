-- The database as JSON. Some of its columns came with PostgreSQL 15, one was renamed with 17.
select json_build_object(
    'encoding', pg_encoding_to_char(d.encoding),
    'collate', d.datcollate,
    'ctype', d.datctype,
    'provider', case to_jsonb(d) ->> 'datlocprovider' when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
    'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
    'collation_version', to_jsonb(d) ->> 'datcollversion'
)::text
from pg_database d
where d.datname = current_database()
