select public.catalog_sources()::text as answer
