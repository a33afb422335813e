select a.attname::text as name
from pg_catalog.pg_attribute as a
where
  a.attrelid = pg_catalog.to_regclass('supabase_migrations.schema_migrations')
  and a.attnum > 0 and not a.attisdropped
