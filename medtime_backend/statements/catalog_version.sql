select version from public.catalog_version
