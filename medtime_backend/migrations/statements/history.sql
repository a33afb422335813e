-- Through JSON, because a history of an old CLI may lack columns, and one of a hosted project has more.
select
  h.row_data ->> 'version' as version,
  h.row_data ->> 'name' as name,
  h.row_data ->> 'statements' as statements
from (select pg_catalog.to_jsonb(m) as row_data from supabase_migrations.schema_migrations as m) as h
